"""The images an export needs: training images to calibrate with, test images to compare on, and the manifest."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import demo
from edge.datasets import fashion_mnist
from edge.datasets.fashion_mnist import LabelledImages
from edge.errors import DatasetError, ExportError

_OWN_IMAGES = "images.npz"  # in a run directory, by training: calibration and test images of a person's own classes
_LOGGER = logging.getLogger(__name__)
_DEMO_IMAGES = 1_000  # drawn for each of the two splits: ten seconds
_DEMO_TEST_SEED = 2_000_003  # neither training's nor calibration's seed, so no drawing is met twice


@dataclass(frozen=True, slots=True)
class Dataset:
    """What to calibrate with and what to compare on."""

    name: str
    """fashion-mnist, demo, or the folder of a person's own images."""
    train: LabelledImages
    test: LabelledImages
    notice: str = ""
    """A sentence for the user if this isn't the data the model was trained on."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Images to run through the network, and where they come from."""

    images: NDArray[np.uint8]
    """uint8 grey, shape (N, height, width), 0-255."""
    manifest: dict[str, Any]
    """dataset, split, count, seed, indices, sha256, in_test_set, and a notice where there is one."""


def load_dataset(trained_on: str, *, run: Path, seed: int, download: Callable[[], object] | None = None) -> Dataset:
    """Load the data set a model was trained on; drawn garments stand in where Fashion-MNIST can't be had.

    Args:
        trained_on: fashion-mnist, demo, or the folder of a person's own images.
        run: run directory, which holds some of a person's own images.
        seed: of the drawings, if it comes to that.
        download: fetches Fashion-MNIST if it isn't on this machine.

    Raises:
        ExportError: it was trained on a person's own images and the run directory has lost them.
    """
    if trained_on not in ("demo", "fashion-mnist"):
        return _own(trained_on, run / _OWN_IMAGES)
    if trained_on == "demo":
        return _drawn(seed, notice="")
    try:
        train = LabelledImages(*fashion_mnist.load("train", download=download))
        return Dataset("fashion-mnist", train, LabelledImages(*fashion_mnist.load("test")))
    except DatasetError as error:
        return _drawn(seed, notice=f"calibrating and comparing on drawn garments, not on Fashion-MNIST: {error}")


def balanced_count(dataset: Dataset, wanted: int) -> int:
    """The largest number of calibration images, up to `wanted`, that is the same for every class and can be had."""
    _, counts = np.unique(dataset.train.labels, return_counts=True)
    return int(min(wanted // len(counts), counts.min()) * len(counts))


def choose_calibration(dataset: Dataset, *, count: int, seed: int) -> Calibration:
    """Choose seeded, class-balanced training images, none of which is in the test set.

    Args:
        dataset: where to choose from.
        count: images in all; a multiple of the number of classes.
        seed: of the choice.

    Raises:
        ExportError: the count can't be balanced, or a class has too few images.
    """
    classes = np.unique(dataset.train.labels)
    if count % len(classes):
        raise ExportError(f"{count} calibration images can't be the same number for {len(classes)} classes")
    forbidden = {_digest(image) for image in dataset.test.images}
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in classes:
        members = rng.permutation(np.flatnonzero(dataset.train.labels == label))
        # Data sets hold a few images twice: one that is also a test image would leak.
        allowed = (int(index) for index in members if _digest(dataset.train.images[index]) not in forbidden)
        own = [index for index, _ in zip(allowed, range(count // len(classes)), strict=False)]
        if len(own) < count // len(classes):
            raise ExportError(f"class {label} has {len(own)} training images, {count // len(classes)} are needed")
        chosen += own
    images = dataset.train.images[chosen]
    manifest = {
        "dataset": dataset.name,
        "split": "train",
        "count": count,
        "seed": seed,
        "in_test_set": sum(_digest(image) in forbidden for image in images),
        "sha256": hashlib.sha256(images.tobytes()).hexdigest(),
        "indices": chosen,
    }
    return Calibration(images, manifest | ({"notice": dataset.notice} if dataset.notice else {}))


def _own(name: str, path: Path) -> Dataset:
    try:
        with path.open("rb") as file, np.load(file) as stored:
            train = LabelledImages(stored["train_images"], stored["train_labels"])
            return Dataset(name, train, LabelledImages(stored["test_images"], stored["test_labels"]))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ExportError(
            f"{path}, which holds the images to compare on, can't be read ({error}): train again"
        ) from error


def _digest(image: NDArray[np.uint8]) -> bytes:
    return hashlib.sha256(image.tobytes()).digest()


def _drawn(seed: int, *, notice: str) -> Dataset:
    _LOGGER.info("drawing %d garments", 2 * _DEMO_IMAGES)
    train = LabelledImages(*demo.draw_dataset(_DEMO_IMAGES, seed=seed))
    return Dataset("demo", train, LabelledImages(*demo.draw_dataset(_DEMO_IMAGES, seed=_DEMO_TEST_SEED)), notice)
