"""Damaged and forged model files against the runner: none may crash it, hang it or flood the memory."""

from __future__ import annotations

import argparse
import collections
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.artifact.file import default_model
from edge.cli import console
from edge.errors import EXIT_DONE, ModelFileError
from tests.hardening.attack_command import attack_parser
from tests.hardening.figures import AttackResult, Figure
from tests.hardening.malformed_models.attack import CRASHED, HANG_S, HUNG, Run, Tried, attack, rerun
from tests.hardening.malformed_models.worker import FLOODED, LOADED, REFUSED, UNEXPECTED

FORMATS = ("tflite", "onnx")
CAUGHT = "crashed, hung or flooded the library: the child process catches it"
OTHER_END = "of these, with another end than in the quick attack"
PEAK = "most memory of a run"
_DIED = (CRASHED, HUNG, FLOODED)
_FIXTURES = Path(__file__).parents[3] / "tests" / "fixtures"
_MOST_MB = 512.0

_EPILOG = """examples:
  python -m tests.hardening models --count 10000 --seed 0
  python -m tests.hardening models --count 1000 --format onnx --model mine.onnx --corpus crashes/

Forging ONNX files needs the extra export.
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = attack_parser("models", __doc__, seed_of="the files", epilog=_EPILOG)
    flags.add_argument("--count", type=console.positive_int, default=10_000, metavar="N", help="files of each format")
    flags.add_argument("--format", choices=FORMATS, action="append", dest="formats", help="only this one")
    flags.add_argument("--model", type=Path, action="append", default=[], metavar="FILE",
                       help="a good file to begin with (default: the built-in one and the tests' own)")  # fmt: skip
    flags.add_argument("--sample", type=console.positive_int, default=97, metavar="N",
                       help="let edge-classify itself try every Nth file too")  # fmt: skip
    flags.add_argument("--corpus", type=Path, metavar="DIR", help="folder for the files that crashed or hung a library")
    return flags


def measure(options: argparse.Namespace) -> AttackResult:
    """Load forged files of each format."""
    with tempfile.TemporaryDirectory() as folder:
        figures, details = [], []
        for file_format in options.formats or FORMATS:
            originals = _originals(file_format, options.model)
            found = attack(originals, seed=options.seed, count=options.count, folder=Path(folder))
            runs = rerun(found, originals, seed=options.seed, sample=options.sample, corpus=options.corpus,
                         folder=Path(folder))  # fmt: skip
            figures += summary(file_format, found, runs)
            details += _details(found, runs)
    return AttackResult(figures, {"count": options.count, "sample": options.sample}, details)


def summary(file_format: str, found: Sequence[Tried], runs: dict[int, Run]) -> list[Figure]:
    """The figures of one format."""
    outcomes = collections.Counter(tried.outcome for tried in found)
    died = [tried for tried in found if tried.outcome in _DIED]
    again = [(tried, runs[tried.number]) for tried in found if tried.number in runs]
    disagree = sum((tried.outcome == LOADED) != (run.code == EXIT_DONE) for tried, run in again if tried not in died)
    hung = sum(run.sentence == "hangs" for _, run in again)
    crashed = sum(run.code < 0 and run.sentence != "hangs" for _, run in again)
    unclear = outcomes[UNEXPECTED] + sum(not run.is_good for _, run in again if run.code >= 0)
    figures = (
        Figure("files", len(found)),
        Figure("refused with an error", outcomes[REFUSED]),
        Figure("loaded and answered", outcomes[LOADED]),
        Figure(CAUGHT, len(died)),
        Figure("tried by edge-classify itself too", len(again)),
        Figure(OTHER_END, disagree, limit=0),
        Figure("runner crashes", crashed, limit=0),
        Figure("runner hangs", hung, limit=0),
        Figure("unclear errors", unclear, limit=0),
        Figure("longest load, processor time", max(tried.seconds for tried in found), "s", limit=HANG_S),
        Figure("most memory that a load took", max(tried.grown_mb for tried in found), "MB", limit=_MOST_MB),
        Figure(PEAK, max((run.peak_mb for _, run in again), default=0), "MB", limit=_MOST_MB),
    )
    return [replace(figure, what=f"{file_format}: {figure.what}") for figure in figures]


def _originals(file_format: str, models: Sequence[Path]) -> list[Path]:
    if models:
        found = [path for path in models if path.suffix == f".{file_format}"]
    else:
        shipped = [default_model()] if file_format == "tflite" else []
        found = [*sorted(_FIXTURES.glob(f"*.{file_format}")), *shipped]
    if not found:
        raise ModelFileError(f"no {file_format} file to begin with: name one with --model")
    return found


def _details(found: Sequence[Tried], runs: dict[int, Run]) -> list[dict[str, Any]]:
    """One object for each kind of file, and one for each that a library did not survive."""
    kinds: dict[tuple[str, str], collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for tried in found:
        kinds[tried.format, tried.kind][tried.outcome] += 1
    rows: list[dict[str, Any]] = [
        {"format": file_format, "kind": kind, **counts} for (file_format, kind), counts in sorted(kinds.items())
    ]
    rows += [
        {"format": tried.format, "kind": tried.kind, "number": tried.number, "outcome": tried.outcome,
         "sentence": json.dumps(tried.sentence), "runner": runs[tried.number].code}
        for tried in found if tried.outcome not in (LOADED, REFUSED)
    ]  # fmt: skip
    return rows
