"""Images of an export: training images to calibrate with, and test images to compare on."""

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
from edge.artifact.input_spec import InputSpec
from edge.datasets import fashion_mnist
from edge.datasets.fashion_mnist import LabelledImages
from edge.errors import DatasetError, ExportError

_OWN_IMAGES = "images.npz"  # in a run directory: calibration and test images of your own classes
_LOGGER = logging.getLogger(__name__)
_DEMO_IMAGES = 1_000  # drawn for each of the two splits: ten seconds
_DEMO_TEST_SEED = 2_000_003  # neither the seed of training nor of calibration, so that no drawing comes twice


@dataclass(frozen=True, slots=True)
class Dataset:
    """Training images to calibrate with, and test images to compare on."""

    name: str
    """Name: fashion-mnist, demo, or the folder of your own images."""
    train: LabelledImages
    test: LabelledImages
    notice: str = ""
    """Message to the user if the model was trained on other data; else empty."""
    is_labelled: bool = True
    """False if nobody knows the classes of the images."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration images with their origin."""

    images: NDArray[np.uint8]
    """uint8, 0-255: grey, shape (N, height, width), or BGR, shape (N, height, width, 3)."""
    input: InputSpec
    """Input of the network, by which the images become its numbers."""
    manifest: dict[str, Any]
    """Origin, as the spec holds it: dataset, split, count, seed, indices, sha256, in_test_set, and a notice if any."""


def load_dataset(trained_on: str, *, run: Path, seed: int, download: Callable[[], object] | None = None) -> Dataset:
    """Load the data set of a model, or drawn garments if Fashion-MNIST is not available.

    Args:
        trained_on: fashion-mnist, demo, or the folder of your own images.
        run: run directory, which holds some of your own images.
        seed: random seed of drawn garments.
        download: function that downloads Fashion-MNIST if it is missing.

    Raises:
        ExportError: the run directory lacks the images of your own classes.
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
    """Return the largest number of calibration images, at most `wanted`, that is the same for every class.

    It is one of each at least, if there are more classes than images wanted.
    """
    _, counts = np.unique(dataset.train.labels, return_counts=True)
    return int(max(1, min(wanted // len(counts), counts.min())) * len(counts))


def choose_calibration(dataset: Dataset, spec: InputSpec, *, count: int, seed: int) -> Calibration:
    """Choose seeded, class-balanced training images, none of which is in the test set.

    Args:
        dataset: data set with the images.
        spec: input of the network.
        count: number of images, a multiple of the number of classes.
        seed: random seed of the choice.

    Raises:
        ExportError: the count can't be balanced, or a class has too few images.
    """
    classes = np.unique(dataset.train.labels)
    if count % len(classes):
        raise ExportError(f"{count} calibration images can't be the same number for {len(classes)} classes")
    forbidden = {digest(image) for image in dataset.test.images}
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in classes:
        members = rng.permutation(np.flatnonzero(dataset.train.labels == label))
        # Data sets hold a few images twice: one that is also a test image would leak.
        allowed = (int(index) for index in members if digest(dataset.train.images[index]) not in forbidden)
        picked = [index for index, _ in zip(allowed, range(count // len(classes)), strict=False)]
        if len(picked) < count // len(classes):
            raise ExportError(f"class {label} has {len(picked)} training images, {count // len(classes)} are needed")
        chosen += picked
    images = dataset.train.images[chosen]
    in_test_set = sum(digest(image) in forbidden for image in images)
    return _calibration(images, dataset, spec, {"seed": seed, "in_test_set": in_test_set}, {"indices": chosen})


def calibrate_on_all(dataset: Dataset, spec: InputSpec, *, seed: int) -> Calibration:
    """Return all training images of a data set that was split for an export.

    Args:
        dataset: data set whose training images were chosen to calibrate with.
        spec: input of the network.
        seed: random seed of that choice.

    Raises:
        ExportError: there is none.
    """
    if not len(dataset.train.images):
        raise ExportError(
            f"int8 needs images to calibrate with, {dataset.name} leaves none (at most half of each class): give more, "
            "or a folder of their own with --calibration DIR"
        )
    return _calibration(dataset.train.images, dataset, spec, {"seed": seed, "in_test_set": 0}, {})


def with_full_range(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the images so that they reach from black to white, for the grid of the input is that of what they hold.

    Two corners of the first image become black and white; images that reach both ends in each channel are returned
    unchanged.
    """
    white = np.iinfo(np.uint8).max
    axes = (0, 1, 2)
    if (images.min(axis=axes) == 0).all() and (images.max(axis=axes) == white).all():
        return images
    reaching = images.copy()
    reaching[0, 0, 0], reaching[0, -1, -1] = 0, white
    return reaching


def _calibration(
    images: NDArray[np.uint8], dataset: Dataset, spec: InputSpec, facts: dict[str, Any], more: dict[str, Any]
) -> Calibration:
    manifest = {
        "dataset": dataset.name, "split": "train", "count": len(images), **facts,
        "sha256": hashlib.sha256(images.tobytes()).hexdigest(), **more,
    }  # fmt: skip
    reaching = with_full_range(images)
    if reaching is not images:
        manifest["added"] = "black and white in two corners of the first image"
    return Calibration(reaching, spec, manifest | ({"notice": dataset.notice} if dataset.notice else {}))


def _own(name: str, path: Path) -> Dataset:
    try:
        with path.open("rb") as file, np.load(file) as stored:
            train = LabelledImages(stored["train_images"], stored["train_labels"])
            return Dataset(name, train, LabelledImages(stored["test_images"], stored["test_labels"]))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ExportError(
            f"{path}, which holds the images to compare on, can't be read ({error}): train again"
        ) from error


def digest(image: NDArray[np.uint8]) -> bytes:
    """Return the SHA-256 of an image's bytes."""
    return hashlib.sha256(image.tobytes()).digest()


def _drawn(seed: int, *, notice: str) -> Dataset:
    _LOGGER.info("drawing %d garments", 2 * _DEMO_IMAGES)
    train = LabelledImages(*demo.draw_dataset(_DEMO_IMAGES, seed=seed))
    return Dataset("demo", train, LabelledImages(*demo.draw_dataset(_DEMO_IMAGES, seed=_DEMO_TEST_SEED)), notice)
