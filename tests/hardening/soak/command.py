"""`python -m tests.hardening soak`: the command line."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.progress import progress_bar
from edge.cli import console
from edge.errors import EXIT_DONE, ToolkitError
from tests.hardening.figures import finish

if TYPE_CHECKING:
    from edge.classify.classifier import Classifier
    from tests.hardening.figures import Figure
    from tests.hardening.soak.long_run import LongRun
    from tests.hardening.soak.real_time import RealTimeRun
    from tests.hardening.soak.simulated_day import Day

    _Counted = tuple[RealTimeRun | Day | LongRun, list[Figure], dict[str, Any], list[dict[str, Any]]]

NAME = "soak"
_DURATION_S = 3600.0

_EXAMPLES = """examples:
  python -m tests.hardening soak                     an hour, with every sink
  python -m tests.hardening soak --duration 300      a quick look: each fault once, and a few more
  python -m tests.hardening soak --fake-days 1       a day in fake time; takes minutes
  python -m tests.hardening soak --demo-frames 1000000    the loop alone; most of an hour

A camera made of software stands in OpenCV's place: it falls silent, fails, is unplugged, shows black, hangs on one
picture, changes its size, gives arrays that are no pictures. Meanwhile the disk is full, the broker is killed, viewers
leave or hang, the process is stopped or gets signals. Between Ctrl-C and the report all that was counted is kept.

exit codes: 0 every promise is held, 1 it could not be made, 2 wrong call, 3 a promise is not held, 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"python -m tests.hardening {NAME}",
        description="Run the runner for long while everything around it goes wrong; count what it survived.",
        epilog=_EXAMPLES,
    )
    how_long = flags.add_mutually_exclusive_group()
    how_long.add_argument("--duration", type=console.positive_float, default=_DURATION_S, metavar="S",
                          help="seconds, in real time")  # fmt: skip
    how_long.add_argument("--fake-days", type=console.positive_float, metavar="D",
                          help="days on a clock that goes on whenever somebody waits")  # fmt: skip
    how_long.add_argument("--demo-frames", type=console.positive_int, metavar="N",
                          help="frames of the demo, where nothing goes wrong; more than 1,000")  # fmt: skip
    flags.add_argument("--seed", type=console.natural, default=0, metavar="N", help="of what goes wrong and when")
    flags.add_argument("--out", type=Path, metavar="FILE",
                       help="the report (default: reports/hardening-soak-<UTC time>.json)")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Soak; print the figures and the report's path."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = parser().parse_args(arguments)
    console.start_logging(options)
    attack = _day if options.fake_days is not None else _million if options.demo_frames is not None else _hour
    ran, figures, settings, details = attack(options)
    finish(NAME, figures, arguments=arguments, settings=settings, seed=options.seed, out=options.out, details=details)
    if ran.is_interrupted:
        raise KeyboardInterrupt
    return EXIT_DONE


def _hour(options: argparse.Namespace) -> _Counted:
    from tests.hardening.soak import real_time_figures
    from tests.hardening.soak.real_time import soak

    with progress_bar(is_quiet=options.quiet) as note:
        ran = soak(seed=options.seed, duration_s=options.duration, note=note)
    return ran, real_time_figures.figures(ran), real_time_figures.settings(ran), real_time_figures.details(ran)


def _day(options: argparse.Namespace) -> _Counted:
    from tests.hardening.soak import simulated_day_figures
    from tests.hardening.soak.simulated_day import DAY_S, soak

    if not options.verbose:
        logging.getLogger("edge").setLevel(logging.ERROR)  # hundreds of cameras that are lost and come back
    with progress_bar(is_quiet=options.quiet) as note:
        ran = soak(seed=options.seed, duration_s=options.fake_days * DAY_S, classifier=_classifier(), note=note)
    return (
        ran,
        simulated_day_figures.figures(ran),
        simulated_day_figures.settings(ran),
        simulated_day_figures.details(ran),
    )


def _million(options: argparse.Namespace) -> _Counted:
    from tests.hardening.soak import long_run

    if options.demo_frames <= long_run.SETTLED_FRAMES:
        raise ToolkitError(f"--demo-frames {options.demo_frames} is too few: expected more than 1,000")
    with progress_bar(is_quiet=options.quiet) as note:
        ran = long_run.soak(frames=options.demo_frames, classifier=_classifier(), note=note)
    return ran, long_run.figures(ran), long_run.settings(ran), [asdict(sample) for sample in ran.samples]


def _classifier() -> Classifier:
    from edge.artifact.file import default_model
    from edge.classify.classifier import Classifier

    return Classifier.load(default_model())
