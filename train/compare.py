"""`python -m train.compare runs/*`: what was tried, as a Markdown table made from the runs' metrics.json."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edge import console
from edge.errors import RunError
from train.presets import overridable

_METRICS = "metrics.json"
_COLUMNS: tuple[tuple[str, str, Callable[[dict[str, Any]], str]], ...] = (
    ("run", "---", lambda run: run["config"]["name"]),
    ("preset", "---", lambda run: run["config"]["preset"]),
    ("in place of what it says", "---", lambda run: _overrides(run["config"])),
    ("parameters", "--:", lambda run: f"{run['parameters']:,}"),
    ("epochs", "--:", lambda run: str(run.get("preset", run["config"])["epochs"])),
    ("teacher", "---", lambda run: _teacher(run["config"])),
    ("validation %", "--:", lambda run: f"{100 * run['validation_top1_accuracy']:.2f}"),
    ("test %", "--:", lambda run: f"{100 * run['test_top1_accuracy']:.2f}"),
    ("seed", "--:", lambda run: str(run["config"]["seed"])),
    ("minutes", "--:", lambda run: f"{run['duration_s'] / 60:.1f}"),
    ("device", "---", lambda run: run["device"]),
)


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = argparse.ArgumentParser(
        prog="python -m train.compare",
        description="Print a Markdown table of runs, the best on validation images first.",
        formatter_class=console.HelpFormatter,
    )
    flags.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run directory, or a metrics.json")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Print the table of some runs."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    for line in table([_read(path) for path in options.runs]):
        print(line)
    return 0


def table(runs: Sequence[dict[str, Any]]) -> list[str]:
    """The lines of a Markdown table, the best validation accuracy first.

    Args:
        runs: what their metrics.json hold.
    """
    ordered = sorted(runs, key=lambda run: -float(run["validation_top1_accuracy"]))
    rows = [
        [heading for heading, _, _ in _COLUMNS],
        [rule for _, rule, _ in _COLUMNS],
        *([show(run) for _, _, show in _COLUMNS] for run in ordered),
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def _overrides(config: dict[str, Any]) -> str:
    asked = {name: config.get(name) for name in overridable() if name != "epochs"}
    return ", ".join(f"{name} {value}" for name, value in asked.items() if value is not None)


def _teacher(config: dict[str, Any]) -> str:
    teacher = config.get("teacher")
    if not teacher:
        return ""
    temperature, weight = config["distillation_temperature"], config["distillation_weight"]
    return f"{Path(teacher).name} (T {temperature:g}, weight {weight:g})"


def _read(path: Path) -> dict[str, Any]:
    file = path / _METRICS if path.is_dir() else path
    try:
        metrics: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if {"config", "validation_top1_accuracy", "test_top1_accuracy"} - metrics.keys():
            raise ValueError("it is no run's")
    except (OSError, ValueError) as error:
        raise RunError(
            f"{file} can't be read ({error}): expected a run directory that `python -m train` made"
        ) from error
    return metrics


if __name__ == "__main__":
    console.run(main)
