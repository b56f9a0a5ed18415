"""From what a network puts out to class probabilities: softmax and temperature, the same for training and device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Below a third of a percent of what 8 bits can hold, so that a class that was rounded to 0 stays at about 0. To guess
# what was rounded away instead (half a step, or an equal share of the rest) makes an image the network is sure of look
# doubtful: at temperature 1.5 nine classes of half a step each would take 14 % from a class of 99.6 %.
_SMALLEST = 1e-7


def to_probabilities(scores: NDArray[np.float32], *, output: str, temperature: float) -> NDArray[np.float32]:
    """Apply the softmax, where it is missing, and the temperature.

    Args:
        scores: float32, shape (..., classes), what the network puts out.
        output: what that is, logits or probabilities.
        temperature: logits are divided by it; above 1 makes the network less sure, below 1 surer.

    Returns:
        float32 probabilities, same shape.
    """
    if output == "probabilities":
        if temperature == 1.0:
            return scores
        # The logarithm of a softmax is its logits up to a constant, which the next softmax cancels.
        scores = np.log(np.maximum(scores, np.float32(_SMALLEST)))
    scaled = scores / np.float32(temperature)
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), np.float32)
