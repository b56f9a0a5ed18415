"""Which training a Keras file came from: the run directories beside the artifacts, read as files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDERS = (Path("runs"), Path("pretrained"))
# Names shared with training, which this package doesn't import: a run directory is a file format.
_SPEC, _METRICS = "model_spec.json", "metrics.json"
REPETITIONS = "repetitions.json"
"""In a run directory that is shown without its like: what trainings came to that differ from it in the seed alone."""
_NOT_THE_RECIPE = ("seed", "name", "runs", "resume", "tensorboard")  # of the settings: what may differ in a repetition


@dataclass(frozen=True, slots=True)
class Repetition:
    """What one of several trainings came to that differ in the seed alone, and its int8 file."""

    seed: int
    dataset: str
    images: int
    """Test images of `dataset` that both were counted on."""
    top1: float
    """Of the network in Keras, 0-1."""
    int8_top1: float
    """0-1."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What a network was trained with."""

    name: str
    seed: int
    recipe: str
    """The settings without the seed, as JSON: equal ones were trained alike."""
    repetitions: tuple[Repetition, ...] = ()
    """This training and those that differ in the seed alone, by seed; empty where none are told of."""


def read_training_runs(folders: Iterable[Path] = FOLDERS) -> dict[str, TrainingRun]:
    """Read all run directories in some folders; those that can't be read are left out.

    Returns:
        SHA-256 of the Keras file -> its training.
    """
    found = [read for folder in folders for spec in sorted(folder.glob(f"*/{_SPEC}")) if (read := _read(spec.parent))]
    settings = {run.name: metrics["config"] for run, _, metrics in found}
    return {
        source: TrainingRun(run.name, int(metrics["config"]["seed"]), _recipe(metrics, settings), _repetitions(run))
        for run, source, metrics in found
    }


def _read(run: Path) -> tuple[Path, str, dict[str, Any]] | None:
    """None for an interrupted or a foreign run: the report then says nothing of its training."""
    try:
        source = json.loads((run / _SPEC).read_text(encoding="utf-8"))["provenance"]["source_sha256"]
        metrics = json.loads((run / _METRICS).read_text(encoding="utf-8"))
        int(metrics["config"]["seed"])
        return run, source, metrics
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _recipe(metrics: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> str:
    return json.dumps([_but_for_seed(metrics["config"], settings), metrics.get("preset")], sort_keys=True)


def _but_for_seed(config: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a run was asked for; in place of the run it begins with, what that one was asked for."""
    asked = {name: value for name, value in config.items() if value is not None and name not in _NOT_THE_RECIPE}
    others = {name: other for name, other in settings.items() if other is not config}  # runs/edge on pretrained/edge
    first = others.get(Path(config.get("initial") or "").name)
    return asked | {"initial": _but_for_seed(first, others)} if first else asked


def _repetitions(run: Path) -> tuple[Repetition, ...]:
    try:
        told = json.loads((run / REPETITIONS).read_text(encoding="utf-8"))
        return tuple(sorted((Repetition(**one) for one in told), key=lambda one: one.seed))
    except (OSError, ValueError, TypeError):
        return ()
