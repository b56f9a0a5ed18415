"""One training run, from its configuration to a finished run directory."""

from __future__ import annotations

import gc
import logging
import shutil
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.classify.confidence_score import confidence_score, to_probabilities
from edge.errors import ToolkitError
from edge.system import atomic_file
from train.config import DATASETS, Preset, TrainConfig, describe_input, input_of, preset_for, require_consistent
from train.data.splits import Splits, load_splits
from train.fitting import resume, training
from train.fitting.batch_pipeline import Batches, training_images
from train.fitting.callbacks import Checkpoint
from train.fitting.teacher import write_soft_labels
from train.fitting.training import build_network, train_model
from train.network import backend, gpu, pretrained
from train.network.networks import relative_to_last_class, up_to_logits
from train.network.predict import predict
from train.report.write import write_report
from train.results import run_dir
from train.results.ood_evaluation import OodEvaluation, evaluate_ood
from train.results.rejection import ConfidenceScores, Rejection, evaluate_rejection
from train.results.temperature import fit_temperature, with_temperature

_LOGGER = logging.getLogger(__name__)
_PILOT_STEPS = 5
_MEASURED_S = 0.5  # of each turn


def train_run(config: TrainConfig) -> Path | None:
    """Train, evaluate once on the test images, and write a run directory; None where another process writes it.

    Raises:
        DatasetError: the data can't be had.
        RuntimeMissingError: Keras, or the package with pretrained weights, isn't installed.
        FileExistsError: a run of this name exists.
        RunError: settings exclude each other, the run can't be resumed or distributed, or its name is taken.
    """
    if config.resume:
        config = resume.resumed(config)
    config = replace(config, preset=preset_for(config).name)
    require_consistent(config)
    preset = preset_for(config)
    if preset.is_pretrained:
        pretrained.find_file()
    library = backend.start_backend()
    if config.tensorboard:
        backend.require_tensorboard()
    keras.utils.set_random_seed(config.seed)
    cluster = backend.join_cluster(library) if config.distribute else None
    is_writer = cluster is None or cluster.is_writer
    device = backend.describe_device(library)
    _LOGGER.info("the network will see %s", describe_input(input_of(preset)))
    precision = "float32" if config.mixed_precision == "off" else f"mixed {config.mixed_precision}"
    _LOGGER.info("training %s on %s: %s backend on %s, %s", config.preset, config.data, library, device, precision)
    if device.startswith("CPU") and (reason := gpu.reason_unseen(library)):
        _LOGGER.warning("%s", reason)
    folder = resume.start(config) if is_writer else resume.partial_folder(config)
    with _keep_for_resuming(config, folder, is_writer=is_writer):
        splits = load_splits(config, scratch=folder if is_writer else None)
        network, checkpoint = train_model(splits, preset_for(config), config, folder, cluster)
        if cluster is not None:
            backend.leave_cluster()
            facts = (cluster.process, cluster.processes, training.weights_sha256(network))
            _LOGGER.info("process %d of %d has trained the weights %s", *facts)
        return _finish(config, splits, network, checkpoint, folder=folder, device=device) if is_writer else None


def _finish(
    config: TrainConfig, splits: Splits, network: keras.Model, checkpoint: Checkpoint, *, folder: Path, device: str
) -> Path:
    """Evaluate the network, write its run directory, and remove the folder of the unfinished run."""
    preset, name = preset_for(config), run_dir.run_name(config)
    model = build_network(preset, splits)  # a copy without optimizer: a third of the file, nothing only training needs
    model.set_weights(network.get_weights())
    if splits.counter_examples is not None:
        model = relative_to_last_class(model)
    if config.soft_labels is not None:
        # The trained network in mixed precision takes a fraction of the time.
        write_soft_labels(config.soft_labels, network, splits.whole, teacher=name, names=splits.class_names)
    validation_probabilities = predict(model, splits.validation.pixels, splits.input)
    temperature = fit_temperature(validation_probabilities, splits.validation.labels)
    test_probabilities = predict(model, splits.test.pixels, splits.input)
    outcome = run_dir.Outcome(
        config, preset, model, splits, validation_probabilities, test_probabilities, temperature,
        duration_s=checkpoint.progress.duration_s, ood_evaluation=_ood_evaluation(model, splits, temperature),
        throughput=_throughput(checkpoint.model, splits, preset, config), device=device,
        versions=backend.versions(keras.backend.backend()),
        rejection=_rejection(config, model, splits, (validation_probabilities, test_probabilities), temperature),
    )  # fmt: skip
    with atomic_file.new_folder(config.runs / name) as finished:
        shutil.copy(folder / run_dir.HISTORY, finished)
        if config.tensorboard:
            shutil.copytree(folder / run_dir.TENSORBOARD, finished / run_dir.TENSORBOARD)
        run_dir.write(finished, outcome)
    shutil.rmtree(folder, ignore_errors=True)  # the next training removes the rest
    if config.report and preset.is_pretrained:
        _write_report(outcome)
    return config.runs / name


def _write_report(outcome: run_dir.Outcome) -> None:
    """Write the report; the run is finished, and no fault of a report makes a failed training of it."""
    run = outcome.config.runs / run_dir.run_name(outcome.config)
    _LOGGER.info("%s is finished; its report follows (Ctrl-C ends it, --no-report leaves it out)", run)
    validation, test = (
        with_temperature(probabilities, outcome.temperature)
        for probabilities in (outcome.validation_probabilities, outcome.test_probabilities)
    )
    try:
        page = write_report(run, outcome.config, outcome.splits, validation=validation, test=test)
    except (OSError, ToolkitError) as error:
        _LOGGER.warning("no report: %s; try again with `python -m train.report %s`", error, run)
    else:
        _LOGGER.info("report: %s", page)


@contextmanager
def _keep_for_resuming(config: TrainConfig, folder: Path, *, is_writer: bool) -> Iterator[None]:
    """Keep the finished epochs of an interrupted training and log how to resume it; without any, keep nothing."""
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


def _ood_evaluation(model: keras.Model, splits: Splits, temperature: float) -> OodEvaluation | None:
    if splits.threshold_images is None:
        return None
    pixels = splits.threshold_images.pixels
    probabilities = with_temperature(predict(model, pixels, splits.input), temperature)
    return evaluate_ood(predict(up_to_logits(model), pixels, splits.input), probabilities, splits.threshold_images)


def _rejection(
    config: TrainConfig, model: keras.Model, splits: Splits,
    known: tuple[NDArray[np.float32], NDArray[np.float32]], temperature: float,
) -> Rejection | None:  # fmt: skip
    """Choose the threshold of your own classes on the validation images; the other data have a file for that, or none.

    `known` are the probabilities of the images of a class for validation and test.
    """
    if config.data in DATASETS or config.threshold_data is not None:
        return None
    others = splits.counter_examples
    if others is None:
        none = np.zeros(0, np.float32)
        held_out, tested = (ConfidenceScores(with_temperature(each, temperature).max(axis=1), none) for each in known)
        return evaluate_rejection("probability", held_out, tested, lowest=1 / len(splits.class_names))
    logits = up_to_logits(model)

    def scores(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        if not len(pixels):
            return np.zeros(0, np.float32)
        found = predict(logits, pixels, splits.input)
        probabilities = to_probabilities(found, output="logits", temperature=temperature)
        return confidence_score(found, probabilities, kind="joint")

    held_out, tested = (
        ConfidenceScores(scores(part.pixels), scores(pixels))
        for part, pixels in ((splits.validation, others.validation), (splits.test, others.test))
    )
    return evaluate_rejection("joint", held_out, tested)


def _throughput(trained: keras.Model, splits: Splits, preset: Preset, config: TrainConfig) -> dict[str, float]:
    # Several processes would have to measure in step, and a pretrained network takes minutes for these steps.
    if preset.is_plain or config.distribute or preset.is_pretrained:
        return {}
    _LOGGER.info("measuring how fast it trains with and without augmentation")
    images, unchanged = training_images(splits, preset, config), preset.without_augmentation()
    batches = [Batches(images, kind, seed=config.seed) for kind in (preset, unchanged)]
    return measure_throughput(trained, *batches)


def measure_throughput(model: keras.Model, batches: Batches, unchanged: Batches) -> dict[str, float]:
    """Measure images per second of training with and without augmentation, and of the augmentation alone.

    The model is compiled and trained already, and of no use afterwards.
    """
    _separate(model.optimizer)
    # The better of two turns each, because other load only slows a turn down.
    rates = [(_training_rate(model, batches), _training_rate(model, unchanged)) for _ in range(2)]
    return {
        "with_augmentation": max(rate for rate, _ in rates),
        "without_augmentation": max(rate for _, rate in rates),
        "augmentation_alone": _making_rate(batches),
    }


def _training_rate(model: keras.Model, batches: Batches) -> float:
    pilot_s = _fit_s(model, batches, _PILOT_STEPS)
    steps = max(_PILOT_STEPS, round(_PILOT_STEPS * _MEASURED_S / pilot_s))
    return round(steps * batches.batch_size / _fit_s(model, batches, steps), 1)


def _fit_s(model: keras.Model, batches: Batches, steps: int) -> float:
    started = time.monotonic()
    model.fit(batches, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
    _separate(model.optimizer)
    return time.monotonic() - started


def _separate(optimizer: keras.optimizers.Optimizer) -> None:
    """Copy averaged weights: `fit` leaves them in the network's memory, which JAX can't train on."""
    for variable in optimizer.variables:
        variable.assign(np.array(keras.ops.convert_to_numpy(variable)))


def _making_rate(batches: Batches) -> float:
    started = time.monotonic()
    number = 0
    while time.monotonic() < started + _MEASURED_S:
        batches[number]
        number += 1
    return round(number * batches.batch_size / (time.monotonic() - started), 1)
