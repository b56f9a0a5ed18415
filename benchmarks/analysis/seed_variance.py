"""Variation between variants that differ in nothing but a seed: of the calibration images, or of the training."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.analysis.row import Row, known
from benchmarks.records import ABSENT_IF_NONE
from benchmarks.stats.accuracy import top1_agreement

CALIBRATION, TRAINING = "calibration", "training"
FOLDERS = (Path("runs"), Path("pretrained"))
# Names shared with training, which this package doesn't import: a run directory is a file format.
_SPEC, _METRICS = "model_spec.json", "metrics.json"
REPETITIONS = "repetitions.json"
"""File in a run directory that is published alone: results of trainings that differ from it in the seed alone."""
_NOT_THE_RECIPE = ("seed", "name", "runs", "resume", "tensorboard")  # settings that may differ in a repetition


@dataclass(frozen=True, slots=True)
class Repetition:
    """Result of one of several trainings that differ in the seed alone, and of its int8 file."""

    seed: int
    dataset: str
    images: int
    top1: float
    """Accuracy of the network in Keras, 0-1."""
    int8_top1: float
    """Accuracy of its int8 file, 0-1."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """Origin of a network."""

    name: str
    seed: int
    recipe: str
    """Settings without the seed, as JSON."""
    repetitions: tuple[Repetition, ...] = ()
    """This training and those that differ in the seed alone, by seed; empty where none are recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedGroup:
    """Rows, or recorded trainings, that differ in a seed alone."""

    kind: str
    """CALIBRATION or TRAINING."""
    name: str
    rows: tuple[str, ...]
    seeds: tuple[int, ...]
    dataset: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Test set of recorded trainings; likewise the number of images, and the results of their int8 files."""
    images: int | None = field(default=None, metadata=ABSENT_IF_NONE)
    top1: tuple[float, ...]
    """Accuracy by seed, 0-1."""
    range_pp: float
    """Largest less smallest `top1`, percentage points."""
    least_agreement: float | None
    """Smallest share of equal predictions of any two; None where only accuracies are recorded."""
    int8_top1: tuple[float, ...] | None = field(default=None, metadata=ABSENT_IF_NONE)
    int8_loss_pp: tuple[float, ...] | None = field(default=None, metadata=ABSENT_IF_NONE)


def seed_groups(rows: Sequence[Row], runs: Mapping[str, TrainingRun]) -> tuple[SeedGroup, ...]:
    """Group the rows that differ in a seed alone, at least two seeds each, calibration's first and training's apart.

    Trainings that a run directory records are a group too; `runs` holds each by the SHA-256 of its Keras file.
    """
    calibrations: dict[tuple[Any, ...], dict[int, Row]] = {}
    trainings: dict[tuple[Any, ...], dict[int, Row]] = {}
    recorded: dict[str, list[Row]] = {}
    for row in rows:
        if not row.predictions:
            continue
        source, manifest = row.source_sha256 or "", row.calibration
        if manifest and manifest.seed is not None and source:
            key = (source, row.format, row.quantization, row.runtime, manifest.dataset, manifest.count)
            calibrations.setdefault(key, {}).setdefault(manifest.seed, row)
        run = runs.get(source)
        if run and row.quantization == "none":
            trainings.setdefault((run.recipe, row.format, row.runtime), {}).setdefault(run.seed, row)
        if run and len(run.repetitions) > 1:
            recorded.setdefault(source, []).append(row)
    return (
        *(_group(CALIBRATION, members) for members in calibrations.values() if len(members) > 1),
        *(_group(TRAINING, members) for members in trainings.values() if len(members) > 1),
        *(_recorded_group(runs[source], members) for source, members in recorded.items()),
    )


def _group(kind: str, members: Mapping[int, Row]) -> SeedGroup:
    seeds = sorted(members)
    rows = [members[seed] for seed in seeds]
    right = [known(row.right) for row in rows]
    predictions = [row.predictions for row in rows]
    return SeedGroup(
        kind=kind,
        name=rows[0].title,
        rows=tuple(row.id for row in rows),
        seeds=tuple(seeds),
        top1=tuple(known(row.top1_accuracy) for row in rows),
        range_pp=100 * (max(right) - min(right)) / len(predictions[0]),
        least_agreement=min(top1_agreement(first, second) for first, second in combinations(predictions, 2)),
    )


def _recorded_group(run: TrainingRun, rows: Sequence[Row]) -> SeedGroup:
    top1 = [repetition.top1 for repetition in run.repetitions]
    return SeedGroup(
        kind=TRAINING,
        name=run.name,
        rows=tuple(row.id for row in rows),
        seeds=tuple(repetition.seed for repetition in run.repetitions),
        dataset=run.repetitions[0].dataset,
        images=run.repetitions[0].images,
        top1=tuple(top1),
        range_pp=_points(max(top1) - min(top1)),
        least_agreement=None,
        int8_top1=tuple(repetition.int8_top1 for repetition in run.repetitions),
        int8_loss_pp=tuple(_points(repetition.top1 - repetition.int8_top1) for repetition in run.repetitions),
    )


def _points(share: float) -> float:
    """Return percentage points, without the rounding errors of a difference of shares."""
    return round(100 * share, 6)


def seed_sentence(group: SeedGroup) -> str:
    """Say how far apart the members of a group are, with a full stop."""
    seeds = ", ".join(map(str, group.seeds))
    spread = f"{_range(group.top1)} right, {group.range_pp:.2f} points apart"
    if group.kind == CALIBRATION:
        return (
            f"Calibration noise: {group.name}, quantized with the calibration seeds {seeds}: {spread}; the predictions "
            f"agree on {group.least_agreement:.2%} of the images or more."
        )
    if group.int8_top1 is None or group.int8_loss_pp is None:
        return f"Training noise, another thing: {group.name}, trained with the seeds {seeds}: {spread}."
    losses = ", ".join(f"{loss + 0.0:.2f}" for loss in group.int8_loss_pp)
    return (
        f"Training noise, another thing: {group.name}, trained with the seeds {seeds} and exported each time, on "
        f"{group.images:,} images of {group.dataset}: in Keras {spread}; as int8 {_range(group.int8_top1)} right. "
        f"Int8 cost {losses} points, in this order."
    )


def _range(shares: Sequence[float]) -> str:
    return f"{min(shares):.2%} to {max(shares):.2%}"


def read_training_runs(folders: Iterable[Path] = FOLDERS) -> dict[str, TrainingRun]:
    """Read all run directories in some folders, by the SHA-256 of their Keras file; unreadable ones are left out."""
    runs = [run for folder in folders for spec in sorted(folder.glob(f"*/{_SPEC}")) if (run := _read(spec.parent))]
    settings = {run.name: metrics["config"] for run, _, metrics in runs}
    return {
        source: TrainingRun(
            run.name,
            int(metrics["config"]["seed"]),
            json.dumps([_recipe(metrics["config"], settings), metrics.get("preset")], sort_keys=True),
            _repetitions(run),
        )
        for run, source, metrics in runs
    }


def _read(run: Path) -> tuple[Path, str, dict[str, Any]] | None:
    """Read a run directory; None for an interrupted or a foreign one, whose training the report then leaves out."""
    try:
        source = json.loads((run / _SPEC).read_text(encoding="utf-8"))["provenance"]["source_sha256"]
        metrics = json.loads((run / _METRICS).read_text(encoding="utf-8"))
        int(metrics["config"]["seed"])
        return run, source, metrics
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _recipe(config: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings but for the seed; the run that a training starts from is replaced by its own settings."""
    recipe = {name: value for name, value in config.items() if value is not None and name not in _NOT_THE_RECIPE}
    others = {name: other for name, other in settings.items() if other is not config}  # runs/edge on pretrained/edge
    first = others.get(Path(config.get("initial") or "").name)
    return recipe | {"initial": _recipe(first, others)} if first else recipe


def _repetitions(run: Path) -> tuple[Repetition, ...]:
    try:
        records = json.loads((run / REPETITIONS).read_text(encoding="utf-8"))
        return tuple(sorted((Repetition(**record) for record in records), key=lambda repetition: repetition.seed))
    except (OSError, ValueError, TypeError):
        return ()
