"""What a benchmark run is asked to do; the flags of `python -m benchmarks` map one to one onto these fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MARGIN_PP = 0.5
"""Largest loss of accuracy that doesn't matter unless said otherwise, percentage points: one image in two hundred."""


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
    margin_pp: float = MARGIN_PP
    """Largest loss of accuracy that doesn't matter, in percentage points."""
    timeout_s: float = 900.0
    """A row that takes longer has failed; 10,000 images take a Pi Zero about five minutes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a row may cost against the row it is compared with; None: not asked."""

    max_loss: float | None = MARGIN_PP
    """Percentage points of top-1 accuracy."""
    loss_by: str = "interval"
    """interval: the upper end of the loss's 95 % interval must keep the limit, which too few images can't show; point:
    the loss as counted must."""
    min_agreement: float | None = 98.5
    """Per cent of the images that get the same class from both."""
    max_latency_ratio: float | None = None
    """Time of invoke over that of the other row, on the same runtime; broken if the ratio's whole interval is above."""
