"""One training run, from its configuration to a finished run directory."""

from __future__ import annotations

import gc
import logging
import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.system import atomic_file
from train.config import TrainConfig
from train.data.splits import Splits, load_splits, to_network
from train.fitting import resume, soft_labels, training
from train.fitting.batch_feed import build_batches, build_unchanged_batches
from train.fitting.checkpoint import Checkpoint
from train.fitting.throughput import measure_throughput
from train.fitting.training import build_network, learn
from train.network import backend
from train.presets import Preset, preset_for
from train.results import run_dir
from train.results.ood_evaluation import Judgement, judge
from train.results.temperature import fit_temperature, with_temperature

_LOGGER = logging.getLogger(__name__)


def train_run(config: TrainConfig) -> Path | None:
    """Train, judge once on the test images, and write everything into a new run directory.

    Returns:
        The run directory; None in a process that helps another one, which writes it.

    Raises:
        DatasetError: the data can't be had.
        FileExistsError: a run of this name is there already.
        RunError: a run can't be gone on with, an unfinished one has its name, or it can't be distributed.
    """
    if config.resume:
        config = resume.resumed(config)
    library = backend.start_backend()
    if config.tensorboard:
        backend.require_tensorboard()
    keras.utils.set_random_seed(config.seed)
    cluster = backend.join_cluster(library) if config.distribute else None
    is_writer = cluster is None or cluster.is_writer
    device = backend.describe_device(library)
    _LOGGER.info("training %s on %s: %s backend on %s", config.preset, config.data, library, device)
    folder = resume.start(config) if is_writer else resume.partial_folder(config)
    with _kept_for_resuming(config, folder, is_writer=is_writer):
        splits = load_splits(config)
        network, checkpoint = learn(splits, preset_for(config), config, folder, cluster)
        if cluster is not None:
            backend.leave_cluster()
            ours = (cluster.process, cluster.processes, training.weights_sha256(network))
            _LOGGER.info("process %d of %d has trained the weights %s", *ours)
        return _finish(config, splits, network, checkpoint, folder=folder, device=device) if is_writer else None


def _finish(
    config: TrainConfig, splits: Splits, network: keras.Model, checkpoint: Checkpoint, *, folder: Path, device: str
) -> Path:
    """Judge the network, write its run directory, and remove what was kept for resuming."""
    preset, name = preset_for(config), run_dir.run_name(config)
    model = build_network(preset, splits)  # a copy without optimizer: a third of the file, nothing only training needs
    model.set_weights(network.get_weights())
    if config.soft_labels is not None:
        # By the network that was trained: in mixed precision it takes a fraction of the time.
        soft_labels.write(config.soft_labels, network, splits.whole, teacher=name, names=splits.class_names)
    validation_probabilities = _predict(model, splits.validation.images)
    temperature = fit_temperature(validation_probabilities, splits.validation.labels)
    outcome = run_dir.Outcome(
        config=config,
        preset=preset,
        model=model,
        splits=splits,
        validation_probabilities=validation_probabilities,
        test_probabilities=_predict(model, splits.test.images),
        temperature=temperature,
        judgement=_judgement(model, splits, temperature),
        duration_s=checkpoint.progress.duration_s,
        throughput=_throughput(checkpoint.model, splits, preset, config),
        device=device,
        versions=backend.versions(keras.backend.backend()),
    )
    with atomic_file.new_folder(config.runs / name) as finished:
        shutil.copy(folder / run_dir.HISTORY, finished)
        if config.tensorboard:
            shutil.copytree(folder / run_dir.TENSORBOARD, finished / run_dir.TENSORBOARD)
        run_dir.write(finished, outcome)
    shutil.rmtree(folder, ignore_errors=True)  # the next training removes what is left of it
    return config.runs / name


@contextmanager
def _kept_for_resuming(config: TrainConfig, folder: Path, *, is_writer: bool) -> Iterator[None]:
    """Keep what an interrupted training has reached and say how to go on; keep nothing where it has reached nothing."""
    try:
        yield
    except BaseException as error:
        # The frames hold TensorFlow's iterator, which complains if it outlives the interpreter.
        traceback.clear_frames(error.__traceback__)
        gc.collect()
        if is_writer:
            resume.remove_if_empty(folder)
        if is_writer and folder.exists():
            _LOGGER.warning("the finished epochs are kept: go on with `%s`", resume.how_to_resume(config))
        raise


def _judgement(model: keras.Model, splits: Splits, temperature: float) -> Judgement | None:
    if splits.judge is None:
        return None
    images = to_network(splits.judge.pixels)
    answers = with_temperature(_predict(model, images), temperature)
    return judge(logits(model, images), answers, splits.judge)


def logits(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """What goes into a network's softmax, a layer of its own or the activation of a dense one.

    Args:
        model: one of `train.network.networks`.
        images: float32, shape (N, height, width, 1), 0-1.

    Returns:
        float32, shape (N, classes).
    """
    last = model.layers[-1]
    before = _predict(keras.Model(model.inputs, last.input), images)
    return before @ np.asarray(last.kernel) + np.asarray(last.bias) if isinstance(last, keras.layers.Dense) else before


def _throughput(trained: keras.Model, splits: Splits, preset: Preset, config: TrainConfig) -> dict[str, float]:
    if preset.is_plain or config.distribute:  # several processes would have to do it in step
        return {}
    _LOGGER.info("measuring how fast it trains with and without augmentation")
    augmented = build_batches(splits, preset, config)
    return measure_throughput(trained, augmented, build_unchanged_batches(splits, preset, config))


def _predict(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(model.predict(images, batch_size=500, verbose=0), np.float32)
