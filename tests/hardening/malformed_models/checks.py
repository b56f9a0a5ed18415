"""Forged model files that pass the checks of bounds: each crash shows in a child process, and none reads old memory.

Each file is checked and loaded in two processes whose memory is filled with different bytes (MALLOC_PERTURB_, all of it
in the heap). A crash, a hang or a flood is caught by the child process of the runner too. A file with two different
answers read memory that no operator wrote, which no child process sees.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from select import select
from typing import Any

import numpy as np

from edge.artifact.file import read_artifact
from edge.cli import console
from edge.errors import ModelFileError, ToolkitError
from edge.runtimes import protocol
from edge.verify import child_process
from edge.verify.gate import check_network
from tests.hardening.attack_command import attack_parser
from tests.hardening.figures import AttackResult, Figure
from tests.hardening.hang_watch import HangWatch
from tests.hardening.malformed_models.mutations import mutant
from tests.hardening.malformed_models.original import load_original

ROOT = Path(__file__).parents[3]
FORMATS = {
    "tflite": ("litert", "tiny_int8.tflite", "tiny_none.tflite", "operators_int8.tflite", "operators_none.tflite"),
    "onnx": ("onnxruntime", "tiny_int8.onnx", "operators_none.onnx"),
}
FILLS = (85, 170)
HANGS_S, IDLE_S = 10.0, 60.0  # with processor time; without any
_TICK_S = 0.2
NOT_READ, BOUNDS, LIBRARY, DIED, SAME, DIFFERENT = OUTCOMES = (
    "refused: file or specification", "refused by the checks", "refused by the library",
    "crash, hang or flood: the child process catches it", "loaded, same answers",
    "loaded, answers that depend on old memory",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """Result of one file in one process."""

    number: int
    kind: str
    outcome: str = DIED
    """One of `OUTCOMES`."""
    answers: str = ""
    """SHA-256 of three output tensors."""


def try_file(path: Path, runtime: str) -> Iterator[dict[str, str]]:
    """Yield the facts of one file as they become known, because what follows may end the process."""
    try:
        artifact = read_artifact(path)
    except ToolkitError:
        yield {"outcome": NOT_READ}
        return
    try:
        check_network(artifact)
    except ToolkitError:
        yield {"outcome": BOUNDS}
        return
    try:
        loaded = protocol.load_network(artifact.network, path, name=runtime)
        answers = hashlib.sha256()
        for value in (0, 255, None):
            answers.update(_answer(loaded, value))
    except MemoryError:
        yield {"outcome": DIED}
    except Exception:  # noqa: BLE001  # the libraries have a dozen of their own
        yield {"outcome": LIBRARY}
    else:
        yield {"outcome": SAME, "answers": answers.hexdigest()}


def _answer(runtime: Any, value: int | None) -> bytes:
    tensor = runtime.input_tensor
    image = np.resize(np.arange(256), tensor.shape) if value is None else np.full(tensor.shape, value)
    return np.asarray(runtime.invoke(child_process.as_input(image, tensor.dtype))).tobytes()


def work(file_format: str, seed: int, numbers: Sequence[int]) -> None:
    """Try the files of these numbers; print a line of JSON for each fact."""
    runtime, *names = FORMATS[file_format]
    originals = [load_original(ROOT / "tests" / "fixtures" / name) for name in names]
    protocol.import_library(runtime)
    child_process.bound_memory()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"forged.{file_format}"
        for number in numbers:
            kind, content = mutant(originals, seed=seed, number=number)
            path.write_bytes(content)
            print(json.dumps({"number": number, "kind": kind}), flush=True)
            for facts in try_file(path, runtime):
                print(json.dumps(facts), flush=True)
            print(json.dumps({"end": True}), flush=True)


def run(file_format: str, seed: int, count: int, fill: int) -> Iterator[Trial]:
    """Yield the result of each file in processes whose memory holds `fill`.

    A process that ends or hangs is replaced, and its last file is tried once more.
    """
    number, starts_in_vain, died_before = 0, 0, -1
    environment = {**os.environ, "MALLOC_PERTURB_": str(fill), "MALLOC_MMAP_MAX_": "0", "PYTHONMALLOC": "malloc",
                   "MALLOC_ARENA_MAX": "1"}  # fmt: skip
    while number < count:
        command = [sys.executable, "-m", __name__, file_format, str(seed), str(number), str(count)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=ROOT, bufsize=0
        ) as child:
            begun = number
            for trial in _read(child):
                if trial.outcome == DIED and trial.number != died_before:
                    died_before = trial.number  # counts if it happens twice: a busy machine hangs too
                    break
                yield trial
                number = trial.number + 1
            child.kill()
        starts_in_vain = 0 if number > begun else starts_in_vain + 1
        if starts_in_vain == 3:
            raise ModelFileError("the worker process ended before its first file")


def _read(child: subprocess.Popen[bytes]) -> Iterator[Trial]:
    """Yield results until the process ends or hangs; that is the result of its last file."""
    facts: dict[str, Any] = {}
    while True:
        line = _line(child, processor_s=HANGS_S if facts else math.inf, idle_s=IDLE_S)
        if not line:
            break
        facts |= json.loads(line)
        if facts.pop("end", False):
            yield Trial(**facts)
            facts = {}
    if facts:
        yield Trial(**facts | {"outcome": DIED})


def _line(child: subprocess.Popen[bytes], *, processor_s: float, idle_s: float) -> bytes:
    """Return the next line; empty if the process ends or hangs (see `HangWatch`)."""
    assert child.stdout is not None
    watch = HangWatch(child.pid, processor_s=processor_s, idle_s=idle_s)
    while not watch.is_hung():
        if select([child.stdout], [], [], _TICK_S)[0]:
            return child.stdout.readline()
    return b""


def joined(first: Trial, second: Trial) -> Trial:
    """Return the worse result of the same file in two processes, or that its answers differ."""
    for trial in (first, second):
        if trial.outcome == DIED:
            return trial
    if first.outcome == SAME and first.answers != second.answers:
        return Trial(first.number, first.kind, DIFFERENT)
    return first


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = attack_parser("checks", __doc__, seed_of="the files")
    flags.add_argument("--count", type=console.positive_int, default=2000, metavar="N", help="files of each format")
    flags.add_argument("--format", choices=tuple(FORMATS), action="append", dest="formats", help="only this one")
    return flags


def measure(options: argparse.Namespace) -> AttackResult:
    """Try every file of every format twice."""
    figures, details = [], []
    for file_format in options.formats or FORMATS:
        both = [list(run(file_format, options.seed, options.count, fill)) for fill in FILLS]
        trials = [joined(first, second) for first, second in zip(*both, strict=True)]
        outcomes = Counter(trial.outcome for trial in trials)
        figures += [Figure(f"{file_format}: files", len(trials))]
        figures += [Figure(f"{file_format}: {outcome}", outcomes[outcome],
                           limit=0 if outcome == DIFFERENT else None) for outcome in OUTCOMES]  # fmt: skip
        details += [asdict(trial) | {"format": file_format} for trial in trials if trial.outcome in (DIED, DIFFERENT)]
    return AttackResult(figures, {"count": options.count, "fills": FILLS}, details)


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]), range(int(sys.argv[3]), int(sys.argv[4])))
