"""What a teacher says about every training image, in one small file: students learn from it without the teacher."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import DatasetError
from edge.system import atomic_file
from train.data.splits import to_network

_STEP = 1 / 16  # in nats: probabilities down to e^(-255/16) = 1.2e-7 of the largest, to 3 %, in a byte each
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file of soft labels is of."""

    teacher: str
    """Run name of the network that was asked."""
    class_names: tuple[str, ...]
    images_sha256: str
    """Of the training images' pixels, in the order of the labels: the data set's own."""
    views: tuple[str, ...]
    """Of each image, over which the logits are averaged."""
    temperature: float = 1.0
    """Of what is stored: a student's own temperature is applied when it reads."""

    def __post_init__(self) -> None:
        """Lists from JSON become tuples."""
        object.__setattr__(self, "class_names", tuple(self.class_names))
        object.__setattr__(self, "views", tuple(self.views))


def write(path: Path, network: keras.Model, pixels: NDArray[np.uint8], *, teacher: str, names: Sequence[str]) -> None:
    """Ask the teacher about every image and its mirror image, and store the mean of its logits.

    Args:
        path: .npz file to write, at most 0.6 MB for 60,000 images and ten classes.
        network: float32 (N, height, width, 1) in 0-1 -> probabilities.
        pixels: all training images, uint8, shape (N, height, width).
        teacher: its run name.
        names: class names, in index order.
    """
    logits = (_logits(network, pixels) + _logits(network, pixels[:, :, ::-1])) / 2
    below_best = np.rint((logits.max(axis=1, keepdims=True) - logits) / _STEP)
    manifest = Manifest(teacher, tuple(names), _sha256(pixels), ("as it is", "mirrored"))
    with atomic_file.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            steps_below_best=np.minimum(below_best, 255).astype(np.uint8),
            manifest=np.array(json.dumps(asdict(manifest))),
        )


def read(path: Path, *, temperature: float, pixels: NDArray[np.uint8], names: Sequence[str]) -> NDArray[np.float32]:
    """Read soft labels for these images.

    Args:
        path: file that `write` made.
        temperature: the logits are divided by it.
        pixels: all training images, uint8, shape (N, height, width).
        names: class names, in index order.

    Returns:
        float32 probabilities, shape (N, classes).

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
        logits = stored["steps_below_best"].astype(np.float32) * np.float32(-_STEP / temperature)
    exponentials = np.exp(logits)
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)


def read_manifest(path: Path) -> Manifest:
    """The manifest of a file of soft labels.

    Raises:
        DatasetError: it isn't one.
    """
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return Manifest(**json.loads(str(stored["manifest"])))
    except (OSError, EOFError, TypeError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path} holds no soft labels ({error}): expected a run directory, or a file that "
            "`python -m train --preset teacher --soft-labels FILE` wrote"
        ) from error


def _logits(network: keras.Model, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logarithms of the network's probabilities, a piece at a time: as floats the images take four times the memory."""
    pieces = [network.predict_on_batch(to_network(pixels[at : at + _BATCH])) for at in range(0, len(pixels), _BATCH)]
    return np.asarray(np.log(np.maximum(np.concatenate(pieces), 1e-30)), np.float32)


def _sha256(pixels: NDArray[np.uint8]) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()
