"""Runs jobs in child processes: each has its own memory, and a crash or a hang costs one row."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure.job import FAILED, Job, Outcome
from benchmarks.records import from_record, to_record

WORKER = (sys.executable, "-m", "benchmarks.measure.worker")
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """Output of a child process."""

    text: str
    """The last line of its stdout; empty where there is a reason."""
    reason: str = ""


def run_job(job: Job, *, timeout_s: float, command: Sequence[str] = WORKER) -> Outcome:
    """Run a job in a child process, which is killed after so many seconds."""
    reply = ask(command, json.dumps(to_record(job)), timeout_s=timeout_s, environment=own_environment())
    if reply.reason:
        return Outcome(FAILED, reply.reason)
    try:
        return from_record(Outcome, json.loads(reply.text))
    except (ValueError, TypeError):
        return Outcome(FAILED, f"gave no answer: {reply.text[:200]}")


def ask(command: Sequence[str], question: str, *, timeout_s: float, environment: dict[str, str]) -> Reply:
    """Run a command with a text on stdin and return the last line of its output; it is killed after so many seconds."""
    try:
        child = subprocess.run(
            command,
            input=question,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Reply("", f"not done after {timeout_s:g} s: raise --timeout, or lower --runs and --frames")
    except OSError as error:
        return Reply("", f"{command[0]} can't be run: {error.strerror}")
    for line in child.stderr.splitlines():
        _LOGGER.debug("worker: %s", line)
    if child.returncode < 0:
        return Reply("", f"crashed with signal {_signal_name(-child.returncode)}")
    if child.returncode > 0:
        return Reply("", f"ended with exit code {child.returncode}: {_last_line(child.stderr)}")
    return Reply(_last_line(child.stdout))


def own_environment() -> dict[str, str]:
    """Return the environment of this process with its import path, so that a child finds the same libraries."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OPENCV_LOG_LEVEL": "ERROR"}


def _signal_name(number: int) -> str:
    hint = ": out of memory?" if number == signal.SIGKILL else ""
    try:
        return f"{number} ({signal.Signals(number).name}{hint})"
    except ValueError:  # a real-time signal has no name
        return str(number)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing was said"
