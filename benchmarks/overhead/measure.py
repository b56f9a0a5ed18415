"""Comparison of the runner with the baseline, side by side in child processes, each with its limit."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.measure.child_process import own_environment
from benchmarks.overhead.inputs import InputFiles
from edge.artifact.file import default_model
from edge.errors import ToolkitError


@dataclass(frozen=True, slots=True)
class RunnerConfig:
    """Every setting of a run, with its default."""

    repeats: int = 9
    """Processes a side and row, the toolkit's and the baseline's in turn; starts are repeated three times as often."""
    calls: int = 2000
    """Timed frames in memory, a process."""
    frames: int = 5000
    """Frames of the demo, for the growth of memory; the limit is meant for a million, which takes most of an hour."""
    video: Path | None = None
    """Video file; None: one that is drawn."""
    out: Path | None = None
    """The report; None: `reports/runner-<UTC time>.json`."""


AT_MOST, AT_LEAST = "at most", "at least"
OK, MISSED = "ok", "missed"


@dataclass(frozen=True, slots=True)
class Limit:
    """One comparison of the toolkit with the baseline."""

    id: str
    what: str
    unit: str
    kind: str
    """AT_MOST or AT_LEAST."""
    value: float
    """Limit of the ratio, or of the reading itself where the baseline has none."""
    scale: float = 1.0
    """From a reading to its unit."""


START = Limit("start", "start to first decision", "ms", AT_MOST, 1.2, 1e3)
START_OWN_MODEL = Limit(
    "start-own-model", "the same with a model file of one's own, from the second start on", "ms", AT_MOST, 1.2, 1e3
)
LOOP = Limit("loop", "frame to decision without vision, both on one thread", "µs", AT_MOST, 1.3, 1e-3)
MEMORY = Limit("memory", "peak resident memory", "MB", AT_MOST, 1.2, 1e-6)
VIDEO = Limit("video", "frames a second of a video, by PyAV, against OpenCV reading it", "fps", AT_LEAST, 0.85)
VIDEO_OPENCV = Limit("video-opencv", "the same without PyAV", "fps", AT_LEAST, 0.7)  # it makes a picture of each frame
AREA = Limit("area", "640x480 to 224x224x3 in float, by area", "µs", AT_MOST, 1.15, 1e6)
LINEAR = Limit("linear", "the same by linear interpolation", "µs", AT_MOST, 1.15, 1e6)
DECODE = Limit("decode", "photographs of 12 megapixels decoded a second, for 224x224", "a second", AT_LEAST, 2.5)
GROWTH = Limit("growth", "memory after the run less after 1,000 frames", "MB", AT_MOST, 2.0, 1e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Comparison of both sides, with readings in the unit of the limit."""

    id: str
    what: str
    unit: str
    toolkit: tuple[float, ...]
    baseline: tuple[float, ...]
    """Readings of the baseline, in order; empty where it has none."""
    figure: float
    """Figure that the limit is compared with: the median ratio of two neighbours, or the reading."""
    least: float
    largest: float
    limit_kind: str
    limit: float
    status: str


def ratio_row(limit: Limit, toolkit: Sequence[float], baseline: Sequence[float]) -> Row:
    """Compare readings, taken right after each other: a slow moment of the machine slows two neighbours alike.

    Raises:
        ValueError: the sides have different numbers of readings.
    """
    ratios = [mine / theirs for mine, theirs in zip(toolkit, baseline, strict=True)]
    return _row(limit, toolkit, baseline, ratios)


def reading_row(limit: Limit, reading: float) -> Row:
    """Compare a reading with a limit of its own."""
    return _row(limit, [reading], [], [reading * limit.scale])


def _row(limit: Limit, toolkit: Sequence[float], baseline: Sequence[float], figures: Sequence[float]) -> Row:
    figure = median(figures)
    is_kept = figure <= limit.value if limit.kind == AT_MOST else figure >= limit.value
    return Row(
        id=limit.id,
        what=limit.what,
        unit=limit.unit,
        toolkit=tuple(reading * limit.scale for reading in toolkit),
        baseline=tuple(reading * limit.scale for reading in baseline),
        figure=figure,
        least=min(figures),
        largest=max(figures),
        limit_kind=limit.kind,
        limit=limit.value,
        status=OK if is_kept else MISSED,
    )


BASELINE, TOOLKIT = "benchmarks.overhead.baseline", "benchmarks.overhead.toolkit"
PREPARATION = "benchmarks.overhead.preparation"
"""Runs both sides in one process, call by call: microseconds of two processes differ by more than the limit allows."""
_PHOTOGRAPHS = 20  # timed calls a process: a tenth of a second each
_STARTS = 3  # processes a repeat: a start is short, and single ratios of it range from 1.0 to 1.7

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
    """Measure every row; without PyAV there is none of it."""
    model = str(default_model())
    first = _in_turn(run, _STARTS * config.repeats, "first", model, str(files.image))
    own = _in_turn(run, _STARTS * config.repeats, "first", str(files.own_model), str(files.image))
    loop = _in_turn(run, config.repeats, "loop", model, str(files.frames), str(config.calls))
    readers = {VIDEO: "video", VIDEO_OPENCV: "video-opencv"} if has_pyav else {VIDEO_OPENCV: "video-opencv"}
    videos = {
        limit: _in_turn(run, config.repeats, "video", model, str(files.video), toolkit_part=part)
        for limit, part in readers.items()
    }
    prepared = {
        limit: [run(PREPARATION, limit.id, str(files.frames), str(config.calls)) for _ in range(config.repeats)]
        for limit in (AREA, LINEAR)
    }
    decoded = [run(PREPARATION, "decode", str(files.photograph), str(_PHOTOGRAPHS)) for _ in range(config.repeats)]
    growth = run(TOOLKIT, "growth", model, str(config.frames))
    return [
        ratio_row(START, *_sides(first, "first_line_s")),
        ratio_row(START_OWN_MODEL, *_sides(own, "first_line_s")),
        ratio_row(LOOP, *_sides(loop, "latency_ns")),
        ratio_row(MEMORY, *_sides(first, "memory_bytes")),
        *(ratio_row(limit, *_sides(pairs, "fps")) for limit, pairs in videos.items()),
        *(ratio_row(limit, *_both(readings)) for limit, readings in prepared.items()),
        ratio_row(DECODE, *([1 / seconds for seconds in side] for side in _both(decoded))),
        reading_row(GROWTH, growth["growth_bytes"]),
    ]


def _in_turn(
    run: Run, repeats: int, part: str, *arguments: str, toolkit_part: str | None = None
) -> list[tuple[Figures, Figures]]:
    """Run the baseline, then the toolkit, again and again; the first pair warms the disk's cache and isn't counted."""
    return [
        (run(BASELINE, part, *arguments), run(TOOLKIT, toolkit_part or part, *arguments)) for _ in range(repeats + 1)
    ][1:]


def _sides(pairs: list[tuple[Figures, Figures]], name: str) -> tuple[list[float], list[float]]:
    """One figure of the toolkit's and of the baseline's processes."""
    return [toolkit[name] for _, toolkit in pairs], [baseline[name] for baseline, _ in pairs]


def _both(readings: list[Figures]) -> tuple[list[float], list[float]]:
    """Seconds of the toolkit and of the baseline, where one process measured both."""
    return [reading["toolkit_s"] for reading in readings], [reading["baseline_s"] for reading in readings]


def _environment() -> dict[str, str]:
    """Return this process's environment and import path; bytecode is written, as an installation has it."""
    return {name: value for name, value in own_environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
