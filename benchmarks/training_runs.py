"""Which training a Keras file came from: the run directories beside the artifacts, read as files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDERS = (Path("runs"), Path("pretrained"))
# Names shared with training, which this package doesn't import: a run directory is a file format.
_SPEC, _METRICS = "model_spec.json", "metrics.json"
_NOT_THE_RECIPE = ("seed", "name", "runs", "resume", "tensorboard")  # of the settings: what may differ in a repetition


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What a network was trained with."""

    name: str
    seed: int
    recipe: str
    """The settings without the seed, as JSON: equal ones were trained alike."""


def read_training_runs(folders: Iterable[Path] = FOLDERS) -> dict[str, TrainingRun]:
    """Read all run directories in some folders; those that can't be read are left out.

    Returns:
        SHA-256 of the Keras file -> its training.
    """
    specs = sorted(path for folder in folders for path in folder.glob(f"*/{_SPEC}"))
    return dict(filter(None, map(_read, specs)))


def _read(spec: Path) -> tuple[str, TrainingRun] | None:
    """None for an interrupted or a foreign run: the report then says nothing of its training."""
    try:
        source = json.loads(spec.read_text(encoding="utf-8"))["provenance"]["source_sha256"]
        metrics = json.loads((spec.parent / _METRICS).read_text(encoding="utf-8"))
        settings = {name: value for name, value in metrics["config"].items() if name not in _NOT_THE_RECIPE}
        recipe = json.dumps([settings, metrics["preset"]], sort_keys=True)
        return source, TrainingRun(spec.parent.name, int(metrics["config"]["seed"]), recipe)
    except (OSError, ValueError, KeyError, TypeError):
        return None
