"""Runs `edge-classify` in a process of its own, reads along, and notices when it crashes or falls silent."""

from __future__ import annotations

import json
import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.hardening.hang_watch import processor_time_s
from tests.hardening.malformed_media.session import MARK

HANGS_S = 5.0
"""Processor time without a line after which a run hangs: others may keep the machine busy."""
SILENCE_S = 60.0
"""Time without a line after which it hangs too, whatever it does."""
_TICK_S = 0.5
_TALLY = re.compile(r"^(\d+) frames? in [\d.]+ s(?:;.*?(\d+) dropped for newer)?(?:.*; (\d+) unreadable)?")
_LEFT_OUT = re.compile(r"^left out of .*?: (\d+) ")
_SESSION = ("-m", "tests.hardening.malformed_media.session")


@dataclass(frozen=True, slots=True)
class Job:
    """One run of `edge-classify`."""

    name: str
    arguments: tuple[str, ...]
    stdin: Path | None = None
    """A file that is redirected into it."""
    hangs_s: float = HANGS_S
    silence_s: float = SILENCE_S


@dataclass(slots=True)
class Outcome:
    """Result of a job."""

    job: Job
    code: int | None = None
    """Its exit code; None: it crashed or hung, or the process was gone before its turn."""
    frames: int = 0
    dropped: int = 0
    skipped: int = 0
    left_out: int = 0
    """Files of a folder that are of a kind which isn't read."""
    error: str = ""
    """The sentence of an error."""
    crash: str = ""
    """End of the process."""
    is_hung: bool = False
    longest_s: float = 0.0
    """The most processor time between two lines."""
    threads: int = 0
    handles: int = 0
    memory_bytes: int = 0
    """The most the process ever held, up to then."""
    last_line: str = field(default="", repr=False)

    def take(self, line: str) -> None:
        """Read a line that it printed."""
        self.last_line = line
        if tally := _TALLY.match(line):
            self.frames, self.dropped, self.skipped = (int(number or 0) for number in tally.groups())
        elif found := _LEFT_OUT.match(line):
            self.left_out += int(found[1])
        elif line.startswith("error: "):
            self.error = line.removeprefix("error: ")

    def finish(self, mark: str) -> None:
        """Read what the process said after the run."""
        left = json.loads(mark)
        self.code, self.threads, self.handles = left["code"], left["threads"], left["handles"]
        self.memory_bytes = left["memory_bytes"]


def run_jobs(jobs: Sequence[Job]) -> list[Outcome]:
    """Run jobs one after the other in one process, and in a new one after each crash or hang."""
    outcomes: list[Outcome] = []
    while len(outcomes) < len(jobs):
        outcomes += _run_until_trouble(jobs[len(outcomes) :])
    return outcomes


def _run_until_trouble(jobs: Sequence[Job]) -> list[Outcome]:
    outcomes = [Outcome(jobs[0])]
    with tempfile.TemporaryDirectory() as folder:
        lines = [(job.arguments, None if job.stdin is None else str(job.stdin)) for job in jobs]
        plan = Path(folder, "plan.json")
        plan.write_text(json.dumps(lines), encoding="utf-8")
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        child = subprocess.Popen(
            [sys.executable, *_SESSION, str(plan)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": path, "no_proxy": "*"},
        )  # fmt: skip
        with child:
            for line in _lines(child, outcomes):
                if not line.startswith(MARK):
                    outcomes[-1].take(line)
                    continue
                outcomes[-1].finish(line.removeprefix(MARK))
                if len(outcomes) < len(jobs):
                    outcomes.append(Outcome(jobs[len(outcomes)]))
            if outcomes[-1].is_hung:
                child.kill()
    if outcomes[-1].code is None and not outcomes[-1].is_hung:
        outcomes[-1].crash = f"exit code {child.returncode} after: {outcomes[-1].last_line[:200]}"
    return outcomes


def _lines(child: subprocess.Popen[bytes], outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the lines it prints, until it ends or hangs."""
    assert child.stdout is not None
    pending, said_s, used_s = b"", time.monotonic(), 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            is_ready, now = selector.select(_TICK_S), outcomes[-1]
            took_s = processor_time_s(child.pid) - used_s
            if not is_ready:
                now.is_hung = took_s > now.job.hangs_s or time.monotonic() - said_s > now.job.silence_s
                if now.is_hung:
                    return
                continue
            now.longest_s = max(now.longest_s, took_s)
            said_s, used_s = time.monotonic(), used_s + took_s
            if not (chunk := os.read(child.stdout.fileno(), 65536)):
                return
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
