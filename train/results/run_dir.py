"""The run directory: model, spec, metrics, history and plots, under names that export relies on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.artifact.decision_spec import OF_LOGITS, DecisionSpec
from edge.artifact.spec import ModelSpec, Provenance
from edge.classify.interval import wilson_interval
from edge.system import atomic_file
from train.config import DATASETS, Preset, TrainConfig, preset_for
from train.data.splits import Splits
from train.network.networks import up_to_logits
from train.results import plots
from train.results.kept_images import write_kept_images
from train.results.ood_evaluation import OodEvaluation
from train.results.rejection import Rejection
from train.results.temperature import cross_entropy, expected_calibration_error, with_temperature

MODEL = "model.keras"
SPEC = "model_spec.json"
METRICS = "metrics.json"
HISTORY = "history.csv"
TENSORBOARD = "tensorboard"
SKIPPED = "skipped.txt"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a finished training."""

    config: TrainConfig
    preset: Preset
    """Preset with the overrides of the configuration."""
    model: keras.Model
    splits: Splits
    validation_probabilities: NDArray[np.float32]
    """float32, shape (N, classes), 0-1."""
    test_probabilities: NDArray[np.float32]
    """float32, shape (N, classes), 0-1."""
    temperature: float
    duration_s: float
    ood_evaluation: OodEvaluation | None
    """Evaluation on the threshold images; None without any."""
    throughput: dict[str, float]
    """Images per second with and without augmentation; empty for a plain preset."""
    device: str
    versions: dict[str, str]
    rejection: Rejection | None = None
    """Threshold chosen on held-out images of your own; None for other data."""


@dataclass(frozen=True, slots=True)
class CalibrationErrors:
    """Calibration errors without and with the temperature, each for validation and test, 0-1."""

    temperature: float
    before: dict[str, float]
    after: dict[str, float]


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """Number of images of each kind."""

    train: int
    validation: int
    test: int
    skipped: int
    auxiliary: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Content of `metrics.json`: accuracies 0-1, counts, seconds, and all settings of the run."""

    test_top1_accuracy: float
    test_top1_interval: tuple[float, float]
    """95 % interval of the accuracy, by Wilson's method."""
    test_cross_entropy: float
    validation_top1_accuracy: float
    validation_top1_interval: tuple[float, float]
    test_accuracy_by_class: dict[str, float]
    test_interval_by_class: dict[str, tuple[float, float]]
    test_images_by_class: dict[str, int]
    expected_calibration_error: CalibrationErrors
    parameters: int
    images: ImageCounts
    ood_evaluation: OodEvaluation | None
    rejection: Rejection | None
    duration_s: float
    throughput_images_per_s: float
    throughput_by_augmentation_images_per_s: dict[str, float]
    device: str
    versions: dict[str, str]
    config: TrainConfig
    preset: Preset
    started: str


def run_name(config: TrainConfig) -> str:
    """Return the run's folder name: the chosen one, else preset, data and the start of this process."""
    return config.name or f"{preset_for(config).name}-{Path(config.data).name}-{_STARTED:%Y%m%d-%H%M%S}"


def write(folder: Path, outcome: Outcome) -> None:
    """Fill a run directory, which holds `history.csv` already."""
    chosen = outcome.ood_evaluation or outcome.rejection
    needs_logits = chosen is not None and chosen.score in OF_LOGITS
    model = up_to_logits(outcome.model) if needs_logits else outcome.model  # a softmax loses the energy
    model.save(folder / MODEL)
    digest = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    spec = _spec(outcome, output="logits" if needs_logits else "probabilities", source_sha256=digest)
    atomic_file.write_text(folder / SPEC, spec.to_json())
    atomic_file.write_text(folder / METRICS, json.dumps(asdict(metrics(outcome)), indent=2, default=str) + "\n")
    if outcome.config.data not in DATASETS:
        write_kept_images(folder, outcome.splits)
        if outcome.splits.skipped:
            atomic_file.write_text(folder / SKIPPED, "".join(f"{line}\n" for line in outcome.splits.skipped))
    plots.draw_curves(folder / HISTORY, folder / "curves.png")
    test, probabilities = outcome.splits.test, with_temperature(outcome.test_probabilities, outcome.temperature)
    predictions = plots.Predictions(test.pixels, test.labels, probabilities, outcome.splits.class_names)
    plots.draw_confusion_matrix(predictions, folder / "confusion_matrix.png")
    plots.draw_samples(predictions, folder / "samples.png")
    plots.draw_mistakes(predictions, folder / "mistakes.png")


def metrics(outcome: Outcome) -> Metrics:
    """Return the metrics of a training."""
    test, validation = outcome.splits.test, outcome.splits.validation
    correct = outcome.test_probabilities.argmax(axis=1) == test.labels
    is_right_in_validation = outcome.validation_probabilities.argmax(axis=1) == validation.labels
    auxiliary = 0 if outcome.splits.auxiliary is None else len(outcome.splits.auxiliary.pixels)
    by_class = {
        name: correct[test.labels == index]
        for index, name in enumerate(outcome.splits.class_names)
        if (test.labels == index).any()
    }
    trained_images = (len(outcome.splits.train.labels) + auxiliary) * outcome.preset.epochs
    return Metrics(
        test_top1_accuracy=float(correct.mean()),
        test_top1_interval=_interval(correct),
        test_cross_entropy=cross_entropy(outcome.test_probabilities, test.labels),
        validation_top1_accuracy=float(is_right_in_validation.mean()),
        validation_top1_interval=_interval(is_right_in_validation),
        test_accuracy_by_class={name: float(right.mean()) for name, right in by_class.items()},
        test_interval_by_class={name: _interval(right) for name, right in by_class.items()},
        test_images_by_class={name: len(right) for name, right in by_class.items()},
        expected_calibration_error=_calibration(outcome),
        parameters=int(outcome.model.count_params()),
        images=ImageCounts(len(outcome.splits.train.labels), len(validation.labels), len(test.labels),
                           len(outcome.splits.skipped), auxiliary),
        ood_evaluation=outcome.ood_evaluation,
        rejection=outcome.rejection,
        duration_s=round(outcome.duration_s, 1),
        throughput_images_per_s=round(trained_images / outcome.duration_s, 1),
        throughput_by_augmentation_images_per_s=outcome.throughput,
        device=outcome.device,
        versions=outcome.versions,
        config=replace(outcome.config, name=run_name(outcome.config)),
        preset=outcome.preset,
        started=_STARTED.isoformat(timespec="seconds"),
    )  # fmt: skip


def _interval(correct: NDArray[np.bool_]) -> tuple[float, float]:
    return wilson_interval(int(correct.sum()), len(correct))


def _calibration(outcome: Outcome) -> CalibrationErrors:
    parts = {
        "validation": (outcome.validation_probabilities, outcome.splits.validation.labels),
        "test": (outcome.test_probabilities, outcome.splits.test.labels),
    }
    before, after = (
        {
            part: expected_calibration_error(with_temperature(probabilities, temperature), labels)
            for part, (probabilities, labels) in parts.items()
        }
        for temperature in (1.0, outcome.temperature)
    )
    return CalibrationErrors(outcome.temperature, before, after)


def _spec(outcome: Outcome, *, output: str, source_sha256: str) -> ModelSpec:
    decision = DecisionSpec(temperature=outcome.temperature)
    if chosen := outcome.ood_evaluation or outcome.rejection:
        decision = replace(decision, score=chosen.score, threshold=chosen.threshold)
    return ModelSpec(
        labels=outcome.splits.class_names,
        input=outcome.splits.input,
        output=output,
        decision=decision,
        provenance=Provenance(run_name=run_name(outcome.config), dataset=_dataset_name(outcome.config.data),
                              source_sha256=source_sha256, versions=outcome.versions,
                              rejection=json.loads(json.dumps(asdict(outcome.rejection))) if outcome.rejection else {}),
    )  # fmt: skip


def _dataset_name(data: str) -> str:
    """Return the name of a data set without the folders above it: a file that is passed on tells none of them."""
    name = data if data in DATASETS else Path(data).resolve().name
    return f"{name}/" if name in DATASETS and data not in DATASETS else name


_STARTED = datetime.now(timezone.utc)
