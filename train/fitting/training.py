"""The training itself: network, teacher, optimizer and callbacks, and one call of `fit`."""

from __future__ import annotations

import hashlib
import logging
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import RunError
from train.config import Preset, TrainConfig
from train.data.splits import Splits
from train.fitting import resume
from train.fitting.batch_pipeline import Batches, BatchPipeline, build_pipeline, training_images
from train.fitting.callbacks import Checkpoint, InterruptBetweenBatches, TimeLeft
from train.fitting.first_head import begin_with_regression
from train.fitting.teacher import Student, load_run
from train.network.backend import Cluster
from train.network.fused_norm import with_fused_norms
from train.network.networks import NETWORKS, freeze, with_folded_norms
from train.results import run_dir

_LOGGER = logging.getLogger(__name__)
_MEASURED_S = 0.2  # of the input pipeline alone
_NOT_DECAYED = ["bias", "gamma", "beta"]  # decay is for kernels: shrinking a scale or an offset has no purpose


def train_model(
    splits: Splits, preset: Preset, config: TrainConfig, folder: Path, cluster: Cluster | None
) -> tuple[keras.Model, Checkpoint]:
    """Train the remaining epochs, with state and history in the folder of the unfinished run.

    Without a cluster this process trains alone. The callback holds the progress and the model around the network.
    """
    network = build_network(preset, splits, mixed_precision=config.mixed_precision, folded=preset.is_pretrained)
    if preset.is_pretrained:
        trained = sum(int(np.prod(weights.shape)) for weights in network.trainable_weights)
        part = "the last layer" if preset.head_only else f"block {preset.train_from} and all after it"
        facts = (part if preset.train_from or preset.head_only else "all of it", f"{trained:,}")
        _LOGGER.info("trained is %s, %s parameters; the rest stays as ImageNet made it", *facts)
    else:
        network = with_fused_norms(network)
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
    elif preset.is_pretrained and config.initial is None and cluster is None:
        # Not where processes train together: they must begin with the same weights, to the last digit.
        has_begun = begin_with_regression(network, training_images(splits, preset, config))
        if has_begun:
            _LOGGER.info("the last layer begins as a regression on features that ImageNet taught")
    pipeline = build_pipeline(splits, preset, config, first_epoch=done, cluster=cluster)
    model = _with_teacher(network, splits, config)
    optimizer = build_optimizer(preset, steps_per_epoch=pipeline.steps_per_epoch)
    model.compile(optimizer=optimizer, loss=pipeline.loss, metrics=["accuracy"])
    pipeline_rate = _pipeline_rate(pipeline) if is_writer else None
    with InterruptBetweenBatches() as interrupt:
        callbacks = [
            checkpoint,
            interrupt,
            *([TimeLeft(preset.epochs, preset.batch_size, pipeline_rate)] if is_writer else []),
        ]
        if is_writer:
            # Remove the lines that a killed training wrote after its last state.
            history_csv.write_bytes(checkpoint.progress.history_csv.encode())
            callbacks.insert(0, keras.callbacks.CSVLogger(str(history_csv), append=True))
        if is_writer and config.tensorboard:
            callbacks.append(keras.callbacks.TensorBoard(str(folder / run_dir.TENSORBOARD), write_graph=False))
        if preset.average_epochs:
            callbacks.append(keras.callbacks.SwapEMAWeights())  # validation uses the weights that are kept
        # A dataset has batches of its own.
        batch_size = preset.batch_size // (cluster.processes if cluster else 1)
        model.fit(
            **pipeline.training, epochs=preset.epochs, initial_epoch=done, validation_data=pipeline.validation,
            validation_batch_size=batch_size if isinstance(pipeline.validation, tuple) else None, callbacks=callbacks,
            verbose=0 if not is_writer else 1 if sys.stdout.isatty() else 2,
        )  # fmt: skip
    return network, checkpoint


def images_per_s(batches: Batches, *, measured_s: float = _MEASURED_S) -> float:
    """Make batches on as many threads as a training does, and drop them; return the images of a second.

    The first batch of each thread isn't counted: it reads what others find in memory.
    """
    workers = max(1, batches.workers)
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque(pool.submit(batches.__getitem__, number) for number in range(2 * workers))
        for _ in range(workers):
            waiting.popleft().result()
        started_s, made = time.monotonic(), 0
        while made < workers or time.monotonic() - started_s < measured_s:
            waiting.append(pool.submit(batches.__getitem__, made + 2 * workers))
            waiting.popleft().result()
            made += 1
        elapsed_s = time.monotonic() - started_s
        for each in waiting:
            each.cancel()
    return made * batches.batch_size / elapsed_s


def _pipeline_rate(pipeline: BatchPipeline) -> float | None:
    """Measure and log how fast images are prepared without any network; None where all are in memory as they are."""
    batches = pipeline.training["x"]
    if not isinstance(batches, Batches):
        return None
    rate = images_per_s(batches)
    _LOGGER.info(
        "images are prepared at %s a second, on %d thread%s, without the network", f"{rate:,.0f}", batches.workers,
        "s" * (batches.workers != 1),
    )  # fmt: skip
    return rate


def build_network(preset: Preset, splits: Splits, *, mixed_precision: str = "off", folded: bool = False) -> keras.Model:
    """Build the preset's untrained network for these images and classes, or a form that trains faster."""
    height, width = splits.input.height, splits.input.width
    keras.config.set_dtype_policy("float32" if mixed_precision == "off" else f"mixed_{mixed_precision}")
    network = NETWORKS[preset.network](height=height, width=width, classes=splits.outputs, **preset.stages)
    if folded:
        network = with_folded_norms(network)
    keras.config.set_dtype_policy("float32")
    if preset.is_pretrained:
        freeze(network, train_from=preset.train_from, head_only=preset.head_only)
    return network


def _take_weights(network: keras.Model, trained: keras.Model, run: Path) -> None:
    try:
        network.set_weights(with_last_output(trained.get_weights(), network))
    except ValueError as error:
        raise RunError(
            f"--initial {run} holds another network ({trained.name}, {trained.count_params():,} parameters): expected "
            f"{network.name} with {network.count_params():,}"
        ) from error


def with_last_output(weights: list[NDArray[np.float32]], network: keras.Model) -> list[NDArray[np.float32]]:
    """Add an output of zeros where the network has one more than the weights: counter-examples come with it."""
    kernel, bias = weights[-2:]
    if network.output_shape[1] != len(bias) + 1:
        return weights
    return [*weights[:-2], np.pad(kernel, ((0, 0), (0, 1))), np.pad(bias, (0, 1))]


def weights_sha256(network: keras.Model) -> str:
    """Return the SHA-256 of all weights, to compare the processes of a cluster."""
    digest = hashlib.sha256()
    for weights in network.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()


def _with_teacher(network: keras.Model, splits: Splits, config: TrainConfig) -> keras.Model:
    """Return the network, inside a `Student` if there is a teacher."""
    if config.teacher is None:
        return network
    teacher = load_run(config.teacher, splits, flag="--teacher") if config.teacher.is_dir() else None
    return Student(
        network, teacher=teacher, temperature=config.distillation_temperature, weight=config.distillation_weight
    )


def build_optimizer(preset: Preset, *, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Build the preset's optimizer; the steps of an epoch are the unit of its schedule and averaging."""
    rate = _learning_rate(preset, steps_per_epoch)
    average: dict[str, float | bool] = {}
    if preset.average_epochs:
        momentum = max(0.0, 1 - 1 / (preset.average_epochs * steps_per_epoch))
        average = {"use_ema": True, "ema_momentum": momentum}
    decay = preset.weight_decay or None
    if preset.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay, **average)
    else:  # Keras' AdamW is its Adam with another default
        optimizer = keras.optimizers.Adam(rate, weight_decay=decay, **average)
    if decay:
        optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    return optimizer


def _learning_rate(preset: Preset, steps_per_epoch: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if preset.schedule == "constant":
        return preset.learning_rate
    warmup_steps = round(preset.warmup_epochs * steps_per_epoch)
    return keras.optimizers.schedules.CosineDecay(
        0.0 if warmup_steps else preset.learning_rate,
        max(1, preset.epochs * steps_per_epoch - warmup_steps),
        warmup_target=preset.learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )
