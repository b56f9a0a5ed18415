"""Comparison of a file with its Keras model, in the runtime that will run it: figures, limit and table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.artifact.spec import TensorSpec
from edge.classify.loaded_model import LoadedModel
from edge.errors import GateError


@dataclass(frozen=True, slots=True)
class Parity:
    """Figures of a file and its source on the same images."""

    dataset: str
    """Name of the data set: fashion-mnist, demo, or the folder of your own images."""
    images: int
    keras_top1_accuracy: float
    """Accuracy of the Keras model, 0-1."""
    top1_accuracy: float
    """Accuracy of the file, 0-1."""
    top1_agreement: float
    """Share of images with the same label from both, 0-1."""
    max_probability_difference: float
    """Largest difference of any class's probability on any image, 0-1."""

    @property
    def loss_points(self) -> float:
        """Accuracy lost, in percentage points; negative if the file is better."""
        return 100 * (self.keras_top1_accuracy - self.top1_accuracy)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields and the loss, as the spec holds them."""
        return asdict(self) | {"loss_points": round(self.loss_points, 4)}


def compare(
    keras_probabilities: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    labels: NDArray[np.uint8],
    *,
    dataset: str,
) -> Parity:
    """Compare two sets of predictions for the same images.

    Args:
        keras_probabilities: float32, shape (N, classes), 0-1, of the Keras model.
        probabilities: float32, shape (N, classes), 0-1, of the file.
        labels: true class indices, shape (N,).
        dataset: name of the data set.
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
    # Counted in images, so that a loss of exactly the limit passes in spite of rounding.
    lost_images = round(parity.loss_points * parity.images / 100)
    if lost_images > max_loss_points * parity.images / 100 + 1e-9:
        raise GateError(
            f"{name} loses {parity.loss_points:.2f} percentage points of top-1 accuracy, allowed are "
            f"{max_loss_points:.2f} (--max-loss): the new file was not kept"
        )


def table(
    path: Path, loaded: LoadedModel, parity: Parity, operators: Sequence[str], *, meaning: str, max_loss_points: float
) -> list[str]:
    """Return what was written, and how it compares with its source, as lines of two columns."""
    counted = ", ".join(f"{count} x {name}" if count > 1 else name for name, count in Counter(operators).items())
    runtime = loaded.runtime
    least = loaded.spec.provenance.needs.get("tensorflow_lite")
    rows = (
        ("file", str(path)),
        ("size", f"{loaded.artifact.size_bytes / 1000:,.1f} kB"),
        ("quantization", f"{loaded.spec.provenance.quantization}: {meaning}"),
        ("input", _describe(runtime.input_tensor)),
        ("output", f"{_describe(runtime.output_tensor)}, {loaded.spec.output}"),
        ("compared on", f"{parity.images:,} test images of {parity.dataset}, in {runtime.name} {runtime.version}"),
        ("top-1 of Keras", f"{parity.keras_top1_accuracy:.2%}"),
        ("top-1 of the file", f"{parity.top1_accuracy:.2%}"),
        ("loss", f"{parity.loss_points:+.2f} percentage points (allowed {max_loss_points:.2f})"),
        ("same answer", f"{parity.top1_agreement:.2%}"),
        ("largest difference", f"{parity.max_probability_difference:.2g} of a class's probability"),
        ("operators", counted),
        *([("least runtime", f"TensorFlow Lite {least}")] if least else []),
        ("SHA-256", loaded.artifact.sha256),
    )
    return [f"{name:<20}{value}" for name, value in rows]


def _describe(tensor: TensorSpec) -> str:
    grid = f", scale {tensor.scale:.8g}, zero point {tensor.zero_point}" if tensor.is_quantized else ""
    return f"{tensor.dtype} {tensor.shape}{grid}"
