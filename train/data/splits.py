"""Data sets as three splits: training, validation and test."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import demo
from edge.artifact.input_spec import InputSpec
from edge.artifact.pixels import to_real
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.datasets import fashion_mnist
from edge.errors import DatasetError
from edge.vision.image import resize
from train.config import DATASETS, TrainConfig, input_of, preset_for
from train.data.auxiliary import AuxiliaryImages, concatenate, read
from train.data.own_images import read_parts
from train.data.parts import ImageFiles

_LOGGER = logging.getLogger(__name__)
_DEMO_IMAGES = 6_000  # training images drawn unless --max-images says otherwise: half a minute
_DEMO_TEST_IMAGES = 1_000
_DEMO_TEST_SEED = 1_000_003  # far from any --seed a person types, so that no drawn test garment is a training garment
_MARGIN = 1.15  # size of training images that are cropped at random, in units of the input's


_GREY = InputSpec()


@dataclass(frozen=True, slots=True)
class Split:
    """Images with their labels."""

    pixels: NDArray[np.uint8]
    """uint8, 0-255: grey, shape (N, height, width), or BGR, shape (N, height, width, 3)."""
    labels: NDArray[np.integer[Any]]
    """Class indices, shape (N,)."""
    spec: InputSpec = _GREY
    """Channels and number range of a network's input; its size is that of the pixels."""
    files: ImageFiles | None = None
    """Files that the images come from; None for images of other data than a folder."""

    @property
    def images(self) -> NDArray[np.float32]:
        """Input of a network: float32, shape (N, height, width, channels), normalized as the spec says."""
        return to_network(self.pixels, self.spec)

    def first(self, count: int) -> Split:
        """Return the first images as views."""
        files = self.files and replace(self.files, paths=self.files.paths[:count], groups=self.files.groups[:count])
        return replace(self, pixels=self.pixels[:count], labels=self.labels[:count], files=files)


@dataclass(frozen=True, slots=True)
class CounterExamples:
    """Images of other things than the classes, in the same parts: uint8, shapes as the parts' pixels."""

    train: NDArray[np.uint8]
    validation: NDArray[np.uint8]
    test: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Splits:
    """Images of a run; the test split is used once, at the end."""

    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    whole: NDArray[np.uint8]
    """All training and validation images in the data set's order, as in soft labels: uint8, shape as `train.pixels`. Of
    recipe image, those of `train`, and then the counter-examples."""
    train_positions: NDArray[np.int64]
    """Index in `whole` of each image of `train`."""
    auxiliary: AuxiliaryImages | None = None
    threshold_images: AuxiliaryImages | None = None
    """Images, some of no class, that set the threshold of `unknown`."""
    class_weights: NDArray[np.float32] | None = None
    """Weight of each class in the loss, float32, shape (classes,), and then of the counter-examples, if there are any
    (None: all equal)."""
    skipped: tuple[str, ...] = ()
    """Lines "path: reason", one for each image that wasn't used."""
    counter_examples: CounterExamples | None = None

    @property
    def outputs(self) -> int:
        """Number of classes that a network learns: counter-examples are one more, which no file has as a label."""
        return len(self.class_names) + (self.counter_examples is not None)

    @property
    def input(self) -> InputSpec:
        """Input of the network, with the size of the test images; training images may be larger for random crops."""
        height, width = self.test.pixels.shape[1:3]
        return replace(self.test.spec, height=height, width=width)


def load_splits(config: TrainConfig, *, scratch: Path | None = None) -> Splits:
    """Load the data set of a run: your own folders in their parts, of the others a validation part split off.

    Colour images of more than a gigabyte lie in a file in `scratch`, if it is given.

    Raises:
        DatasetError: the data can't be read, or there are too few images to split.
    """
    splits = _garments(config) if config.data in DATASETS else _own(config, scratch)
    if splits.counter_examples is not None and (config.teacher or config.soft_labels or config.extra_data):
        raise DatasetError(
            f"{config.data} holds counter-examples, and --teacher, --soft-labels and --extra-data have none: train "
            "without those flags, or move that folder elsewhere"
        )
    names, size = splits.class_names, splits.input
    auxiliary, threshold_images = (
        concatenate([read(path, class_names=names, height=size.height, width=size.width) for path in paths])
        for paths in (config.extra_data, () if config.threshold_data is None else (config.threshold_data,))
    )
    return replace(splits, auxiliary=auxiliary, threshold_images=threshold_images)


def validation_seed(config: TrainConfig) -> int:
    """Return the seed of the validation split."""
    return config.seed if config.split_seed is None else config.split_seed


def to_network(pixels: NDArray[np.uint8], spec: InputSpec = _GREY) -> NDArray[np.float32]:
    """Convert pixels to a network's input, as the runner does for float files.

    Args:
        pixels: uint8, 0-255: grey, shape (N, height, width), or BGR, shape (N, height, width, 3).
        spec: channels and number range of the input; by default grey, 0-1.

    Returns:
        float32, shape (N, height, width, channels).
    """
    return to_real(pixels, spec)


def in_size(pixels: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.uint8]:
    """Return images of an input's size, uint8, shape (N, height, width, ...): training images may be larger."""
    if pixels.shape[1:3] == (spec.height, spec.width):
        return pixels
    return np.stack([resize(image, spec.width, spec.height, "area") for image in pixels])


def stratified_choice(
    labels: NDArray[np.integer[Any]], *, fraction: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Choose the same share of every class, rounded.

    Args:
        labels: class indices, shape (N,).
        fraction: share that is chosen, 0-1.
        rng: order of the images of a class.

    Returns:
        bool, shape (N,), true where chosen.
    """
    chosen = np.zeros(len(labels), np.bool_)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        chosen[rng.permutation(members)[: round(fraction * len(members))]] = True
    return chosen


def balancing_weights(
    labels: NDArray[np.integer[Any]], classes: int, *, balance: float = 1.0
) -> NDArray[np.float32] | None:
    """Return weights of the classes in the loss, float32, shape (classes,): 1 / count to the power of `balance`, 0-1.

    At 1 their total weights are equal. Their mean over the images is 1. None if all weigh the same, or if the largest
    class has at most 1.5 times the images of the smallest. Each class has an image.
    """
    counts = np.bincount(labels, minlength=classes)
    if 2 * counts.max() <= 3 * counts.min() or not balance:
        return None
    weights = counts**-balance
    return np.asarray(weights * len(labels) / (counts * weights).sum(), np.float32)


def _garments(config: TrainConfig) -> Splits:
    """Return Fashion-MNIST, or drawn garments, with a validation part of the training images."""
    whole, test = _load(config)
    rng = np.random.default_rng(validation_seed(config))
    positions = np.arange(len(whole.labels))
    if config.max_images is not None and config.max_images < len(whole.labels):
        positions = rng.permutation(len(whole.labels))[: config.max_images]
    images, labels = whole.pixels[positions], whole.labels[positions]
    is_validation = stratified_choice(labels, fraction=config.validation_fraction, rng=rng)
    if is_validation.all() or not is_validation.any():
        raise DatasetError(
            f"{len(labels)} training image{'s' * (len(labels) != 1)} can't be split into training and validation "
            f"(fraction {config.validation_fraction:.3f}): "
            + ("raise --max-images" if config.max_images is not None else "give another --validation-fraction")
        )
    train, validation = (Split(images[chosen], labels[chosen]) for chosen in (~is_validation, is_validation))
    return Splits(train, validation, test, FASHION_MNIST_LABELS, whole.pixels, positions[~is_validation])


def _load(config: TrainConfig) -> tuple[Split, Split]:
    """Return training and test images of a data set."""
    if preset_for(config).input_size != _GREY.height:
        raise DatasetError(f"{config.data} has images of 28x28: --input-size is for a folder of your own images")
    if config.data == "demo":
        count = config.max_images or _DEMO_IMAGES
        _LOGGER.info("drawing %d garments", count + _DEMO_TEST_IMAGES)
        test = Split(*demo.draw_dataset(_DEMO_TEST_IMAGES, seed=_DEMO_TEST_SEED))
        return Split(*demo.draw_dataset(count, seed=config.seed)), test
    import keras

    download = keras.datasets.fashion_mnist.load_data
    try:
        train = Split(*fashion_mnist.load("train", download=download))
        return train, Split(*fashion_mnist.load("test"))
    except DatasetError as error:
        raise DatasetError(f"{error}; or train on drawn garments: python -m train --data demo") from error


def _own(config: TrainConfig, scratch: Path | None) -> Splits:
    """Return your own images in their parts."""
    preset = preset_for(config)
    spec = input_of(preset)
    own = read_parts(
        Path(config.data), spec, margin=_MARGIN if preset.random_crop or preset.rotate else 1.0,
        test_fraction=config.test_fraction, validation_fraction=config.validation_fraction,
        seed=validation_seed(config), most_training_images=config.max_images, scratch=scratch,
    )  # fmt: skip
    parts = [Split(part.pixels, part.labels, spec, part.files) for part in (own.train, own.validation, own.test)]
    labels = parts[0].labels
    weights = balancing_weights(labels, _kinds(parts[0], own.class_names), balance=preset.balance)
    if weights is not None:
        facts = (np.bincount(labels).min(), np.bincount(labels).max(), weights.max() / weights.min())
        _LOGGER.info("%d to %d training images a class: the rarest weighs %.1f times the commonest", *facts)
    (train, validation, test), counter_examples = _set_apart(parts, len(own.class_names))
    return Splits(
        train, validation, test, own.class_names, own.whole, own.train_positions[: len(train.labels)],
        class_weights=weights, skipped=own.skipped, counter_examples=counter_examples,
    )  # fmt: skip


def _kinds(part: Split, class_names: tuple[str, ...]) -> int:
    """Return the number of classes, and one more if there are counter-examples."""
    return max(len(class_names), int(part.labels.max()) + 1)


def _set_apart(parts: Sequence[Split], classes: int) -> tuple[list[Split], CounterExamples | None]:
    """Divide training, validation and test images into those of a class and counter-examples, which come last."""
    counts = [int((part.labels < classes).sum()) for part in parts]
    known = [part.first(count) for part, count in zip(parts, counts, strict=True)]
    others = [part.pixels[count:] for part, count in zip(parts, counts, strict=True)]
    if not any(map(len, others)):
        return known, None
    _LOGGER.info("counter-examples, for which the answer is `unknown`: %d to train, %d for validation, %d for the test",
                 *map(len, others))  # fmt: skip
    return known, CounterExamples(*others)
