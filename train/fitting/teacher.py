"""Learning from a teacher: its tempered probabilities beside the labels (Hinton et al., 2015, arXiv:1503.02531).

A teacher is a run directory that computes for each batch, or a small file of soft labels for every training image.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from edge.artifact.spec import ModelSpec
from edge.errors import DatasetError
from train.data.auxiliary import reading_arrays, write_arrays
from train.data.splits import Splits, to_network
from train.results.run_dir import MODEL, SPEC

_SMALLEST = 1e-30  # far below the share of any class that a softmax in float32 separates from 0
_STEP = 1 / 16  # in nats: probabilities down to e^(-255/16) = 1.2e-7 of the largest, to 3 %, in a byte each
_BATCH = 500


class Student(keras.Model):  # type: ignore[misc]  # Keras is not type-checked here
    """A network in training under a teacher; validation and prediction use the network alone.

    Targets are float32 (N, classes) where the teacher computes for each batch, and (N, 2, classes) where they hold its
    tempered probabilities already.
    """

    def __init__(self, network: keras.Model, *, teacher: keras.Model | None, temperature: float, weight: float) -> None:
        """Join network and teacher; without a teacher the targets hold its probabilities.

        The temperature divides the logits of both, `weight` is the share (0-1) of the teacher in the loss.
        """
        super().__init__(name=network.name, dtype=network.dtype_policy)
        self.network, self.teacher = network, teacher
        if teacher is not None:
            teacher.trainable = False
        self.temperature, self.weight = temperature, weight

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the network's probabilities."""
        return self.network(images, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the cross-entropy with the labels and, in training, the divergence from the teacher."""
        hard, soft = self._targets(y)
        from_labels = super().compute_loss(x, hard, y_pred, sample_weight, training)
        if not training:
            return from_labels
        if self.teacher is not None:
            soft = tempered(self.teacher(x, training=False), self.temperature)
        # The gradients of soft targets shrink with the square of the temperature.
        divergence = self.temperature**2 * kl_divergence(soft, tempered(y_pred, self.temperature))
        if sample_weight is not None:
            divergence = divergence * ops.cast(sample_weight, divergence.dtype)
        return self.weight * ops.mean(divergence) + (1 - self.weight) * from_labels

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Compute the metrics against the labels."""
        return super().compute_metrics(x, self._targets(y)[0], y_pred, sample_weight)

    @staticmethod
    def _targets(y: Any) -> tuple[Any, Any]:
        return (y[:, 0], y[:, 1]) if len(y.shape) == 3 else (y, None)


def tempered(probabilities: Any, temperature: float) -> Any:
    """Divide the logits behind probabilities (N, classes) by a temperature: float32, same shape.

    The logarithm of a softmax is its logits up to a constant, which the next softmax cancels.
    """
    logits = ops.log(ops.maximum(ops.cast(probabilities, "float32"), _SMALLEST))
    return ops.softmax(logits / temperature)


def kl_divergence(teacher: Any, student: Any) -> Any:
    """Return the divergence of the student's probabilities from the teacher's, in nats: (N, classes) twice -> (N,)."""
    ratio = ops.log(ops.maximum(teacher, _SMALLEST)) - ops.log(ops.maximum(student, _SMALLEST))
    return ops.sum(teacher * ratio, axis=-1)


def load_run(run: Path, splits: Splits, *, flag: str) -> keras.Model:
    """Load the network of a finished run, named by a flag: float32 (N, height, width, 1) in 0-1 -> probabilities.

    Raises:
        DatasetError: there is none, or it was trained for other classes or another input size.
    """
    try:
        spec = ModelSpec.from_json((run / SPEC).read_text(encoding="utf-8"))
        network = keras.models.load_model(run / MODEL, compile=False)
    except OSError as error:
        raise DatasetError(f"{flag} {run} is no run directory: {error}") from error
    size = (splits.input.height, splits.input.width)
    same_input = (spec.input.height, spec.input.width) == size and spec.input.channels == splits.input.channels
    if spec.labels != splits.class_names or not same_input:
        raise DatasetError(
            f"{flag} {run} has the classes {', '.join(spec.labels)} in {spec.input.height}x{spec.input.width} pixels, "
            f"the data has {', '.join(splits.class_names)} in {size[0]}x{size[1]}: it must be of the same data"
        )
    if spec.output == "probabilities":
        return network
    softmax = keras.layers.Softmax(dtype="float32")
    return keras.Model(network.inputs[0], softmax(network.outputs[0]), name=network.name)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Origin of a file of soft labels."""

    teacher: str
    class_names: tuple[str, ...]
    images_sha256: str
    """SHA-256 of the training images' pixels, in the order of the data set."""
    views: tuple[str, ...]
    """Views of each image over which the logits are averaged."""
    temperature: float = 1.0
    """Temperature of the stored labels; reading applies the student's own."""

    def __post_init__(self) -> None:
        """Turn lists from JSON into tuples."""
        object.__setattr__(self, "class_names", tuple(self.class_names))
        object.__setattr__(self, "views", tuple(self.views))


def write_soft_labels(
    path: Path, network: keras.Model, pixels: NDArray[np.uint8], *, teacher: str, names: Sequence[str]
) -> None:
    """Store a teacher's soft labels, averaged over VIEWS of every image, in an .npz file.

    The pixels are all training images, uint8, shape (N, height, width); 60,000 of ten classes make 0.6 MB.
    """
    write_logits(path, logits_of(network, pixels), pixels, teacher=teacher, names=names, views=tuple(VIEWS))


def write_logits(
    path: Path,
    logits: NDArray[np.float32],
    pixels: NDArray[np.uint8],
    *,
    teacher: str,
    names: Sequence[str],
    views: Sequence[str],
) -> None:
    """Store logits of all training images, float32, shape (N, classes), means over views of these names, in an .npz."""
    below_best = np.rint((logits.max(axis=1, keepdims=True) - logits) / _STEP)
    manifest = Manifest(teacher, tuple(names), _sha256(pixels), tuple(views))
    write_arrays(path, asdict(manifest), steps_below_best=np.minimum(below_best, 255).astype(np.uint8))


def logits_of(network: keras.Model, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean of a network's log-probabilities over VIEWS: uint8 (N, height, width) -> float32 (N, classes)."""
    return np.asarray(np.mean([_logits(network, view(pixels)) for view in VIEWS.values()], axis=0), np.float32)


def read_soft_labels(
    path: Path, *, temperature: float, pixels: NDArray[np.uint8], names: Sequence[str]
) -> NDArray[np.float32]:
    """Read the soft labels of these images, uint8, shape (N, height, width): float32, shape (N, classes).

    Raises:
        DatasetError: no such file, or it is of other images or classes.
    """
    exponentials = np.exp(read_logits(path, pixels=pixels, names=names) / np.float32(temperature))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)


def read_logits(path: Path, *, pixels: NDArray[np.uint8], names: Sequence[str]) -> NDArray[np.float32]:
    """Read the logits of these images, uint8, shape (N, height, width): float32, shape (N, classes), the largest 0.

    Raises:
        DatasetError: no such file, or it is of other images or classes.
    """
    manifest = read_manifest(path)
    if manifest.class_names != tuple(names) or manifest.images_sha256 != _sha256(pixels):
        raise DatasetError(
            f"the soft labels in {path} are of other images than the {len(pixels):,} training images of this data: "
            "let the teacher write them again, with the same --data (and --max-images with demo)"
        )
    with np.load(path) as stored:
        return np.asarray(stored["steps_below_best"].astype(np.float32) * np.float32(-_STEP))


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of a file of soft labels.

    Raises:
        DatasetError: the file holds no soft labels.
    """
    source = "a run directory, or a file that `python -m train --preset teacher --soft-labels FILE`"
    with reading_arrays(path, "soft labels", source) as stored:
        return Manifest(**json.loads(str(stored["manifest"])))


def _moved(pixels: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Move images down and to the right, at most their size; what comes in is black."""
    moved = np.zeros_like(pixels)
    height, width = pixels.shape[1:]
    to, of = ((slice(None), _within(height, sign * rows), _within(width, sign * columns)) for sign in (1, -1))
    moved[to] = pixels[of]
    return moved


def _within(size: int, step: int) -> slice:
    """Return the places that are left of a row when it moves by a step."""
    return slice(max(0, step), size + min(0, step))


VIEWS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "as it is": lambda pixels: pixels,
    "mirrored": lambda pixels: pixels[:, :, ::-1],
    "a pixel up": lambda pixels: _moved(pixels, -1, 0),
    "a pixel down, mirrored": lambda pixels: _moved(pixels, 1, 0)[:, :, ::-1],
    "a pixel left": lambda pixels: _moved(pixels, 0, -1),
    "a pixel right, mirrored": lambda pixels: _moved(pixels, 0, 1)[:, :, ::-1],
}
"""Views of an image, over which a teacher's logits are averaged: name -> function of uint8 (N, height, width)."""


def _logits(network: keras.Model, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the log-probabilities batch by batch, because float images take four times the memory."""
    pieces = [network.predict_on_batch(to_network(pixels[at : at + _BATCH])) for at in range(0, len(pixels), _BATCH)]
    return np.asarray(np.log(np.maximum(np.concatenate(pieces), 1e-30)), np.float32)


def _sha256(pixels: NDArray[np.uint8]) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()
