"""Comparison of a file with its Keras model, in the runtime that will run it: figures, limit and table."""

from __future__ import annotations

import math
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
    keras_top1_accuracy: float | None
    """Accuracy of the Keras model, 0-1; None: nobody knows the classes of the images."""
    top1_accuracy: float | None
    """Accuracy of the file, 0-1; None likewise."""
    top1_agreement: float
    """Share of images with the same label from both, 0-1."""
    max_probability_difference: float
    """Largest difference of any class's probability on any image, 0-1."""

    @property
    def loss_points(self) -> float | None:
        """Accuracy lost, in percentage points; negative if the file is better, None if it wasn't compared."""
        if self.keras_top1_accuracy is None or self.top1_accuracy is None:
            return None
        return 100 * (self.keras_top1_accuracy - self.top1_accuracy)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields and the loss, as the spec holds them; accuracies that weren't compared are left out."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return known if self.loss_points is None else known | {"loss_points": round(self.loss_points, 4)}


def compare(
    keras_probabilities: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    labels: NDArray[np.integer[Any]] | None,
    *,
    dataset: str,
) -> Parity:
    """Compare two sets of predictions for the same images.

    Args:
        keras_probabilities: float32, shape (N, classes), 0-1, of the Keras model.
        probabilities: float32, shape (N, classes), 0-1, of the file.
        labels: true class indices, shape (N,); None: unknown.
        dataset: name of the data set.
    """
    source_choice, file_choice = keras_probabilities.argmax(axis=1), probabilities.argmax(axis=1)
    return Parity(
        dataset=dataset,
        images=len(probabilities),
        keras_top1_accuracy=None if labels is None else float((source_choice == labels).mean()),
        top1_accuracy=None if labels is None else float((file_choice == labels).mean()),
        top1_agreement=float((source_choice == file_choice).mean()),
        max_probability_difference=float(np.abs(keras_probabilities - probabilities).max()),
    )


def check_gate(parity: Parity, *, max_loss_points: float, name: str) -> None:
    """Refuse a file that lost too much; where one image is more than the limit, one may be lost.

    Raises:
        GateError: more than `max_loss_points` percentage points were lost.
    """
    if parity.loss_points is None:
        return
    # Counted in images, so that a loss of exactly the limit passes in spite of rounding.
    lost = round(parity.loss_points * parity.images / 100)
    allowed = 1.0 if is_too_small(parity, max_loss_points) else max_loss_points * parity.images / 100
    if lost > allowed + 1e-9:
        raise GateError(
            f"{name} loses {parity.loss_points:.2f} percentage points of top-1 accuracy ({lost} of {parity.images:,} "
            f"images), allowed are {max_loss_points:.2f} (--max-loss): the new file was not kept"
        )


def is_too_small(parity: Parity, max_loss_points: float) -> bool:
    """Return True if one image alone is more than the limit, which then can't be measured; a limit of 0 can."""
    return 0 < max_loss_points * parity.images < 100


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
        *_accuracy(parity, f"{runtime.name} {runtime.version}", max_loss_points),
        ("same answer", f"{parity.top1_agreement:.2%}"),
        ("largest difference", f"{parity.max_probability_difference:.2g} of a class's probability"),
        ("operators", counted),
        *([("least runtime", f"TensorFlow Lite {least}")] if least else []),
        ("SHA-256", loaded.artifact.sha256),
    )
    return [f"{name:<20}{value}" for name, value in rows]


def _accuracy(parity: Parity, runtime: str, max_loss_points: float) -> list[tuple[str, str]]:
    if parity.keras_top1_accuracy is None or parity.top1_accuracy is None or parity.loss_points is None:
        return [
            ("compared on", f"{parity.images:,} images of {parity.dataset} without classes, in {runtime}"),
            ("accuracy", "was not compared: give a folder of images for each class with --data DIR"),
        ]
    rows = [
        ("compared on", f"{parity.images:,} test images of {parity.dataset}, in {runtime}"),
        ("top-1 of Keras", f"{parity.keras_top1_accuracy:.2%}"),
        ("top-1 of the file", f"{parity.top1_accuracy:.2%}"),
        ("loss", f"{parity.loss_points:+.2f} percentage points (allowed {max_loss_points:.2f})"),
    ]
    if is_too_small(parity, max_loss_points):
        rows.append(
            ("few images", f"each is {100 / parity.images:.1f} points, so one may be lost; "
             f"{math.ceil(100 / max_loss_points):,} would measure {max_loss_points:g} points")
        )  # fmt: skip
    return rows


def _describe(tensor: TensorSpec) -> str:
    grid = f", scale {tensor.scale:.8g}, zero point {tensor.zero_point}" if tensor.is_quantized else ""
    return f"{tensor.dtype} {tensor.shape}{grid}"
