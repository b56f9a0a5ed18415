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
    repeats: int = 5
    """Rounds in which every variant has its turn, each time in a new process."""
    max_repeats: int = 10
    """Rounds at most: they go on while a median is known to no better than 10 %."""
    runs: int = 200
    """Timed calls of invoke, and of pixels to probabilities, in each repeat: five of them hold the 662 of a p99."""
    frames: int = 140
    """Timed calls from frame to decision, and end to end, in each repeat: five of them hold the 662 of a p99."""
    warmup: int = 10
    """Untimed calls before each kind of timed ones, at least."""
    warmup_s: float = 0.5
    """Seconds of untimed calls, at least: clocks and caches need time, not calls."""
    loadgen_s: float = 0.0
    """Seconds of each MLPerf LoadGen scenario; 0: none."""
    peers: bool = False
    """Whether to time other tools on the same files in the same rounds."""
    peer_pythons: tuple[Path, ...] = ()
    """Interpreters of other environments, which hold libraries that this one can't."""
    max_images: int | None = None
    """Use only the first so many test images: a quick look, not a result."""
    threads: int = 1
    """For the arithmetic; 1 is the reference."""
    seed: int = 0
    """Of the variants' order, the drawn frames, and the drawn test images where Fashion-MNIST isn't on the machine."""
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


# A look that takes a minute, not a result: too few calls for a p99, too few repeats for a narrow interval.
QUICK = {"repeats": 2, "max_repeats": 2, "runs": 50, "frames": 20, "warmup_s": 0.1, "max_images": 1000}
