"""Damaged and forged model files against the runner: none may crash it, hang it or flood the memory."""

from __future__ import annotations

import argparse
import collections
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.hardening.figures import Figure, finish
from benchmarks.hardening.model_worker import FLOODED, LOADED, MOST_CHARACTERS, REFUSED, UNEXPECTED, work
from benchmarks.hardening.mutations import load_original, mutant
from edge import atomic, console
from edge.artifact import default_model
from edge.errors import EXIT_DONE, EXIT_ERROR, ModelFileError

NAME = "models"
FORMATS = ("tflite", "onnx")
CRASHED, HUNG = "crashed", "hung"
_DIED = (CRASHED, HUNG, FLOODED)
_MAY_PASS = (HUNG, FLOODED)  # counts if it happens twice
_FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
_HANG_S = 5.0
_MOST_MB = 512.0
_FILES_A_WORKER = 500  # what a library leaves behind of refused files doesn't add up for ever
_START_ALLOWANCE_S = 10.0  # of Python and its libraries, on a busy machine; a hang of 5 s comes on top

_EPILOG = """examples:
  python -m benchmarks.hardening models --count 10000 --seed 0
  python -m benchmarks.hardening models --count 1000 --format onnx --model mine.onnx --corpus crashes/

Forging ONNX files needs the extra export. exit codes: 0 every promise is held, 1 error, 2 wrong call, 3 one is not held
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one file came to."""

    format: str
    number: int
    kind: str
    outcome: str
    """loaded, refused, unexpected; crashed, hung or flooded: the process that stands for the trial."""
    sentence: str = ""
    seconds: float = 0.0
    grown_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """What `edge-classify` itself made of a file."""

    code: int
    """Below 0: the signal that ended it."""
    sentence: str
    seconds: float
    peak_mb: float

    @property
    def is_good(self) -> bool:
        """Whether it worked, or ended as promised: exit code 1 and one line."""
        if self.code == EXIT_DONE:
            return True
        one_line = self.sentence.startswith("error: ") and "\n" not in self.sentence
        is_clear = one_line and len(self.sentence) <= MOST_CHARACTERS and "unexpected" not in self.sentence[:20]
        return self.code == EXIT_ERROR and is_clear


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = argparse.ArgumentParser(
        prog=f"python -m benchmarks.hardening {NAME}", description=__doc__, epilog=_EPILOG,
        formatter_class=console.HelpFormatter,
    )  # fmt: skip
    flags.add_argument("--count", type=console.positive_int, default=10_000, metavar="N", help="files of each format")
    flags.add_argument("--seed", type=console.natural, default=0, help="of the files")
    flags.add_argument("--format", choices=FORMATS, action="append", dest="formats", help="only this one")
    flags.add_argument("--model", type=Path, action="append", default=[], metavar="FILE",
                       help="a good file to begin with (default: the built-in one and the tests' own)")  # fmt: skip
    flags.add_argument("--sample", type=console.positive_int, default=97, metavar="N",
                       help="let edge-classify itself try every Nth file too")  # fmt: skip
    flags.add_argument("--corpus", type=Path, metavar="DIR", help="keep what crashed or hung a library here")
    flags.add_argument("--out", type=Path, metavar="FILE", help="of the figures (default: in reports/)")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Attack; print the figures and write them."""
    arguments = list(sys.argv[2:] if argv is None else argv)
    options = parser().parse_args(arguments)
    console.start_logging(options)
    with tempfile.TemporaryDirectory() as folder:
        figures, details = [], []
        for file_format in options.formats or FORMATS:
            originals = _originals(file_format, options.model)
            found = attack(originals, seed=options.seed, count=options.count, folder=Path(folder))
            runs = rerun(found, originals, options=options, folder=Path(folder))
            figures += summary(file_format, found, runs)
            details += _details(found, runs)
    finish(NAME, figures, arguments=arguments, settings={"count": options.count, "sample": options.sample},
           seed=options.seed, out=options.out, details=details)  # fmt: skip
    return EXIT_DONE


def attack(originals: Sequence[Path], *, seed: int, count: int, folder: Path) -> list[Tried]:
    """Load every file in worker processes; one that dies or hangs is replaced by another.

    Args:
        originals: good files of one format.
        seed: of the files.
        count: of the files.
        folder: for the files.
    """
    found: list[Tried] = []
    while len(found) < count:
        numbers = range(len(found), min(len(found) + _FILES_A_WORKER, count))
        found += _load_in_worker(originals, seed, numbers, folder)
        if found[-1].outcome in _MAY_PASS:  # a busy machine, or what a library has kept of the files before
            number = found.pop().number
            found += _load_in_worker(originals, seed, range(number, number + 1), folder)
    return found


def _load_in_worker(originals: Sequence[Path], seed: int, numbers: range, folder: Path) -> Iterator[Tried]:
    """What the files came to, up to the one that ends the worker."""
    file_format = originals[0].suffix[1:]
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    worker = context.Process(target=work, args=(theirs, originals, seed, numbers, folder), daemon=True)
    worker.start()
    theirs.close()
    begun: tuple[int, str] | None = None
    try:
        while mine.poll(_HANG_S + (0 if begun else 60)):
            message = mine.recv()
            if message is None:
                return
            if len(message) == 2:
                begun = message
                continue
            begun = None
            yield Tried(file_format, *message)
        outcome, sentence = HUNG, f"no answer within {_HANG_S:.0f} s"
    except (EOFError, ConnectionError):
        worker.join()
        outcome, sentence = CRASHED, f"signal {-(worker.exitcode or 0)}"
    finally:
        worker.kill()
        worker.join()
        mine.close()
    if begun is None:
        raise ModelFileError(f"the worker process ended between two files ({sentence}): it can't be attacked here")
    yield Tried(file_format, *begun, outcome, sentence)


def rerun(
    found: Sequence[Tried], originals: Sequence[Path], *, options: argparse.Namespace, folder: Path
) -> dict[int, Run]:
    """Let `edge-classify` itself try what a library did not survive, what ended unexpectedly, and a sample."""
    files = [load_original(path) for path in originals]
    runs = {}
    for tried in found:
        is_bad = tried.outcome not in (LOADED, REFUSED)
        if not is_bad and tried.number % options.sample:
            continue
        _, content = mutant(files, seed=options.seed, number=tried.number)
        path = folder / f"again.{tried.format}"
        path.write_bytes(content)
        runs[tried.number] = run_runner(path, folder)
        if options.corpus and is_bad:
            name = f"{tried.outcome}_{tried.kind.replace(' ', '_')}_{tried.number}.{tried.format}"
            atomic.write_bytes(options.corpus / name, content)
    return runs


def run_runner(path: Path, folder: Path) -> Run:
    """Run `edge-classify` on a file, as a user would who has never done so before."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        command = [sys.executable, "-m", "edge.cli", "--model", str(path), "--max-frames", "1", "--quiet"]
        environment = {**os.environ, "XDG_CACHE_HOME": cache, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              errors="replace", env=environment) as child:  # fmt: skip
            try:
                _, said = child.communicate(timeout=_HANG_S + _START_ALLOWANCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                said = "hangs"
    seconds = time.perf_counter() - started
    # The most that any child of this process took so far, which has the trial's child in it.
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    return Run(child.returncode, said.strip(), seconds, peak_mb)


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
        Figure("refused with a sentence", outcomes[REFUSED]),
        Figure("loaded and answered", outcomes[LOADED]),
        Figure("passed every check, then crashed, hung or flooded the library: the trial caught it", len(died)),
        Figure("tried by edge-classify itself too", len(again)),
        Figure("of these, with another end than in the quick attack", disagree, limit=0),
        Figure("runner crashes", crashed, limit=0),
        Figure(f"runner hangs of more than {_HANG_S:.0f} s", hung, limit=0),
        Figure("unclear errors", unclear, limit=0),
        Figure("longest load", max(tried.seconds for tried in found), "s", limit=_HANG_S),
        Figure("most memory that a load took", max(tried.grown_mb for tried in found), "MB", limit=_MOST_MB),
        Figure("most memory of a run", max((run.peak_mb for _, run in again), default=0), "MB", limit=_MOST_MB),
    )
    return [replace(figure, what=f"{file_format}: {figure.what}") for figure in figures]


def _originals(file_format: str, models: Sequence[Path]) -> list[Path]:
    if models:
        found = [path for path in models if path.suffix == f".{file_format}"]
    else:
        shipped = [default_model()] if file_format == "tflite" else []
        found = [*sorted(_FIXTURES.glob(f"tiny_*.{file_format}")), *shipped]
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
