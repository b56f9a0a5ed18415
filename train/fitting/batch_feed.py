"""What `fit` is given: images as they are for a plain preset, else batches made on the way; and the validation set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RunError
from train.config import TrainConfig
from train.data.batches import Batches, one_hot, smoothed
from train.data.splits import Splits
from train.fitting import soft_labels
from train.fitting.throughput import without_augmentation
from train.network.backend import Cluster
from train.presets import Preset


@dataclass(frozen=True, slots=True)
class Feed:
    """Arguments for `compile` and `fit`."""

    training: dict[str, Any]
    """What to train on."""
    validation: tuple[NDArray[np.float32], NDArray[Any]]
    loss: str
    """Keras' name."""
    steps_per_epoch: int


def build_feed(
    splits: Splits, preset: Preset, config: TrainConfig, *, first_epoch: int = 0, cluster: Cluster | None = None
) -> Feed:
    """Choose how the images are fed.

    Args:
        splits: the images.
        preset: with what the run overrides.
        config: of the run.
        first_epoch: epochs that an earlier, killed training has done.
        cluster: the processes that train together; None: this one alone, on one device.

    Raises:
        DatasetError: the soft labels don't fit the images.
        RunError: a batch can't be shared out evenly.
    """
    images, labels = splits.validation.images, splits.validation.labels
    if preset.is_plain and config.teacher is None and cluster is None and splits.extra is None:
        # Keras' own batches include the incomplete one.
        steps = -(-len(splits.train.labels) // preset.batch_size)
        arrays: dict[str, Any] = {"x": splits.train.images, "y": splits.train.labels, "batch_size": preset.batch_size}
        if splits.class_weights is not None:
            arrays["class_weight"] = dict(enumerate(splits.class_weights.tolist()))
        return Feed(arrays, (images, labels), "sparse_categorical_crossentropy", steps)
    cluster = cluster or Cluster()
    if preset.batch_size % cluster.devices:
        raise RunError(
            f"a batch of {preset.batch_size} images can't be shared evenly by {cluster.devices} devices: "
            "choose another --batch-size"
        )
    batches = build_batches(splits, preset, config, first_epoch=first_epoch, cluster=cluster)
    # Every device gets as many validation images as any other; at the end all of them are looked at once more.
    own = slice(cluster.process, len(labels) // cluster.devices * cluster.devices, cluster.processes)
    endless = {"x": batches, "steps_per_epoch": batches.steps_per_epoch, "shuffle": False}
    validation = (images[own], one_hot(labels, len(splits.class_names))[own])
    return Feed(endless, validation, "categorical_crossentropy", batches.steps_per_epoch)


def build_batches(
    splits: Splits, preset: Preset, config: TrainConfig, *, first_epoch: int = 0, cluster: Cluster | None = None
) -> Batches:
    """The training batches, with the extra images and the teacher's soft labels in them if there are any."""
    classes, smoothing = len(splits.class_names), preset.label_smoothing
    pixels, targets = splits.train.pixels, one_hot(splits.train.labels, classes, smoothing=smoothing)
    weights = None if splits.class_weights is None else splits.class_weights[splits.train.labels]
    if splits.extra is not None:
        is_seen = splits.extra.is_seen
        pixels = np.concatenate([pixels, splits.extra.pixels[is_seen]])
        targets = np.concatenate([targets, smoothed(splits.extra.targets[is_seen], smoothing)])
        if weights is not None:
            weights = np.concatenate([weights, np.ones(is_seen.sum(), np.float32)])
    if config.teacher is not None and not config.teacher.is_dir():
        targets = np.stack([targets, _soft_targets(splits, targets, config.teacher, config)], axis=1)
    return Batches(
        pixels,
        targets,
        preset,
        seed=config.seed,
        weights=weights,
        first_epoch=first_epoch,
        part=(cluster.process, cluster.processes) if cluster else (0, 1),
        **_taken_in_turn(len(splits.train.labels), len(pixels), config.extra_data_share),
    )


def _taken_in_turn(own: int, every: int, share: float | None) -> dict[str, int]:
    """How many images a round always holds, and how many of the extra ones make up their share of it."""
    if share is None or every == own:
        return {}
    return {"always": own, "in_turn": min(every - own, round(own * share / (1 - share)))}


def _soft_targets(
    splits: Splits, targets: NDArray[np.float32], teacher: Path, config: TrainConfig
) -> NDArray[np.float32]:
    """What the teacher says of each image; of the extra ones, which its file doesn't know, what is right, tempered."""
    temperature = config.distillation_temperature
    known = soft_labels.read(teacher, temperature=temperature, pixels=splits.whole, names=splits.class_names)
    others = targets[len(splits.train.labels) :] ** (1 / temperature)
    return np.concatenate([known[splits.train_positions], others / others.sum(axis=1, keepdims=True)])


def build_unchanged_batches(splits: Splits, preset: Preset, config: TrainConfig) -> Batches:
    """The same batches with every image left as it is."""
    return build_batches(splits, without_augmentation(preset), config)
