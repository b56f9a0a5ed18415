"""The gate's flags, the same on every command that has one; they map one to one onto `benchmarks.config.Limits`."""

from __future__ import annotations

import argparse

from benchmarks.config import Limits
from edge.cli import console


def add_gate_flags(flags: argparse.ArgumentParser, *, against: str) -> None:
    """Add --gate and its limits.

    Args:
        flags: the parser.
        against: what every row is compared with, in the words of the help.
    """
    default = Limits()
    gate = flags.add_argument_group(
        "gate", f"What a row may cost against {against}. A limit that isn't kept ends with exit code 3."
    )
    gate.add_argument("--gate", action="store_true", help="hold the limits; without it none is held")
    gate.add_argument("--max-loss", type=console.non_negative_float, default=default.max_loss, metavar="POINTS",
                      help="percentage points of top-1 accuracy")  # fmt: skip
    gate.add_argument("--loss-by", choices=("interval", "point"), default=default.loss_by,
                      help="interval: the whole 95 %% interval of the loss keeps the limit, which takes enough images; "
                           "point: the loss as counted does")  # fmt: skip
    gate.add_argument("--min-agreement", type=console.non_negative_float, default=default.min_agreement,
                      metavar="PERCENT", help="images that get the same class from both")  # fmt: skip
    gate.add_argument("--max-latency-ratio", type=console.positive_float, default=default.max_latency_ratio,
                      metavar="RATIO", help="time of invoke over that of the other on the same runtime; broken only if "
                      "the whole 95 %% interval is above (default: not held)")  # fmt: skip


def limits_of(options: argparse.Namespace) -> Limits | None:
    """The limits that the flags ask for; None without --gate."""
    return Limits(**{name: getattr(options, name) for name in Limits.__slots__}) if options.gate else None
