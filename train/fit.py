"""One training run, from its configuration to a finished run directory."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge import atomic
from train import backend, run_dir
from train.config import TrainConfig
from train.data import Splits, load_splits
from train.interrupt import InterruptBetweenBatches
from train.networks import PRESETS

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
    _LOGGER.info("training %s on %s: %s backend on %s", config.preset, config.data, library, device)
    keras.utils.set_random_seed(config.seed)
    with atomic.new_folder(config.runs / run_dir.run_name(config)) as folder:
        splits = load_splits(config)
        height, width = splits.train.images.shape[1:3]
        model = PRESETS[config.preset](height=height, width=width, classes=len(splits.class_names))
        _LOGGER.info(
            "%d training, %d validation, %d test images; %s parameters",
            *(len(split.labels) for split in (splits.train, splits.validation, splits.test)),
            f"{model.count_params():,}",
        )
        duration_s = _fit(model, splits, config, history_csv=folder / run_dir.HISTORY)
        outcome = run_dir.Outcome(
            config=config,
            model=_without_optimizer(model),
            splits=splits,
            validation_probabilities=_predict(model, splits.validation.images),
            test_probabilities=_predict(model, splits.test.images),
            duration_s=duration_s,
            device=device,
            versions=backend.versions(library),
        )
        run_dir.write(folder, outcome)
    return config.runs / run_dir.run_name(config)


def _fit(model: keras.Model, splits: Splits, config: TrainConfig, *, history_csv: Path) -> float:
    """Train in place and return the seconds it took; progress is a bar on a terminal, a line an epoch elsewhere."""
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    started = time.monotonic()
    with InterruptBetweenBatches() as interrupt:
        model.fit(
            splits.train.images,
            splits.train.labels,
            batch_size=config.batch_size,
            epochs=config.epochs,
            validation_data=(splits.validation.images, splits.validation.labels),
            callbacks=[keras.callbacks.CSVLogger(str(history_csv)), interrupt],
            verbose=1 if sys.stdout.isatty() else 2,
        )
    return time.monotonic() - started


def _predict(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(model.predict(images, batch_size=500, verbose=0), np.float32)


def _without_optimizer(model: keras.Model) -> keras.Model:
    """A copy that holds the weights alone: a third of the file, and nothing that only training needs."""
    bare = type(model).from_config(model.get_config())  # clone_model would compile the copy too
    bare.set_weights(model.get_weights())
    return bare
