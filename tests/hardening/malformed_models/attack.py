"""Loads every file in a process that may die of it, and lets the runner itself try some of them again."""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import cv2

from edge.demo import draw_frame
from edge.errors import EXIT_DONE, EXIT_ERROR, ModelFileError
from edge.system import atomic_file
from tests.hardening.hang_watch import HangWatch
from tests.hardening.malformed_models.mutations import mutant
from tests.hardening.malformed_models.original import load_original
from tests.hardening.malformed_models.worker import FLOODED, LOADED, MOST_CHARACTERS, REFUSED, work

CRASHED, HUNG = "crashed", "hung"
HANG_S = 5.0  # of processor time
IDLE_S = 120.0  # without any; the runner waits up to a minute for its child process
_MAY_PASS = (HUNG, FLOODED)  # counts if it happens twice
_FILES_A_WORKER = 500  # what a library leaves behind of refused files doesn't add up for ever
_START_ALLOWANCE_S = 10.0  # of processor time, for Python and its libraries; a hang comes on top
_TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Tried:
    """Result of one file."""

    format: str
    number: int
    kind: str
    outcome: str
    """Either loaded, refused or unexpected; crashed, hung or flooded if the worker process ended."""
    sentence: str = ""
    seconds: float = 0.0
    grown_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Result of `edge-classify` itself on a file."""

    code: int
    """Exit code; below 0: the signal that ended it."""
    sentence: str
    seconds: float
    peak_mb: float

    @property
    def is_good(self) -> bool:
        """Return whether it worked, or ended as promised with exit code 1 and one line."""
        if self.code == EXIT_DONE:
            return True
        one_line = self.sentence.startswith("error: ") and "\n" not in self.sentence
        is_clear = one_line and len(self.sentence) <= MOST_CHARACTERS and "unexpected" not in self.sentence[:20]
        return self.code == EXIT_ERROR and is_clear


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
    """Yield the results of the files, up to the one that ends the worker."""
    file_format = originals[0].suffix[1:]
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    worker = context.Process(target=work, args=(theirs, originals, seed, numbers, folder), daemon=True)
    worker.start()
    theirs.close()
    begun: tuple[int, str] | None = None
    try:
        while _has_message(mine, worker.pid, processor_s=HANG_S if begun else math.inf):
            message = mine.recv()
            if message is None:
                return
            if len(message) == 2:
                begun = message
                continue
            begun = None
            yield Tried(file_format, *message)
        outcome, sentence = HUNG, f"no answer within {HANG_S:.0f} s of processor time"
    except (EOFError, ConnectionError):
        worker.join()
        code = worker.exitcode or 0
        outcome, sentence = CRASHED, f"signal {-code}" if code < 0 else f"exit code {code}; what it said is above"
    finally:
        worker.kill()
        worker.join()
        mine.close()
    if begun is None:
        raise ModelFileError(f"the worker process ended between two files ({sentence}): it can't be attacked here")
    yield Tried(file_format, *begun, outcome, sentence)


def _has_message(connection: Connection, process: int | None, *, processor_s: float) -> bool:
    """Wait for a message or the end of the process; return False if it hangs (see `HangWatch`)."""
    assert process is not None  # it was started
    watch = HangWatch(process, processor_s=processor_s, idle_s=IDLE_S)
    while not connection.poll(_TICK_S):
        if watch.is_hung():
            return False
    return True


def rerun(
    found: Sequence[Tried], originals: Sequence[Path], *, seed: int, sample: int, corpus: Path | None, folder: Path
) -> dict[int, Run]:
    """Let `edge-classify` itself try what a library did not survive, what ended unexpectedly, and a sample.

    Args:
        found: what the attack came to.
        originals: the files it began with.
        seed: its seed.
        sample: every so many files are tried.
        corpus: folder that what a library did not survive is kept in.
        folder: for the files.
    """
    files = [load_original(path) for path in originals]
    runs = {}
    for tried in found:
        is_bad = tried.outcome not in (LOADED, REFUSED)
        if not is_bad and tried.number % sample:
            continue
        _, content = mutant(files, seed=seed, number=tried.number)
        path = folder / f"again.{tried.format}"
        path.write_bytes(content)
        runs[tried.number] = run = run_runner(path, folder)
        if run.sentence == "hangs" or (tried.outcome == LOADED and run.code == EXIT_ERROR):  # a busy machine, perhaps
            runs[tried.number] = run_runner(path, folder)
        if corpus and is_bad:
            name = f"{tried.outcome}_{tried.kind.replace(' ', '_')}_{tried.number}.{tried.format}"
            atomic_file.write_bytes(corpus / name, content)
    return runs


def run_runner(path: Path, folder: Path) -> Run:
    """Run `edge-classify` on a file, as a user would who has never done so before."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        picture = (
            Path(cache) / "drawn.png"
        )  # the demo is for models of garments alone, and a forged spec may name others
        picture.write_bytes(cv2.imencode(".png", draw_frame(0).image)[1].tobytes())
        command = [sys.executable, "-m", "edge.run.main", "--model", str(path), "--source", str(picture), "--quiet"]
        environment = {**os.environ, "XDG_CACHE_HOME": cache, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              errors="replace", env=environment) as child:  # fmt: skip
            said = _read_stderr(child)
    seconds = time.perf_counter() - started
    # The most that any child of this process took so far, which has the trial's child in it.
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    return Run(child.returncode, said.strip(), seconds, peak_mb)


def _read_stderr(child: subprocess.Popen[str]) -> str:
    """Return what the runner writes until its end; one that hangs is killed."""
    watch = HangWatch(child.pid, processor_s=HANG_S + _START_ALLOWANCE_S, idle_s=IDLE_S)
    while not watch.is_hung():
        with suppress(subprocess.TimeoutExpired):
            return child.communicate(timeout=_TICK_S)[1]
    child.kill()
    child.communicate()
    return "hangs"
