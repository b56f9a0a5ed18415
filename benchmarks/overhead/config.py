"""What `python -m benchmarks runner` is asked to do; its flags map one to one onto these fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunnerConfig:
    """Every setting of a run, with its default."""

    repeats: int = 9
    """Processes a side and row, the toolkit's and the bare script's in turn."""
    calls: int = 2000
    """Timed frames in memory, a process."""
    frames: int = 5000
    """Of the demo, for the growth of memory; the limit is meant for a million, which takes most of an hour."""
    video: Path | None = None
    """Video file; None: one that is drawn."""
    out: Path | None = None
    """The report; None: `reports/runner-<UTC time>.json`."""
