"""A data set becomes three splits of images; the test split is only handed over, never looked at."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge import demo, fashion_mnist
from edge.errors import DatasetError
from edge.quantization import pixels_to_real
from edge.spec import FASHION_MNIST_LABELS
from train.config import TrainConfig

_LOGGER = logging.getLogger(__name__)
_DEMO_IMAGES = 6_000  # training images drawn unless --max-images says otherwise: half a minute
_DEMO_TEST_IMAGES = 1_000
_DEMO_TEST_SEED = 1_000_003  # far from any --seed a person types: drawn test garments are never training garments


@dataclass(frozen=True, slots=True)
class Split:
    """Images with their labels."""

    pixels: NDArray[np.uint8]
    """uint8 grey, shape (N, height, width), 0-255."""
    labels: NDArray[np.uint8]
    """uint8 class indices, shape (N,)."""

    @property
    def images(self) -> NDArray[np.float32]:
        """What a network takes: float32 grey, shape (N, height, width, 1), 0-1."""
        return to_network(self.pixels)


@dataclass(frozen=True, slots=True)
class Splits:
    """What a run trains on, chooses by, and is judged on once."""

    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    whole: NDArray[np.uint8]
    """All training images in the data set's order, uint8 grey, shape (N, height, width): soft labels are of these."""
    train_positions: NDArray[np.int64]
    """Where each image of `train` stands in `whole`."""


def load_splits(config: TrainConfig) -> Splits:
    """Load the data set the run asks for; validation comes out of the training images.

    Raises:
        DatasetError: the data can't be had, or too few images are asked for.
    """
    whole, whole_labels, test_images, test_labels = _load(config)
    rng = np.random.default_rng(config.seed)
    positions = np.arange(len(whole_labels))
    if config.max_images is not None and config.max_images < len(whole_labels):
        positions = rng.permutation(len(whole_labels))[: config.max_images]
    images, labels = whole[positions], whole_labels[positions]
    kept_aside = stratified_choice(labels, fraction=config.validation_fraction, rng=rng)
    if kept_aside.all() or not kept_aside.any():
        raise DatasetError(
            f"{len(labels)} training images can't be split into training and validation "
            f"(fraction {config.validation_fraction:.3f}): raise --max-images"
        )
    return Splits(
        train=Split(images[~kept_aside], labels[~kept_aside]),
        validation=Split(images[kept_aside], labels[kept_aside]),
        test=Split(test_images, test_labels),
        class_names=FASHION_MNIST_LABELS,
        whole=whole,
        train_positions=positions[~kept_aside],
    )


def to_network(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 pixels (N, H, W), 0-255 -> float32 (N, H, W, 1), 0-1, by the function that feeds float files."""
    return pixels_to_real(pixels)[..., np.newaxis]


def stratified_choice(labels: NDArray[np.uint8], *, fraction: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose the same share of every class.

    Args:
        labels: class indices, shape (N,).
        fraction: share to choose, 0-1; a class's number is rounded to the nearest whole one.
        rng: where the choice comes from.

    Returns:
        bool, shape (N,), true where chosen.
    """
    chosen = np.zeros(len(labels), np.bool_)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        chosen[rng.permutation(members)[: round(fraction * len(members))]] = True
    return chosen


def _load(config: TrainConfig) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    if config.data == "demo":
        count = config.max_images or _DEMO_IMAGES
        _LOGGER.info("drawing %d garments", count + _DEMO_TEST_IMAGES)
        train = demo.draw_dataset(count, seed=config.seed)
        test = demo.draw_dataset(_DEMO_TEST_IMAGES, seed=_DEMO_TEST_SEED)
        return *train, *test
    import keras

    download = keras.datasets.fashion_mnist.load_data
    try:
        return *fashion_mnist.load("train", download=download), *fashion_mnist.load("test")
    except DatasetError as error:
        raise DatasetError(f"{error}; or train on drawn garments: python -m train --data demo") from error
