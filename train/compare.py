"""`python -m train.compare runs/*`: a Markdown table of runs, made from their metrics.json."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edge.artifact.file import read_artifact
from edge.artifact.spec import ModelSpec
from edge.cli import console
from edge.errors import RunError
from train.config import overridable

_METRICS = "metrics.json"
_PARITY = "parity"  # of a run's int8 file; no key of metrics.json
_NOT_CHOICES = ("seed", "name", "runs", "resume")  # fields in which runs with the same settings may differ
_Run = dict[str, Any]
_COLUMNS: tuple[tuple[str, str, Callable[[_Run], str]], ...] = (
    ("run", "---", lambda run: run["config"]["name"]),
    ("preset", "---", lambda run: run["config"]["preset"]),
    ("overrides", "---", lambda run: _overrides(run["config"])),
    ("parameters", "--:", lambda run: f"{run['parameters']:,}"),
    ("epochs", "--:", lambda run: str((run.get("preset") or run["config"])["epochs"])),
    ("teacher", "---", lambda run: _teacher(run["config"])),
    ("validation %", "--:", lambda run: _percent(run["validation_top1_accuracy"])),
    ("test %", "--:", lambda run: _percent(run["test_top1_accuracy"])),
    ("int8 %", "--:", lambda run: _percent(_at(run, _PARITY, "top1_accuracy"))),
    ("int8 agrees %", "--:", lambda run: _percent(_at(run, _PARITY, "top1_agreement"))),
    ("photographs %", "--:", lambda run: _percent(_at(run, "ood_evaluation", "top1_accuracy"))),
    ("unknown rejected %", "--:", lambda run: _percent(_unknown_rejected(run))),
    ("seed", "--:", lambda run: str(run["config"]["seed"])),
    ("minutes", "--:", lambda run: f"{run['duration_s'] / 60:.1f}"),
    ("device", "---", lambda run: run["device"]),
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
    runs = [_read(path) for path in options.runs]
    for specification in [_specification(path) for path in options.exported]:
        for run in runs:
            if run["config"]["name"] == specification.provenance.run_name:
                run[_PARITY] = specification.provenance.parity
    print(*table(runs), sep="\n")
    for sentence in seed_ranges(runs):
        print(f"\n{sentence}")
    return 0


def table(runs: Sequence[_Run]) -> list[str]:
    """Return the lines of a Markdown table, the best validation accuracy first."""
    ordered = sorted(runs, key=lambda run: -float(run["validation_top1_accuracy"]))
    rows = [
        [heading for heading, _, _ in _COLUMNS],
        [rule for _, rule, _ in _COLUMNS],
        *([show(run) for _, _, show in _COLUMNS] for run in ordered),
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def seed_ranges(runs: Sequence[_Run]) -> list[str]:
    """Return a sentence with the range of accuracies for each group of runs that differ in their seed alone."""
    known = {run["config"]["name"]: run["config"] for run in runs}
    groups: dict[str, list[_Run]] = {}
    for run in runs:
        groups.setdefault(json.dumps(_but_for_seed(run["config"], known), sort_keys=True), []).append(run)
    return [_range_sentence(group) for group in groups.values() if len({run["config"]["seed"] for run in group}) > 1]


def _but_for_seed(config: _Run, known: dict[str, _Run]) -> _Run:
    """Return the settings of a run without its seed; the run it begins with is replaced by that run's settings."""
    names = [name for name, value in config.items() if value is not None]  # older runs lack newer fields
    rest = {name: config[name] for name in names if name not in _NOT_CHOICES}
    others = {name: other for name, other in known.items() if other is not config}  # runs/edge on pretrained/edge
    first = others.get(Path(config.get("initial") or "").name)
    return rest | {"initial": _but_for_seed(first, others)} if first else rest


def _range_sentence(group: Sequence[_Run]) -> str:
    first, *others = sorted(group, key=lambda run: int(run["config"]["seed"]))
    seeds = ", ".join(str(run["config"]["seed"]) for run in (first, *others))
    ranges = [f"test {_range([run['test_top1_accuracy'] for run in group])}"]
    exported = [run[_PARITY]["top1_accuracy"] for run in group if _at(run, _PARITY)]
    if len(exported) == len(group):
        ranges.append(f"int8 {_range(exported)}")
    return f"{first['config']['name']} with the seeds {seeds}: {', '.join(ranges)}."


def _range(shares: Sequence[float]) -> str:
    return f"{_percent(min(shares))} to {_percent(max(shares))} %"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}"


def _at(run: _Run, *keys: str) -> Any:
    """Return a nested value, None where a key is missing."""
    value: Any = run
    for key in keys:
        value = (value or {}).get(key)
    return value


def _unknown_rejected(run: _Run) -> float | None:
    score = _at(run, "ood_evaluation", "score")
    share: float | None = _at(run, "ood_evaluation", "separations", score, "unknown_rejected")
    return share


def _specification(path: Path) -> ModelSpec:
    specification = read_artifact(path).spec
    if specification is None:
        raise RunError(f"{path} carries no specification: expected a file that `python -m export.tflite` made")
    return specification


def _overrides(config: _Run) -> str:
    values = {name: config.get(name) for name in overridable() if name != "epochs"}
    if config.get("extra_data"):
        values["extra_data"] = " and ".join(Path(path).stem for path in config["extra_data"])
        values["extra_data_share"] = config.get("extra_data_share")
    if config.get("initial"):
        values["begins with"] = Path(config["initial"]).name
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _teacher(config: _Run) -> str:
    teacher = config.get("teacher")
    if not teacher:
        return ""
    temperature, weight = config["distillation_temperature"], config["distillation_weight"]
    return f"{Path(teacher).name} (T {temperature:g}, weight {weight:g})"


def _read(path: Path) -> _Run:
    file = path / _METRICS if path.is_dir() else path
    try:
        metrics: _Run = json.loads(file.read_text(encoding="utf-8"))
        if {"config", "validation_top1_accuracy", "test_top1_accuracy"} - metrics.keys():
            raise ValueError("not the metrics of a run")
    except (OSError, ValueError) as error:
        raise RunError(
            f"{file} can't be read ({error}): expected a run directory that `python -m train` made"
        ) from error
    return metrics


if __name__ == "__main__":
    console.run(main)
