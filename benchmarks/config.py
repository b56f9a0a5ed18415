"""Settings of a benchmark run and limits of its gate; the flags of `python -m benchmarks` map one to one onto them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from benchmarks.records import ABSENT_IF_NONE
from edge.cli import console
from edge.runtimes import RUNTIMES

_T = TypeVar("_T")

MARGIN_PP = 0.5
"""Largest loss of accuracy that doesn't matter unless said otherwise, percentage points: one image in two hundred."""


@dataclass(frozen=True, slots=True)
class BenchmarkConfig:
    """Every setting of a run, with its default."""

    artifacts: tuple[Path, ...] = ()
    """Model files or folders of them, by default all under `artifacts/` and the one that ships."""
    runtimes: tuple[str, ...] = ()
    """Names from `edge.runtimes.RUNTIMES`, by default every one that fits the file's format."""
    out: Path | None = None
    """Folder of the report, by default `reports/<UTC time>`."""
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
    """Seconds of each MLPerf LoadGen scenario, 0 for none."""
    peers: bool = False
    """True to time other tools on the same files in the same rounds."""
    peer_pythons: tuple[Path, ...] = ()
    """Interpreters of other environments, which hold libraries that this one can't."""
    max_images: int | None = None
    """Number of test images to use, from the first; by default all, of photographs 2,000."""
    data: Path | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Folder of photographs to judge the files on, one folder a label."""
    mistakes: int = 24
    """Mistakes on photographs that are drawn, at most."""
    hits: int = 2
    """Right answers of each folder of photographs that are drawn, at most."""
    run: Path | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Run directory whose test images the files are judged on."""
    reference: Path | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Float file that files are compared with which don't name their origin."""
    truths: Mapping[str, tuple[str, ...]] | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Labels of a folder of photographs whose name doesn't say what it holds; no label: `unknown` is right."""
    threads: int = 1
    """Number of inference threads; 1 is the reference."""
    seed: int = 0
    """Seed of the variants' order, of drawn frames, and of drawn test images where Fashion-MNIST isn't installed."""
    margin_pp: float = MARGIN_PP
    """Largest loss of accuracy that doesn't matter, in percentage points."""
    timeout_s: float = 900.0
    """Seconds after which a row has failed; 10,000 images take a Pi Zero about five minutes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Cost that a row may have against the row it is compared with. None is no limit."""

    max_loss: float | None = MARGIN_PP
    """Percentage points of top-1 accuracy."""
    loss_by: str = "interval"
    """Figure that must keep the limit: "interval" is the upper end of the loss's 95 % interval, "point" the loss."""
    min_agreement: float | None = 98.5
    """Per cent of the images with equal predictions."""
    max_latency_ratio: float | None = None
    """Time of invoke over that of the other row on the same runtime; broken if the ratio's whole interval is above."""


QUICK = {"repeats": 2, "max_repeats": 2, "runs": 50, "frames": 20, "warmup_s": 0.1, "max_images": 1000}
"""Settings of --quick: too few calls for a p99, too few repeats for a narrow interval."""


def from_flags(kind: type[_T], values: Mapping[str, object]) -> _T:
    """Build a dataclass from `vars` of parsed flags; lists become tuples, fields without a flag keep their default."""
    names = [each.name for each in fields(cast("Any", kind)) if each.name in values]
    return kind(**{name: tuple(value) if isinstance(value := values[name], list) else value for name in names})


def add_measuring_flags(flags: argparse.ArgumentParser) -> None:
    """Add what a run on this machine and one on a device have in common; defaults come from `BenchmarkConfig`."""
    default = BenchmarkConfig()
    flags.add_argument("--runtime", action="append", choices=RUNTIMES, dest="runtimes", default=[],
                       help="library to run them with; repeatable (default: all that fit the file)")  # fmt: skip
    flags.add_argument("--quick", action="store_true",
                       help="fewer repeats, calls and images, unless given: a quick look, not a result")  # fmt: skip
    flags.add_argument("--repeats", type=console.positive_int, default=default.repeats, metavar="N",
                       help="rounds; each measures every variant once, in a new process")  # fmt: skip
    flags.add_argument("--runs", type=console.positive_int, default=default.runs, metavar="N",
                       help="timed calls of invoke, and from pixels to probabilities, in each repeat")  # fmt: skip
    flags.add_argument("--frames", type=console.positive_int, default=default.frames, metavar="N",
                       help="timed calls from frame to decision, and end to end, in each repeat")  # fmt: skip
    flags.add_argument("--max-images", type=console.positive_int, metavar="N", help="use only the first N test images")
    flags.add_argument("--threads", type=console.thread_count, default=default.threads, metavar="N",
                       help="number of inference threads")  # fmt: skip
    flags.add_argument("--timeout", type=console.positive_float, dest="timeout_s", default=default.timeout_s,
                       metavar="S", help="seconds after which a row has failed")  # fmt: skip


def apply_quick(flags: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Make QUICK the defaults where --quick is among the arguments; other flags of the command line still count."""
    if "--quick" in arguments:
        flags.set_defaults(**QUICK)


def add_gate_flags(flags: argparse.ArgumentParser, *, against: str) -> None:
    """Add --gate and its limits on rows against the one that `against` names in the help."""
    default = Limits()
    gate = flags.add_argument_group(
        "gate", f"Limits on the cost of a row against {against}. A broken limit ends with exit code 3."
    )
    gate.add_argument("--gate", action="store_true", help="check the limits; without it none is checked")
    gate.add_argument("--max-loss", type=console.non_negative_float, default=default.max_loss, metavar="POINTS",
                      help="largest loss of top-1 accuracy, in percentage points")  # fmt: skip
    gate.add_argument("--loss-by", choices=("interval", "point"), default=default.loss_by,
                      help="interval: the whole 95 %% interval of the loss keeps the limit, which takes enough images; "
                           "point: the loss as counted does")  # fmt: skip
    gate.add_argument("--min-agreement", type=console.non_negative_float, default=default.min_agreement,
                      metavar="PERCENT", help="least share of images with equal predictions")  # fmt: skip
    gate.add_argument("--max-latency-ratio", type=console.positive_float, default=default.max_latency_ratio,
                      metavar="RATIO", help="largest time of invoke over the other's on the same runtime; broken only "
                      "if the whole 95 %% interval is above (default: no limit)")  # fmt: skip
