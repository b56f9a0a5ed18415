"""Runs jobs in child processes: each has its own memory, and a crash or a hang costs one row."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.job import FAILED, Job, Outcome

WORKER = (sys.executable, "-m", "benchmarks.worker")
_LOGGER = logging.getLogger(__name__)


def run_job(job: Job, *, timeout_s: float, command: Sequence[str] = WORKER) -> Outcome:
    """Run a job in a child process and wait for it.

    Args:
        job: what to measure.
        timeout_s: seconds after which the child is killed.
        command: the worker.

    Returns:
        The worker's answer; where it gave none, a failed outcome that says how it ended.
    """
    try:
        child = subprocess.run(
            command,
            input=job.to_json(),
            capture_output=True,
            text=True,
            errors="replace",
            env=_environment(),
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(FAILED, f"not done after {timeout_s:g} s: raise --timeout, or lower --runs and --frames")
    for line in child.stderr.splitlines():
        _LOGGER.debug("worker: %s", line)
    if child.returncode < 0:
        return Outcome(FAILED, f"crashed with signal {_signal_name(-child.returncode)}")
    if child.returncode > 0:
        return Outcome(FAILED, f"ended with exit code {child.returncode}: {_last_line(child.stderr)}")
    try:
        return Outcome.from_json(_last_line(child.stdout))
    except ValueError:
        return Outcome(FAILED, f"gave no answer: {_last_line(child.stdout)[:200]}")


def _environment() -> dict[str, str]:
    """This process's environment, and its import path: the worker must find the same `benchmarks` and libraries."""
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
