"""The training itself: network, teacher, optimizer and callbacks joined, and `fit` called once."""

from __future__ import annotations

import hashlib
import logging
import sys
from pathlib import Path

import keras

from edge.errors import RunError
from train.config import TrainConfig
from train.data.splits import Splits
from train.fitting import resume
from train.fitting.batch_feed import build_feed
from train.fitting.checkpoint import Checkpoint
from train.fitting.distill import Student, load_run
from train.fitting.interrupt import InterruptBetweenBatches
from train.network.backend import Cluster
from train.network.fused_norm import with_fused_norms
from train.network.networks import NETWORKS
from train.network.optimizer import build_optimizer
from train.presets import Preset
from train.results import run_dir

_LOGGER = logging.getLogger(__name__)


def learn(
    splits: Splits, preset: Preset, config: TrainConfig, folder: Path, cluster: Cluster | None
) -> tuple[keras.Model, Checkpoint]:
    """Train what is left to train.

    Args:
        splits: the images.
        preset: with what the run overrides.
        config: of the run.
        folder: of the unfinished run, for its state and history.
        cluster: the processes that train together; None: this one alone, on one device.

    Returns:
        The trained network, and the callback that knows how it went and what model was around the network.
    """
    network = with_fused_norms(build_network(preset, splits, mixed_precision=config.mixed_precision))
    if config.initial is not None:
        _take_weights(network, load_run(config.initial, splits, flag="--initial"), config.initial)
    counts = (len(split.labels) for split in (splits.train, splits.validation, splits.test))
    _LOGGER.info("%d training, %d validation, %d test images; %s parameters", *counts, f"{network.count_params():,}")
    is_writer = cluster is None or cluster.is_writer
    history_csv = folder / run_dir.HISTORY
    checkpoint = Checkpoint(folder / resume.STATE, network, history_csv=history_csv, is_writer=is_writer)
    done = checkpoint.progress.epochs
    if done:
        _LOGGER.info("going on after epoch %d of %d", done, preset.epochs)
    feed = build_feed(splits, preset, config, first_epoch=done, cluster=cluster)
    model = _with_teacher(network, splits, config)
    optimizer = build_optimizer(preset, steps_per_epoch=feed.steps_per_epoch)
    model.compile(optimizer=optimizer, loss=feed.loss, metrics=["accuracy"])
    with InterruptBetweenBatches() as interrupt:
        callbacks = [checkpoint, interrupt]
        if is_writer:
            # What a killed training wrote after its last state is taken back.
            history_csv.write_bytes(checkpoint.progress.history_csv.encode())
            callbacks.insert(0, keras.callbacks.CSVLogger(str(history_csv), append=True))
        if is_writer and config.tensorboard:
            callbacks.append(keras.callbacks.TensorBoard(str(folder / run_dir.TENSORBOARD), write_graph=False))
        if preset.average_epochs:
            callbacks.append(keras.callbacks.SwapEMAWeights())  # validation looks at the weights that will be kept
        model.fit(
            **feed.training,
            epochs=preset.epochs,
            initial_epoch=done,
            validation_data=feed.validation,
            validation_batch_size=preset.batch_size // (cluster.processes if cluster else 1),
            callbacks=callbacks,
            verbose=0 if not is_writer else 1 if sys.stdout.isatty() else 2,
        )
    return network, checkpoint


def build_network(preset: Preset, splits: Splits, *, mixed_precision: str = "off") -> keras.Model:
    """Make the preset's network for these images and classes, untrained."""
    height, width = splits.train.pixels.shape[1:]
    keras.config.set_dtype_policy("float32" if mixed_precision == "off" else f"mixed_{mixed_precision}")
    network = NETWORKS[preset.network](height=height, width=width, classes=len(splits.class_names))
    keras.config.set_dtype_policy("float32")
    return network


def _take_weights(network: keras.Model, trained: keras.Model, run: Path) -> None:
    try:
        network.set_weights(trained.get_weights())
    except ValueError as error:
        raise RunError(
            f"--initial {run} holds another network ({trained.name}, {trained.count_params():,} parameters): expected "
            f"{network.name} with {network.count_params():,}"
        ) from error


def weights_sha256(network: keras.Model) -> str:
    """SHA-256 of all weights: the same in two processes only if every bit is."""
    digest = hashlib.sha256()
    for weights in network.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()


def _with_teacher(network: keras.Model, splits: Splits, config: TrainConfig) -> keras.Model:
    """The network in what makes it learn from a teacher, if it has one."""
    if config.teacher is None:
        return network
    teacher = load_run(config.teacher, splits, flag="--teacher") if config.teacher.is_dir() else None
    return Student(
        network, teacher=teacher, temperature=config.distillation_temperature, weight=config.distillation_weight
    )
