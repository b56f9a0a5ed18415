"""The file is compared with the Keras model it came from, in the runtime that will run it, before it is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import GateError


@dataclass(frozen=True, slots=True)
class Parity:
    """How a file compares with its source on the same images."""

    dataset: str
    """What the images are from: fashion-mnist, demo, or the folder of a person's own images."""
    images: int
    keras_top1_accuracy: float
    """0-1."""
    top1_accuracy: float
    """Of the file, 0-1."""
    top1_agreement: float
    """Share of images to which both give the same label, 0-1."""
    max_probability_difference: float
    """Largest difference of any class's probability on any image, 0-1."""

    @property
    def loss_points(self) -> float:
        """Accuracy lost, in percentage points; negative where the file does better."""
        return 100 * (self.keras_top1_accuracy - self.top1_accuracy)

    def as_dict(self) -> dict[str, Any]:
        """The fields and the loss, as they go into the spec."""
        return asdict(self) | {"loss_points": round(self.loss_points, 4)}


def compare(
    keras_probabilities: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    labels: NDArray[np.uint8],
    *,
    dataset: str,
) -> Parity:
    """Compare two sets of answers to the same images.

    Args:
        keras_probabilities: float32, shape (N, classes), 0-1, of the Keras model.
        probabilities: the same, of the file.
        labels: true class indices, shape (N,).
        dataset: name of what the images are from.
    """
    source_choice, file_choice = keras_probabilities.argmax(axis=1), probabilities.argmax(axis=1)
    return Parity(
        dataset=dataset,
        images=len(labels),
        keras_top1_accuracy=float((source_choice == labels).mean()),
        top1_accuracy=float((file_choice == labels).mean()),
        top1_agreement=float((source_choice == file_choice).mean()),
        max_probability_difference=float(np.abs(keras_probabilities - probabilities).max()),
    )


def check_gate(parity: Parity, *, max_loss_points: float, name: str) -> None:
    """Refuse a file that lost too much.

    Raises:
        GateError: more than `max_loss_points` percentage points were lost.
    """
    # Counted in images, so that a loss of exactly the limit passes whatever floats do.
    lost_images = round(parity.loss_points * parity.images / 100)
    if lost_images > max_loss_points * parity.images / 100 + 1e-9:
        raise GateError(
            f"{name} loses {parity.loss_points:.2f} percentage points of top-1 accuracy, allowed are "
            f"{max_loss_points:.2f} (--max-loss): the new file was not kept"
        )
