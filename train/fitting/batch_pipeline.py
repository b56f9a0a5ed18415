"""Input pipeline of a training: plain arrays for a plain preset or augmented batches, and the validation set."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import keras
import numpy as np
from numpy.typing import NDArray

from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from edge.errors import RunError
from train.config import Preset, TrainConfig
from train.data import augment
from train.data.splits import Split, Splits, to_network
from train.data.variation import vary
from train.fitting.teacher import read_soft_labels
from train.network.backend import Cluster

_WORKERS = os.cpu_count() or 1
_ORDER, _AUGMENTATION, _TURN = range(3)  # purposes of random generators, so that no two of them are the same


@dataclass(frozen=True, slots=True)
class TrainingImages:
    """Images with the targets and weights that the loss needs."""

    pixels: NDArray[np.uint8]
    """uint8, 0-255: grey, shape (N, height, width), or BGR, shape (N, height, width, 3)."""
    targets: NDArray[Any]
    """float32, shape (N, classes), or (N, kinds, classes) with several kinds of target; or class indices, int32, shape
    (N,), from which each batch makes its targets, for those of thousands of classes would fill the memory."""
    weights: NDArray[np.float32] | None = None
    """Weight of each image in the loss, float32, shape (N,) (None: all equal)."""
    always: int | None = None
    """Number of images, the first ones, that every round holds (None: all)."""
    in_turn: int = 0
    """Number of the other images that a round holds, in turn."""
    spec: InputSpec = InputSpec()  # noqa: RUF009  # frozen
    """Input of the network in training; the pixels may be larger for random crops (recipe image-v1)."""
    classes: int = 0
    """Number of classes, where targets are class indices."""


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is not type-checked here
    """An endless sequence of augmented batches; batch number b depends on the seed and b alone.

    The sequence runs through all images in a new order, round after round. Every batch is full, so that some hold the
    end of a round and the start of the next; `steps_per_epoch` batches are about one round.
    """

    def __init__(
        self, images: TrainingImages, preset: Preset, *, seed: int, first_epoch: int = 0, part: tuple[int, int] = (0, 1)
    ) -> None:
        """Begin behind the finished epochs: batch 0 is the first one after them.

        `part` is the index and number of the processes that share each batch; (0, 1) is the whole batch.
        """
        # Threads, not processes: OpenCV leaves Python's lock alone, and the images aren't copied.
        super().__init__(workers=_WORKERS if images.spec.recipe == IMAGE_RECIPE else 1)
        self._images, self._preset, self._seed, self._part = images, preset, seed, part
        self.batch_size = preset.batch_size
        self._always = len(images.pixels) if images.always is None else images.always
        self._round_size = self._always + images.in_turn
        self.steps_per_epoch = max(preset.least_steps, round(self._round_size / preset.batch_size))
        self._first = first_epoch * self.steps_per_epoch
        self._rounds: dict[int, NDArray[np.int64]] = {}  # the last ones: drawing one takes as long as a batch

    @property
    def num_batches(self) -> None:
        """None, Keras' value for an endless sequence."""
        return

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], ...]:
        """Return a batch: images as the network takes them and targets, and weights if there are any."""
        number += self._first
        places = number * self.batch_size + np.arange(self.batch_size)
        chosen = _from_rounds(places, self._round_size, self._round)
        # Every process draws for the whole batch and keeps its part: together they use what one alone would.
        rng = np.random.default_rng([self._seed, _AUGMENTATION, number])
        targets = self._images.targets[chosen]
        if targets.ndim == 1:
            targets = one_hot(targets, self._images.classes, smoothing=self._preset.label_smoothing)
        images, targets = _augmented(self._images.pixels[chosen], targets, self._images.spec, self._preset, rng)
        index, parts = self._part
        own = slice(index * len(chosen) // parts, (index + 1) * len(chosen) // parts)
        if self._images.weights is None:
            return images[own], targets[own]
        return images[own], targets[own], self._images.weights[chosen[own]]

    def _round(self, number: int) -> NDArray[np.int64]:
        """Return the indices of the images of a round, in its order."""
        rounds = self._rounds  # other threads replace it
        if number in rounds:
            return rounds[number]
        members = np.concatenate([np.arange(self._always), self._always + self._next_others(number)])
        order = np.random.default_rng([self._seed, _ORDER, number]).permutation(members)
        self._rounds = {known: rounds[known] for known in list(rounds)[-1:]} | {number: order}
        return order

    def _next_others(self, number: int) -> NDArray[np.int64]:
        """Return the images in turn that a round holds, counted from the first of them."""
        count, in_turn = len(self._images.pixels) - self._always, self._images.in_turn
        if not in_turn:
            return np.arange(0)
        places = number * in_turn + np.arange(in_turn)
        return _from_rounds(
            places, count, lambda turn: np.random.default_rng([self._seed, _TURN, turn]).permutation(count)
        )


class EvaluationBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is not type-checked here
    """Images of a split with their targets, batch by batch: for all of them would fill the memory as float32."""

    def __init__(self, split: Split, classes: int, *, batch_size: int) -> None:
        """Keep the split; nothing is converted yet."""
        super().__init__()
        self._split, self._classes, self._batch_size = split, classes, batch_size

    @property
    def num_batches(self) -> int:
        """Number of batches, the last of which may be smaller."""
        return -(-len(self._split.labels) // self._batch_size)

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return a batch: images as the network takes them, and targets."""
        own = slice(number * self._batch_size, (number + 1) * self._batch_size)
        images = to_network(self._split.pixels[own], self._split.spec)
        return images, one_hot(self._split.labels[own], self._classes)


@dataclass(frozen=True, slots=True)
class BatchPipeline:
    """Arguments for `compile` and `fit`."""

    training: dict[str, Any]
    """Arguments of `fit` for the training images."""
    validation: tuple[NDArray[np.float32], NDArray[Any]] | EvaluationBatches
    """Images, float32 (N, height, width, channels), and targets."""
    loss: str
    """Keras' name of the loss."""
    steps_per_epoch: int


def build_pipeline(
    splits: Splits, preset: Preset, config: TrainConfig, *, first_epoch: int = 0, cluster: Cluster | None = None
) -> BatchPipeline:
    """Choose between plain arrays and augmented batches, from the first epoch that an earlier training didn't finish.

    Raises:
        DatasetError: the soft labels don't fit the images.
        RunError: the devices can't share a batch evenly.
    """
    if splits.input.recipe == IMAGE_RECIPE:
        return _photo_pipeline(splits, preset, config, first_epoch=first_epoch, cluster=cluster)
    images, labels = splits.validation.images, splits.validation.labels
    if preset.is_plain and config.teacher is None and cluster is None and not _has_others(splits):
        # Keras' own batches include the incomplete one.
        steps = -(-len(splits.train.labels) // preset.batch_size)
        arrays: dict[str, Any] = {"x": splits.train.images, "y": splits.train.labels, "batch_size": preset.batch_size}
        if splits.class_weights is not None:
            arrays["class_weight"] = dict(enumerate(splits.class_weights.tolist()))
        return BatchPipeline(arrays, (images, labels), "sparse_categorical_crossentropy", steps)
    cluster = cluster or Cluster()
    _require_even_share(preset, cluster)
    part = (cluster.process, cluster.processes)
    batches = Batches(
        training_images(splits, preset, config), preset, seed=config.seed, first_epoch=first_epoch, part=part
    )
    # Every device gets the same number of validation images; the end of the training evaluates all of them once more.
    own = slice(cluster.process, len(labels) // cluster.devices * cluster.devices, cluster.processes)
    endless = {"x": batches, "steps_per_epoch": batches.steps_per_epoch, "shuffle": False}
    validation = (images[own], one_hot(labels, splits.outputs)[own])
    return BatchPipeline(endless, validation, "categorical_crossentropy", batches.steps_per_epoch)


def _photo_pipeline(
    splits: Splits, preset: Preset, config: TrainConfig, *, first_epoch: int, cluster: Cluster | None
) -> BatchPipeline:
    cluster = cluster or Cluster()
    _require_even_share(preset, cluster)
    part, classes = (cluster.process, cluster.processes), splits.outputs
    batches = Batches(
        training_images(splits, preset, config), preset, seed=config.seed, first_epoch=first_epoch, part=part
    )
    endless = {"x": batches, "steps_per_epoch": batches.steps_per_epoch, "shuffle": False}
    own = slice(
        cluster.process, len(splits.validation.labels) // cluster.devices * cluster.devices, cluster.processes
    )  # as above
    share = replace(splits.validation, pixels=splits.validation.pixels[own], labels=splits.validation.labels[own])
    validation = EvaluationBatches(share, classes, batch_size=preset.batch_size // cluster.processes)
    return BatchPipeline(endless, validation, "categorical_crossentropy", batches.steps_per_epoch)


def _require_even_share(preset: Preset, cluster: Cluster) -> None:
    if preset.batch_size % cluster.devices:
        raise RunError(
            f"a batch of {preset.batch_size} images can't be shared evenly by {cluster.devices} devices: "
            "choose another --batch-size"
        )


def training_images(splits: Splits, preset: Preset, config: TrainConfig) -> TrainingImages:
    """Return the training images, with the auxiliary ones and the teacher's soft labels if there are any."""
    classes, smoothing = splits.outputs, preset.label_smoothing
    others = splits.counter_examples
    labels = splits.train.labels.astype(np.int32)
    if others is not None:
        labels = np.append(labels, np.full(len(others.train), len(splits.class_names), np.int32))
    weights = None if splits.class_weights is None else splits.class_weights[labels]
    if splits.input.recipe == IMAGE_RECIPE:
        edge = preset.train_size
        spec = replace(splits.input, height=edge, width=edge) if preset.train_scale != 1 else splits.input
        pixels = splits.train.pixels if others is None else splits.whole
        return TrainingImages(pixels, labels, weights, spec=spec, classes=classes)
    pixels = splits.train.pixels if others is None else np.concatenate([splits.train.pixels, others.train])
    targets, count = one_hot(labels, classes, smoothing=smoothing), len(labels)
    if splits.auxiliary is not None:
        is_seen = splits.auxiliary.is_seen
        pixels = np.concatenate([pixels, splits.auxiliary.pixels[is_seen]])
        targets = np.concatenate([targets, smoothed(splits.auxiliary.targets[is_seen], smoothing)])
        if weights is not None:
            weights = np.concatenate([weights, np.ones(is_seen.sum(), np.float32)])
    if config.teacher is not None and not config.teacher.is_dir():
        targets = np.stack([targets, _soft_targets(splits, targets, config.teacher, config)], axis=1)
    share, rest = config.extra_data_share, len(pixels) - count
    if share is None or not rest:
        return TrainingImages(pixels, targets, weights)
    in_turn = min(rest, round(count * share / (1 - share)))
    return TrainingImages(pixels, targets, weights, always=count, in_turn=in_turn)


def _has_others(splits: Splits) -> bool:
    """Return whether there are training images of no class."""
    return splits.auxiliary is not None or splits.counter_examples is not None


def one_hot(labels: NDArray[np.integer[Any]], classes: int, *, smoothing: float = 0.0) -> NDArray[np.float32]:
    """Return the targets of a cross-entropy: float32, shape (N, classes), rows that sum to 1.

    Smoothing spreads a share, 0-1, over all classes.
    """
    targets = np.zeros((len(labels), classes), np.float32)
    targets[np.arange(len(labels)), labels] = 1
    return smoothed(targets, smoothing)


def smoothed(targets: NDArray[np.float32], smoothing: float) -> NDArray[np.float32]:
    """Spread a share of the targets, float32 (N, classes), over all classes."""
    return np.asarray((1 - smoothing) * targets + smoothing / targets.shape[1], np.float32)


def _soft_targets(
    splits: Splits, targets: NDArray[np.float32], teacher: Path, config: TrainConfig
) -> NDArray[np.float32]:
    """Return the teacher's soft labels; auxiliary images, which its file lacks, keep their targets, tempered."""
    temperature = config.distillation_temperature
    soft = read_soft_labels(teacher, temperature=temperature, pixels=splits.whole, names=splits.class_names)
    others = targets[len(splits.train.labels) :] ** (1 / temperature)
    return np.concatenate([soft[splits.train_positions], others / others.sum(axis=1, keepdims=True)])


def _from_rounds(places: NDArray[np.int64], size: int, order: Callable[[int], NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the elements at these places of an endless sequence of rounds, each of `size` and in its own order."""
    rounds, within = np.divmod(places, size)
    return np.concatenate([order(int(number))[within[rounds == number]] for number in np.unique(rounds)])


def _augmented(
    pixels: NDArray[np.uint8], targets: NDArray[np.float32], spec: InputSpec, preset: Preset, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if spec.recipe == IMAGE_RECIPE:
        pixels = vary(
            pixels, height=spec.height, width=spec.width, random_crop=preset.random_crop, rotate=preset.rotate,
            light=preset.light, colour=preset.colour, rng=rng,
        )  # fmt: skip
    if preset.shift:
        padding = cast(Literal["constant", "reflect"], preset.shift_padding)
        pixels = augment.shift(pixels, preset.shift, rng, padding=padding)
    if preset.flip:
        pixels = augment.flip(pixels, rng)
    if preset.erase:
        pixels = augment.erase(pixels, preset.erase, rng)
    images = to_network(pixels, spec)
    mixers = [(mix, alpha) for mix, alpha in ((augment.mixup, preset.mixup), (augment.cutmix, preset.cutmix)) if alpha]
    if mixers:
        mix, alpha = mixers[rng.integers(len(mixers))]
        images, targets = mix(images, targets, alpha, rng)
    return images, targets
