"""How far variants lie apart that differ in nothing but a seed: of the calibration images, or of the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from benchmarks.accuracy import top1_agreement
from benchmarks.against_float import answered
from benchmarks.rows import Row
from benchmarks.training_runs import TrainingRun

CALIBRATION, TRAINING = "calibration", "training"


def find_noise(rows: Sequence[Row], runs: Mapping[str, TrainingRun]) -> list[dict[str, Any]]:
    """Group the rows that differ in a seed alone, calibration's first; the two kinds are never mixed.

    Args:
        rows: all rows of a report.
        runs: SHA-256 of a Keras file -> its training.

    Returns:
        One JSON object a group of at least two seeds: kind, rows, seeds, top1, range_pp, least_agreement.
    """
    known = list(answered(rows))
    return [*_calibration_groups(known), *_training_groups(known, runs)]


def noise_sentence(group: dict[str, Any]) -> str:
    """Say how far the members of a group lie apart, with a full stop."""
    seeds = ", ".join(map(str, group["seeds"]))
    span = f"{min(group['top1']):.2%} to {max(group['top1']):.2%} right, {group['range_pp']:.2f} points apart"
    if group["kind"] == CALIBRATION:
        return (
            f"Calibration noise: {group['name']}, quantized with the calibration seeds {seeds}: {span}; the answers "
            f"agree on {group['least_agreement']:.2%} of the images or more."
        )
    return f"Training noise, another thing: {group['name']}, trained with the seeds {seeds}: {span}."


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
