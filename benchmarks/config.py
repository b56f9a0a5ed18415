"""What a benchmark run is asked to do; the flags of `python -m benchmarks` map one to one onto these fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BenchmarkConfig:
    """Every setting of a run, with its default."""

    artifacts: tuple[Path, ...] = ()
    """Model files or folders of them; empty: all under `artifacts/`, and the one that ships."""
    runtimes: tuple[str, ...] = ()
    """Names from `edge.runtimes.RUNTIMES`; empty: every one that fits the file's format."""
    out: Path | None = None
    """Folder of the report; None: `reports/<UTC time>`."""
    runs: int = 1000
    """Timed calls of invoke: more than the 459 that a p99 needs."""
    frames: int = 500
    """Timed calls from frame to decision: more than the 459 that a p99 needs."""
    warmup: int = 10
    """Untimed calls before each kind of timed ones, at least."""
    warmup_s: float = 0.5
    """Seconds of untimed calls, at least: clocks and caches need time, not calls."""
    max_images: int | None = None
    """Use only the first so many test images: a quick look, not a result."""
    threads: int = 1
    """For the arithmetic; 1 is the reference."""
    seed: int = 0
    """Of the drawn frames, and of the drawn test images where Fashion-MNIST isn't on the machine."""
    timeout_s: float = 900.0
    """A row that takes longer has failed; 10,000 images take a Pi Zero about five minutes."""
