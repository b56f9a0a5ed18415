"""One training run, from its configuration to a finished run directory."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge import atomic
from train import backend, run_dir
from train.batches import Batches, one_hot
from train.config import TrainConfig
from train.data import Splits, load_splits
from train.interrupt import InterruptBetweenBatches
from train.networks import NETWORKS
from train.optimizer import build_optimizer
from train.presets import Preset, preset_for
from train.throughput import measure_throughput, without_augmentation

_LOGGER = logging.getLogger(__name__)


def train_run(config: TrainConfig) -> Path:
    """Train, judge once on the test images, and write everything into a new run directory.

    Returns:
        The run directory.

    Raises:
        DatasetError: the data can't be had.
        FileExistsError: a run of this name is there already.
    """
    library = backend.start_backend()
    device = backend.describe_device(library)
    preset = preset_for(config)
    _LOGGER.info("training %s on %s: %s backend on %s", config.preset, config.data, library, device)
    keras.utils.set_random_seed(config.seed)
    with atomic.new_folder(config.runs / run_dir.run_name(config)) as folder:
        splits = load_splits(config)
        network = _build(preset, splits, mixed_precision=config.mixed_precision)
        _LOGGER.info(
            "%d training, %d validation, %d test images; %s parameters",
            *(len(split.labels) for split in (splits.train, splits.validation, splits.test)),
            f"{network.count_params():,}",
        )
        duration_s = _fit(network, splits, preset, seed=config.seed, history_csv=folder / run_dir.HISTORY)
        model = _build(preset, splits)  # without optimizer: a third of the file, and nothing that only training needs
        model.set_weights(network.get_weights())
        outcome = run_dir.Outcome(
            config=config,
            preset=preset,
            model=model,
            splits=splits,
            validation_probabilities=_predict(model, splits.validation.images),
            test_probabilities=_predict(model, splits.test.images),
            duration_s=duration_s,
            throughput={} if preset.is_plain else _throughput(network, splits, preset, seed=config.seed),
            device=device,
            versions=backend.versions(library),
        )
        run_dir.write(folder, outcome)
    return config.runs / run_dir.run_name(config)


def _build(preset: Preset, splits: Splits, *, mixed_precision: str = "off") -> keras.Model:
    """Make the network, untrained."""
    height, width = splits.train.pixels.shape[1:]
    keras.config.set_dtype_policy("float32" if mixed_precision == "off" else f"mixed_{mixed_precision}")
    network = NETWORKS[preset.network](height=height, width=width, classes=len(splits.class_names))
    keras.config.set_dtype_policy("float32")
    return network


def _fit(model: keras.Model, splits: Splits, preset: Preset, *, seed: int, history_csv: Path) -> float:
    """Train in place and return the seconds it took; progress is a bar on a terminal, a line an epoch elsewhere."""
    model.compile(
        optimizer=build_optimizer(preset, steps_per_epoch=_steps_per_epoch(preset, len(splits.train.labels))),
        loss="sparse_categorical_crossentropy" if preset.is_plain else "categorical_crossentropy",
        metrics=["accuracy"],
    )
    started = time.monotonic()
    with InterruptBetweenBatches() as interrupt:
        callbacks = [keras.callbacks.CSVLogger(str(history_csv)), interrupt]
        if preset.average_epochs:
            callbacks.append(keras.callbacks.SwapEMAWeights())  # validation looks at the weights that will be kept
        model.fit(
            **_training_data(splits, preset, seed=seed),
            epochs=preset.epochs,
            validation_data=_validation_data(splits, preset),
            validation_batch_size=preset.batch_size,
            callbacks=callbacks,
            verbose=1 if sys.stdout.isatty() else 2,
        )
    return time.monotonic() - started


def _steps_per_epoch(preset: Preset, images: int) -> int:
    # Keras' own batches, which a plain preset trains on, include the incomplete one.
    return -(-images // preset.batch_size) if preset.is_plain else max(1, images // preset.batch_size)


def _training_data(splits: Splits, preset: Preset, *, seed: int) -> dict[str, Any]:
    """What `fit` is given to train on."""
    train = splits.train
    if preset.is_plain:
        return {"x": train.images, "y": train.labels, "batch_size": preset.batch_size}
    batches = _batches(splits, preset, seed=seed)
    return {"x": batches, "steps_per_epoch": batches.steps_per_epoch, "shuffle": False}


def _batches(splits: Splits, preset: Preset, *, seed: int) -> Batches:
    targets = one_hot(splits.train.labels, len(splits.class_names), smoothing=preset.label_smoothing)
    return Batches(splits.train.pixels, targets, preset, seed=seed)


def _throughput(trained: keras.Model, splits: Splits, preset: Preset, *, seed: int) -> dict[str, float]:
    _LOGGER.info("measuring how fast it trained with and without augmentation")
    plain = without_augmentation(preset)
    return measure_throughput(trained, _batches(splits, preset, seed=seed), _batches(splits, plain, seed=seed))


def _validation_data(splits: Splits, preset: Preset) -> tuple[NDArray[np.float32], NDArray[Any]]:
    labels = splits.validation.labels
    return splits.validation.images, labels if preset.is_plain else one_hot(labels, len(splits.class_names))


def _predict(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(model.predict(images, batch_size=500, verbose=0), np.float32)
