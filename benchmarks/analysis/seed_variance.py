"""How far variants lie apart that differ in nothing but a seed: of the calibration images, or of the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from benchmarks.analysis.quantization_loss import answered
from benchmarks.analysis.rows import Row
from benchmarks.analysis.training_runs import TrainingRun
from benchmarks.stats.accuracy import top1_agreement

CALIBRATION, TRAINING = "calibration", "training"


def find_noise(rows: Sequence[Row], runs: Mapping[str, TrainingRun]) -> list[dict[str, Any]]:
    """Group the rows that differ in a seed alone, calibration's first; the two kinds are never mixed.

    Of trainings whose like isn't here, what their run directory tells of it is a group too.

    Args:
        rows: all rows of a report.
        runs: SHA-256 of a Keras file -> its training.

    Returns:
        One JSON object a group of at least two seeds: kind, rows, seeds, top1, range_pp, least_agreement (None where
        only accuracies are told); of what is told also images, dataset, int8_top1 and int8_loss_pp.
    """
    known = list(answered(rows))
    return [*_calibration_groups(known), *_training_groups(known, runs), *_told_groups(known, runs)]


def noise_sentence(group: dict[str, Any]) -> str:
    """Say how far the members of a group lie apart, with a full stop."""
    seeds = ", ".join(map(str, group["seeds"]))
    span = f"{_range(group['top1'])} right, {group['range_pp']:.2f} points apart"
    if group["kind"] == CALIBRATION:
        return (
            f"Calibration noise: {group['name']}, quantized with the calibration seeds {seeds}: {span}; the answers "
            f"agree on {group['least_agreement']:.2%} of the images or more."
        )
    if "int8_top1" not in group:
        return f"Training noise, another thing: {group['name']}, trained with the seeds {seeds}: {span}."
    losses = ", ".join(f"{loss + 0.0:.2f}" for loss in group["int8_loss_pp"])
    return (
        f"Training noise, another thing: {group['name']}, trained with the seeds {seeds} and exported each time, on "
        f"{group['images']:,} images of {group['dataset']}: in Keras {span}; as int8 {_range(group['int8_top1'])} "
        f"right. Int8 cost {losses} points, in this order."
    )


def _calibration_groups(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Of one Keras file, format, mode, runtime, data set and count of calibration images: another seed each."""
    groups: dict[tuple[Any, ...], dict[int, Row]] = {}
    for row in rows:
        manifest = row.get("calibration")
        if manifest and row["source_sha256"]:
            key = (row["source_sha256"], row["format"], row["quantization"], row["runtime"],
                   manifest.get("dataset"), manifest.get("count"))  # fmt: skip
            groups.setdefault(key, {}).setdefault(manifest["seed"], row)
    return [_group(CALIBRATION, members) for members in groups.values() if len(members) > 1]


def _training_groups(rows: Sequence[Row], runs: Mapping[str, TrainingRun]) -> list[dict[str, Any]]:
    """The float files of one format and runtime whose trainings had the same settings: another seed each."""
    groups: dict[tuple[str, ...], dict[int, Row]] = {}
    for row in rows:
        run = runs.get(row["source_sha256"])
        if run and row["quantization"] == "none":
            groups.setdefault((run.recipe, row["format"], row["runtime"]), {}).setdefault(run.seed, row)
    return [_group(TRAINING, members) for members in groups.values() if len(members) > 1]


def _told_groups(rows: Sequence[Row], runs: Mapping[str, TrainingRun]) -> list[dict[str, Any]]:
    """Of each training that a row came from, where its run directory tells of others with the same settings."""
    sources = dict.fromkeys(row["source_sha256"] for row in rows)
    told = {source: runs[source] for source in sources if source in runs and len(runs[source].repetitions) > 1}
    return [_told(run, [row["id"] for row in rows if row["source_sha256"] == source]) for source, run in told.items()]


def _told(run: TrainingRun, rows: list[str]) -> dict[str, Any]:
    top1 = [one.top1 for one in run.repetitions]
    return {
        "kind": TRAINING,
        "name": run.name,
        "rows": rows,
        "seeds": [one.seed for one in run.repetitions],
        "dataset": run.repetitions[0].dataset,
        "images": run.repetitions[0].images,
        "top1": top1,
        "range_pp": _points(max(top1) - min(top1)),
        "least_agreement": None,
        "int8_top1": [one.int8_top1 for one in run.repetitions],
        "int8_loss_pp": [_points(one.top1 - one.int8_top1) for one in run.repetitions],
    }


def _points(share: float) -> float:
    """Percentage points, without the rounding errors of a difference of shares."""
    return round(100 * share, 6)


def _range(shares: Sequence[float]) -> str:
    return f"{min(shares):.2%} to {max(shares):.2%}"


def _group(kind: str, members: Mapping[int, Row]) -> dict[str, Any]:
    seeds = sorted(members)
    rows = [members[seed] for seed in seeds]
    right = [row["right"] for row in rows]
    answers = [row["raw"]["predictions"] for row in rows]
    return {
        "kind": kind,
        "name": f"{rows[0]['variant']} ({rows[0]['runtime']})",
        "rows": [row["id"] for row in rows],
        "seeds": seeds,
        "top1": [row["top1_accuracy"] for row in rows],
        "range_pp": 100 * (max(right) - min(right)) / len(answers[0]),
        "least_agreement": min(top1_agreement(one, other) for one, other in combinations(answers, 2)),
    }
