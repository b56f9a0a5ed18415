"""What `fit` is given: images as they are for a plain preset, else batches made on the way; and the validation set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train import soft_labels
from train.batches import Batches, one_hot
from train.config import TrainConfig
from train.data import Splits
from train.presets import Preset
from train.throughput import without_augmentation


@dataclass(frozen=True, slots=True)
class Feed:
    """Arguments for `compile` and `fit`."""

    training: dict[str, Any]
    """What to train on."""
    validation: tuple[NDArray[np.float32], NDArray[Any]]
    loss: str
    """Keras' name."""
    steps_per_epoch: int


def build_feed(splits: Splits, preset: Preset, config: TrainConfig, *, first_epoch: int = 0) -> Feed:
    """Choose how the images are fed.

    Args:
        splits: the images.
        preset: with what the run overrides.
        config: of the run.
        first_epoch: epochs that an earlier, killed training has done.

    Raises:
        DatasetError: the soft labels don't fit the images.
    """
    images, labels = splits.validation.images, splits.validation.labels
    if preset.is_plain and config.teacher is None:
        # Keras' own batches include the incomplete one.
        steps = -(-len(splits.train.labels) // preset.batch_size)
        arrays: dict[str, Any] = {"x": splits.train.images, "y": splits.train.labels, "batch_size": preset.batch_size}
        if splits.class_weights is not None:
            arrays["class_weight"] = dict(enumerate(splits.class_weights.tolist()))
        return Feed(arrays, (images, labels), "sparse_categorical_crossentropy", steps)
    batches = build_batches(splits, preset, config, first_epoch=first_epoch)
    endless = {"x": batches, "steps_per_epoch": batches.steps_per_epoch, "shuffle": False}
    validation = (images, one_hot(labels, len(splits.class_names)))
    return Feed(endless, validation, "categorical_crossentropy", batches.steps_per_epoch)


def build_batches(splits: Splits, preset: Preset, config: TrainConfig, *, first_epoch: int = 0) -> Batches:
    """The training batches, with the teacher's soft labels in them if they come from a file."""
    targets = one_hot(splits.train.labels, len(splits.class_names), smoothing=preset.label_smoothing)
    if config.teacher is not None and not config.teacher.is_dir():
        soft = soft_labels.read(
            config.teacher,
            temperature=config.distillation_temperature,
            pixels=splits.whole,
            names=splits.class_names,
        )
        targets = np.stack([targets, soft[splits.train_positions]], axis=1)
    weights = None if splits.class_weights is None else splits.class_weights[splits.train.labels]
    return Batches(splits.train.pixels, targets, preset, seed=config.seed, weights=weights, first_epoch=first_epoch)


def build_unchanged_batches(splits: Splits, preset: Preset, config: TrainConfig) -> Batches:
    """The same batches with every image left as it is."""
    return build_batches(splits, without_augmentation(preset), config)
