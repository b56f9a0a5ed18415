"""Class probabilities and confidence scores of a network's output, the same for training and device."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Far below one step of 8 bits, so that a class that was rounded to 0 stays at about 0. Half a step in its place would
# take 14 % from a class of 99.6 % at temperature 1.5 and nine other classes.
_SMALLEST = 1e-7
_NAMES = {"probability": "top1", "margin": "top1's lead over top2", "energy": "negative free energy",
          "joint": "top1 and known score"}  # fmt: skip


def to_probabilities(scores: NDArray[np.float32], *, output: str, temperature: float) -> NDArray[np.float32]:
    """Apply the softmax, where it is missing, and the temperature.

    Args:
        scores: float32, shape (..., classes), output of the network.
        output: logits or probabilities.
        temperature: divisor of the logits; above 1 lowers the confidence, below 1 raises it.

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


def confidence_score(
    scores: NDArray[np.float32], probabilities: NDArray[np.float32], *, kind: str
) -> NDArray[np.float32]:
    """Score one or many outputs; a higher score means more likely one of the trained classes.

    Args:
        scores: float32, shape (..., classes), output of the network; logits for energy and joint.
        probabilities: float32, same shape, 0-1, with the temperature applied.
        kind: one of `edge.artifact.decision_spec.SCORES`. probability: of the likeliest class (Hendrycks and Gimpel,
            2017, arXiv:1610.02136). margin: its lead over the second, which two similar classes share. energy:
            logsumexp of the logits, the negative of Liu et al.'s free energy at their temperature 1 (2020,
            arXiv:2010.03759). joint: the probability, times the share that the classes have against counter-examples,
            whose logit is 0 because training subtracted it from the others.

    Returns:
        float32, shape (...); 0-1, for energy any number.
    """
    if kind in ("energy", "joint"):
        highest = scores.max(axis=-1)
        energy = highest + np.log(np.exp(scores - highest[..., np.newaxis]).sum(axis=-1))
        if kind == "energy":
            return np.asarray(energy, np.float32)
        # The logistic function of the energy, as exp(energy) could overflow.
        return np.asarray(probabilities.max(axis=-1) * (1 + np.tanh(energy / 2)) / 2, np.float32)
    if kind == "margin":
        second, first = np.moveaxis(np.partition(probabilities, -2, axis=-1)[..., -2:], -1, 0)
        return np.asarray(first - second, np.float32)
    return np.asarray(probabilities.max(axis=-1), np.float32)


def lowest_score(kind: str) -> float:
    """Return the score of a frame on which the network wasn't run: no higher than any other."""
    return -math.inf if kind == "energy" else 0.0


def reason(score: float, threshold: float, *, kind: str, name: str = "threshold") -> str:
    """Describe how a score compares with a threshold, such as "top1 0.62 below threshold 0.70"."""
    return compared(_NAMES[kind], score, threshold, name=f"{name} ")


def compared(what: str, value: float, limit: float, *, name: str = "") -> str:
    """Describe how a value compares with a limit, with enough digits, at least two, to show the difference."""
    digits = next((n for n in range(2, 6) if f"{value:.{n}f}" != f"{limit:.{n}f}"), 2)
    verb = "below" if value < limit else "reaches"
    return f"{what} {value:.{digits}f} {verb} {name}{limit:.{digits}f}"
