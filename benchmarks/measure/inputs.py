"""Inputs of every row: the same test images, their labels, and the same frames."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.records import ABSENT_IF_NONE
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.datasets import fashion_mnist
from edge.datasets.fashion_mnist import LabelledImages
from edge.datasets.folder_labels import LabelledFolder

FRAME_HEIGHT, FRAME_WIDTH = 480, 640  # what cheap cameras give
FRAME_COUNT = 20  # two of each garment; enough to vary, little enough not to fill a Pi Zero's memory

_DRAWN_IMAGES = 1_000
_DRAWN_SEED = 1_000_003  # with --seed 0 the test set of `python -m train --data demo`, which no training run draws from
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Skipped:
    """File that could not be read."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class PhotographSet:
    """Photographs that files are judged on, those that a label is right for first."""

    folders: tuple[LabelledFolder, ...]
    names: list[str]
    """Folder and file name of each."""
    folder_indices: list[int]
    skipped: tuple[Skipped, ...]
    """Those that no file was judged on."""


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Images that accuracy was counted on, without their pixels."""

    dataset: str
    """Name of the data set: fashion_mnist or demo, the folder of photographs, the run, or none."""
    count: int
    sha256: str
    """Digest of the bytes of images and labels: rows with different ones can't be paired."""
    labels: list[int]
    """True class index of each image, of photographs of those that a label is right for; empty: there are none."""
    class_names: tuple[str, ...] = FASHION_MNIST_LABELS
    """In index order; empty: there are none. With photographs, `nothing` follows the labels, and then come the folders
    that several labels are right for."""
    photographs: PhotographSet | None = field(default=None, metadata=ABSENT_IF_NONE)


@dataclass(frozen=True, slots=True)
class EvaluationImages(LabelledImages):
    """The images that accuracy is counted on, 28x28."""

    dataset: str
    statement: str
    """Sentence that names the images of the accuracies."""

    @property
    def facts(self) -> EvaluationSet:
        """The part of a report that describes them."""
        return EvaluationSet(self.dataset, len(self.labels), self.sha256, self.labels.tolist())


def load_test_images(*, seed: int = 0, max_images: int | None = None) -> EvaluationImages:
    """Load Fashion-MNIST's first test images, or draw garments where it isn't on this machine.

    Raises:
        DatasetError: Fashion-MNIST is there but damaged.
    """
    if fashion_mnist.is_present():
        images, labels = fashion_mnist.load("test")
        name, whole = fashion_mnist.NAME, len(labels)
    else:
        from edge import demo  # needs OpenCV, which a device may lack

        _LOGGER.info("%s", fashion_mnist.missing_message())
        images, labels = demo.draw_dataset(min(max_images or _DRAWN_IMAGES, _DRAWN_IMAGES), seed=_DRAWN_SEED + seed)
        name, whole = "demo", _DRAWN_IMAGES
    images, labels = images[:max_images], labels[:max_images]
    return EvaluationImages(images, labels, dataset=name, statement=_statement(name, len(labels), whole))


def draw_frames(*, seed: int = 0) -> NDArray[np.uint8]:
    """Draw the frames of the frame-to-decision timer: uint8 BGR, shape (20, 480, 640, 3), 0-255."""
    from edge import demo  # as above

    size = {"height": FRAME_HEIGHT, "width": FRAME_WIDTH}
    return np.stack([demo.draw_frame(number, seed=seed, **size).image for number in range(FRAME_COUNT)])


def save_array(folder: Path, name: str, array: NDArray[np.uint8]) -> str:
    """Write an array as .npy, which a worker maps into memory, and return its absolute path."""
    path = folder.absolute() / f"{name}.npy"
    np.save(path, array)
    return str(path)


def _statement(dataset: str, count: int, whole: int) -> str:
    share = f"{count:,}" if count == whole else f"the first {count:,} of {whole:,}"
    if dataset == "demo":
        return f"accuracy on drawn garments, not on Fashion-MNIST ({share} images)"
    return f"accuracy on Fashion-MNIST's test set ({share} images)"
