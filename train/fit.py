"""One training run, from its configuration to a finished run directory."""

from __future__ import annotations

import gc
import logging
import shutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge import atomic
from train import backend, partial, run_dir, soft_labels
from train.checkpoint import Checkpoint
from train.config import TrainConfig
from train.data import Splits, load_splits
from train.distill import Student, load_teacher
from train.feed import build_batches, build_feed, build_unchanged_batches
from train.interrupt import InterruptBetweenBatches
from train.networks import NETWORKS
from train.optimizer import build_optimizer
from train.presets import Preset, preset_for
from train.temperature import fit_temperature
from train.throughput import measure_throughput

_LOGGER = logging.getLogger(__name__)


def train_run(config: TrainConfig) -> Path:
    """Train, judge once on the test images, and write everything into a new run directory.

    Returns:
        The run directory.

    Raises:
        DatasetError: the data can't be had.
        FileExistsError: a run of this name is there already.
        RunError: a run can't be gone on with, or an unfinished one has its name.
    """
    if config.resume:
        config = partial.resumed(config)
    library = backend.start_backend()
    device = backend.describe_device(library)
    _LOGGER.info("training %s on %s: %s backend on %s", config.preset, config.data, library, device)
    keras.utils.set_random_seed(config.seed)
    preset = preset_for(config)
    folder = partial.start(config)
    with _kept_for_resuming(config, folder):
        splits = load_splits(config)
        network, checkpoint = _train(splits, preset, config, folder)
        model = _build(preset, splits)  # a copy without optimizer: a third of the file, nothing only training needs
        model.set_weights(network.get_weights())
        validation_probabilities = _predict(model, splits.validation.images)
        outcome = run_dir.Outcome(
            config=config,
            preset=preset,
            model=model,
            splits=splits,
            validation_probabilities=validation_probabilities,
            test_probabilities=_predict(model, splits.test.images),
            temperature=fit_temperature(validation_probabilities, splits.validation.labels),
            duration_s=checkpoint.progress.duration_s,
            throughput=_throughput(checkpoint.model, splits, preset, config),
            device=device,
            versions=backend.versions(library),
        )
        with atomic.new_folder(config.runs / run_dir.run_name(config)) as finished:
            shutil.copy(folder / run_dir.HISTORY, finished)
            run_dir.write(finished, outcome)
        if config.soft_labels is not None:
            name = run_dir.run_name(config)
            soft_labels.write(config.soft_labels, model, splits.whole, teacher=name, names=splits.class_names)
        shutil.rmtree(folder)
    return config.runs / run_dir.run_name(config)


def _train(splits: Splits, preset: Preset, config: TrainConfig, folder: Path) -> tuple[keras.Model, Checkpoint]:
    """Train what is left to train.

    Returns:
        The trained network, and the callback that knows how it went.
    """
    network = _build(preset, splits, mixed_precision=config.mixed_precision)
    _LOGGER.info(
        "%d training, %d validation, %d test images; %s parameters",
        *(len(split.labels) for split in (splits.train, splits.validation, splits.test)),
        f"{network.count_params():,}",
    )
    history_csv = folder / run_dir.HISTORY
    checkpoint = Checkpoint(folder / partial.STATE, network, history_csv=history_csv)
    done = checkpoint.progress.epochs
    if done:
        _LOGGER.info("going on after epoch %d of %d", done, preset.epochs)
    # What a killed training wrote after its last state is taken back.
    history_csv.write_bytes(checkpoint.progress.history_csv.encode())
    feed = build_feed(splits, preset, config, first_epoch=done)
    model = _with_teacher(network, splits, config)
    optimizer = build_optimizer(preset, steps_per_epoch=feed.steps_per_epoch)
    model.compile(optimizer=optimizer, loss=feed.loss, metrics=["accuracy"])
    with InterruptBetweenBatches() as interrupt:
        callbacks = [keras.callbacks.CSVLogger(str(history_csv), append=True), checkpoint, interrupt]
        if preset.average_epochs:
            callbacks.append(keras.callbacks.SwapEMAWeights())  # validation looks at the weights that will be kept
        model.fit(
            **feed.training,
            epochs=preset.epochs,
            initial_epoch=done,
            validation_data=feed.validation,
            validation_batch_size=preset.batch_size,
            callbacks=callbacks,
            verbose=1 if sys.stdout.isatty() else 2,
        )
    return network, checkpoint


def _build(preset: Preset, splits: Splits, *, mixed_precision: str = "off") -> keras.Model:
    """Make the network, untrained."""
    height, width = splits.train.pixels.shape[1:]
    keras.config.set_dtype_policy("float32" if mixed_precision == "off" else f"mixed_{mixed_precision}")
    network = NETWORKS[preset.network](height=height, width=width, classes=len(splits.class_names))
    keras.config.set_dtype_policy("float32")
    return network


def _with_teacher(network: keras.Model, splits: Splits, config: TrainConfig) -> keras.Model:
    """The network in what makes it learn from a teacher, if it has one."""
    if config.teacher is None:
        return network
    teacher = load_teacher(config.teacher, splits) if config.teacher.is_dir() else None
    return Student(
        network, teacher=teacher, temperature=config.distillation_temperature, weight=config.distillation_weight
    )


@contextmanager
def _kept_for_resuming(config: TrainConfig, folder: Path) -> Iterator[None]:
    """Keep what an interrupted training has reached and say how to go on; keep nothing where it has reached nothing."""
    try:
        yield
    except BaseException as error:
        # The frames hold TensorFlow's iterator, which complains if it outlives the interpreter.
        traceback.clear_frames(error.__traceback__)
        gc.collect()
        partial.remove_if_empty(folder)
        if folder.exists():
            _LOGGER.warning("the finished epochs are kept: go on with `%s`", partial.how_to_resume(config))
        raise


def _throughput(trained: keras.Model, splits: Splits, preset: Preset, config: TrainConfig) -> dict[str, float]:
    if preset.is_plain:
        return {}
    _LOGGER.info("measuring how fast it trains with and without augmentation")
    augmented = build_batches(splits, preset, config)
    return measure_throughput(trained, augmented, build_unchanged_batches(splits, preset, config))


def _predict(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(model.predict(images, batch_size=500, verbose=0), np.float32)
