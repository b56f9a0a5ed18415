"""`python -m train.compare runs/*`: a Markdown table of runs, made from their metrics.json."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from edge.artifact.file import read_artifact
from edge.artifact.spec import ModelSpec
from edge.cli import console
from edge.errors import RunError
from train.config import PRESETS, TrainConfig, config_from_json, overridable, preset_for

_METRICS = "metrics.json"


@dataclass(frozen=True, slots=True)
class Run:
    """Result of a run, from its metrics.json and its int8 file; accuracies and shares 0-1, None if unknown."""

    config: TrainConfig
    foreign_settings: str
    """Settings that this version doesn't have, JSON."""
    epochs: int
    parameters: int
    validation_accuracy: float
    test_accuracy: float
    duration_s: float
    device: str
    photographs_accuracy: float | None = None
    unknown_rejected: float | None = None
    int8_accuracy: float | None = None
    int8_agreement: float | None = None


_COLUMNS: tuple[tuple[str, str, Callable[[Run], str]], ...] = (
    ("run", "---", lambda run: str(run.config.name)),
    ("preset", "---", lambda run: preset_for(run.config).name),
    ("overrides", "---", lambda run: _overrides(run.config)),
    ("parameters", "--:", lambda run: f"{run.parameters:,}"),
    ("epochs", "--:", lambda run: str(run.epochs)),
    ("teacher", "---", lambda run: _teacher(run.config)),
    ("validation %", "--:", lambda run: _percent(run.validation_accuracy)),
    ("test %", "--:", lambda run: _percent(run.test_accuracy)),
    ("int8 %", "--:", lambda run: _percent(run.int8_accuracy)),
    ("int8 agrees %", "--:", lambda run: _percent(run.int8_agreement)),
    ("photographs %", "--:", lambda run: _percent(run.photographs_accuracy)),
    ("unknown rejected %", "--:", lambda run: _percent(run.unknown_rejected)),
    ("seed", "--:", lambda run: str(run.config.seed)),
    ("minutes", "--:", lambda run: f"{run.duration_s / 60:.1f}"),
    ("device", "---", lambda run: run.device),
)


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m train.compare",
        description="Print a Markdown table of runs, the best on validation images first.",
    )
    flags.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run directory, or a metrics.json")
    flags.add_argument("--exported", nargs="+", type=Path, default=[], metavar="FILE",
                       help="int8 .tflite files of these runs, for their accuracy")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Print the table of the runs, and the spread over seeds."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    exported = [_specification(path).provenance for path in options.exported]
    parities = {provenance.run_name: provenance.parity for provenance in exported}
    runs = [_with_parity(_read(path), parities) for path in options.runs]
    print(*table(runs), sep="\n")
    for sentence in seed_ranges(runs):
        print(f"\n{sentence}")
    return 0


def table(runs: Sequence[Run]) -> list[str]:
    """Return the lines of a Markdown table, the best validation accuracy first."""
    ordered = sorted(runs, key=lambda run: -run.validation_accuracy)
    rows = [
        [heading for heading, _, _ in _COLUMNS],
        [rule for _, rule, _ in _COLUMNS],
        *([show(run) for _, _, show in _COLUMNS] for run in ordered),
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def seed_ranges(runs: Sequence[Run]) -> list[str]:
    """Return a sentence with the range of accuracies for each group of runs that differ in their seed alone."""
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(_but_for_seed(run, runs), []).append(run)
    return [_range_sentence(group) for group in groups.values() if len({run.config.seed for run in group}) > 1]


def _but_for_seed(run: Run, known: Sequence[Run]) -> tuple[object, ...]:
    """Return the settings of a run without its seed, then those of the run it begins with, if that is known."""
    others = [other for other in known if other is not run]  # runs/edge on pretrained/edge
    begin = Path(run.config.initial or "").name
    first = next((other for other in reversed(others) if other.config.name == begin), None)
    initial = None if first else run.config.initial
    config = replace(run.config, seed=0, name=None, runs=Path(), resume=False, initial=initial)
    return (config, run.foreign_settings, *(_but_for_seed(first, others) if first else ()))


def _range_sentence(group: Sequence[Run]) -> str:
    first, *others = sorted(group, key=lambda run: run.config.seed)
    seeds = ", ".join(str(run.config.seed) for run in (first, *others))
    ranges = [f"test {_range([run.test_accuracy for run in group])}"]
    exported = [run.int8_accuracy for run in group if run.int8_accuracy is not None]
    if len(exported) == len(group):
        ranges.append(f"int8 {_range(exported)}")
    return f"{first.config.name} with the seeds {seeds}: {', '.join(ranges)}."


def _range(shares: Sequence[float]) -> str:
    return f"{_percent(min(shares))} to {_percent(max(shares))} %"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}"


def _specification(path: Path) -> ModelSpec:
    specification = read_artifact(path).spec
    if specification is None:
        raise RunError(f"{path} carries no specification: expected a file that `python -m export.tflite` made")
    return specification


def _with_parity(run: Run, parities: Mapping[str, Mapping[str, float]]) -> Run:
    parity = parities.get(str(run.config.name), {})
    return replace(run, int8_accuracy=parity.get("top1_accuracy"), int8_agreement=parity.get("top1_agreement"))


def _overrides(config: TrainConfig) -> str:
    preset = PRESETS[preset_for(config).name]
    values = {name: getattr(config, name) for name in overridable() if name != "epochs"}
    # Runs of earlier versions hold the size of the input, whether it was chosen or not.
    values = {name: value for name, value in values.items() if value != getattr(preset, name)}
    if config.split_seed != config.seed:
        values["split_seed"] = config.split_seed
    if config.extra_data:
        values["extra_data"] = " and ".join(path.stem for path in config.extra_data)
        values["extra_data_share"] = config.extra_data_share
    if config.initial:
        values["begins with"] = config.initial.name
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _teacher(config: TrainConfig) -> str:
    if not config.teacher:
        return ""
    return f"{config.teacher.name} (T {config.distillation_temperature:g}, weight {config.distillation_weight:g})"


def _read(path: Path) -> Run:
    file = path / _METRICS if path.is_dir() else path
    try:
        return run_from(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{file} can't be read ({error!r}): expected a run directory that `python -m train` made"
        ) from error


def run_from(metrics: Mapping[str, Any]) -> Run:
    """Return the run that a metrics.json describes; older versions lack some keys.

    Raises:
        KeyError, TypeError, AttributeError: it describes none.
    """
    config, evaluation = metrics["config"], metrics.get("ood_evaluation") or {}
    known = {field.name for field in fields(TrainConfig)}
    foreign = {name: value for name, value in config.items() if name not in known and value is not None}
    return Run(
        config=config_from_json(config),
        foreign_settings=json.dumps(foreign, sort_keys=True),
        epochs=(metrics.get("preset") or config)["epochs"],
        parameters=metrics["parameters"],
        validation_accuracy=float(metrics["validation_top1_accuracy"]),
        test_accuracy=float(metrics["test_top1_accuracy"]),
        duration_s=metrics["duration_s"],
        device=metrics["device"],
        photographs_accuracy=evaluation.get("top1_accuracy"),
        unknown_rejected=evaluation.get("separations", {}).get(evaluation.get("score"), {}).get("unknown_rejected"),
    )


if __name__ == "__main__":
    console.run(main)
