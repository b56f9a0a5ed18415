"""Runs both sides in turn, each in a process of its own, and reads what they say of themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.overhead.config import RunnerConfig
from benchmarks.overhead.inputs import InputFiles
from benchmarks.overhead.rows import (
    GROWTH,
    LOOP,
    MEMORY,
    START,
    START_OWN_MODEL,
    VIDEO,
    VIDEO_OPENCV,
    Row,
    ratio_row,
    reading_row,
)
from edge.artifact.file import default_model
from edge.errors import ToolkitError

BARE, OURS = "benchmarks.overhead.baseline", "benchmarks.overhead.toolkit"

Figures = dict[str, float]
Run = Callable[..., Figures]
"""Module and arguments -> what the process measured of itself, and `first_line_s`."""


def run_process(module: str, *arguments: str) -> Figures:
    """Run a side once.

    Raises:
        ToolkitError: it failed.
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment(),
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    first_line_s = time.perf_counter() - started
    _, errors = child.communicate()
    if child.returncode:
        raise ToolkitError(f"{module} {arguments[0]} failed: {(errors.strip().splitlines() or ['no reason'])[-1]}")
    return {**json.loads(errors.splitlines()[-1]), "first_line_s": first_line_s}


def measure(
    config: RunnerConfig, files: InputFiles, run: Run = run_process, *, has_pyav: bool = find_spec("av") is not None
) -> list[Row]:
    """Measure every row.

    Args:
        config: what was asked for.
        files: what both sides are given.
        run: runs a side once; tests bring their own.
        has_pyav: whether the extra `video` is installed; without it there is no row of it.
    """
    model = str(default_model())
    first = _in_turn(run, config.repeats, "first", model, str(files.image))
    own = _in_turn(run, config.repeats, "first", str(files.own_model), str(files.image))
    loop = _in_turn(run, config.repeats, "loop", model, str(files.frames), str(config.calls))
    readers = {VIDEO: "video", VIDEO_OPENCV: "video-opencv"} if has_pyav else {VIDEO_OPENCV: "video-opencv"}
    videos = {
        limit: _in_turn(run, config.repeats, "video", model, str(files.video), ours=part)
        for limit, part in readers.items()
    }
    growth = run(OURS, "growth", model, str(config.frames))
    return [
        ratio_row(START, *_sides(first, "first_line_s")),
        ratio_row(START_OWN_MODEL, *_sides(own, "first_line_s")),
        ratio_row(LOOP, *_sides(loop, "latency_ns")),
        ratio_row(MEMORY, *_sides(first, "memory_bytes")),
        *(ratio_row(limit, *_sides(pairs, "fps")) for limit, pairs in videos.items()),
        reading_row(GROWTH, growth["growth_bytes"]),
    ]


def _in_turn(
    run: Run, repeats: int, part: str, *arguments: str, ours: str | None = None
) -> list[tuple[Figures, Figures]]:
    """The bare script, then the toolkit, again and again; the first pair warms the disk's cache and isn't counted.

    Args:
        run: runs a side once.
        repeats: pairs that count.
        part: what both do.
        arguments: of both.
        ours: what the toolkit does instead; None: the same.
    """
    return [(run(BARE, part, *arguments), run(OURS, ours or part, *arguments)) for _ in range(repeats + 1)][1:]


def _sides(pairs: list[tuple[Figures, Figures]], name: str) -> tuple[list[float], list[float]]:
    """One figure of the toolkit's and of the bare script's processes."""
    return [ours[name] for _, ours in pairs], [bare[name] for bare, _ in pairs]


def _environment() -> dict[str, str]:
    """This process's, and its import path; bytecode is written, as an installation has it."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": path}
