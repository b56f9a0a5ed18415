"""Soak, in real time, in simulated time, or of the loop alone: its command line."""

from __future__ import annotations

import argparse
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from benchmarks.progress import progress_bar
from edge.cli import console
from edge.errors import ToolkitError
from tests.hardening.attack_command import attack_parser
from tests.hardening.figures import AttackResult

if TYPE_CHECKING:
    from edge.classify.classifier import Classifier

_DURATION_S = 3600.0

_EXAMPLES = """examples:
  python -m tests.hardening soak                         an hour, with every sink
  python -m tests.hardening soak --duration 300          a quick look: each fault once, and a few more
  python -m tests.hardening soak --simulated-days 1      a day in simulated time; takes minutes
  python -m tests.hardening soak --demo-frames 1000000   the loop alone; most of an hour

A camera made of software stands in OpenCV's place: it falls silent, fails, is unplugged, shows black, hangs on one
picture, changes its size, gives arrays that are no pictures. Meanwhile the disk is full, the broker is killed, viewers
leave or hang, the process is stopped or gets signals. Ctrl-C ends it early with exit code 130, and the
report has the counts until then.
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = attack_parser(
        "soak",
        "Run the runner for long while everything around it goes wrong; count what it survived.",
        seed_of="the faults",
        epilog=_EXAMPLES,
    )
    length = flags.add_mutually_exclusive_group()
    length.add_argument("--duration", type=console.positive_float, default=_DURATION_S, metavar="S",
                        help="seconds, in real time")  # fmt: skip
    length.add_argument("--simulated-days", type=console.positive_float, metavar="D",
                        help="days on a clock that goes on whenever somebody waits")  # fmt: skip
    length.add_argument("--demo-frames", type=console.positive_int, metavar="N",
                        help="frames of the demo, where nothing goes wrong; more than 1,000")  # fmt: skip
    return flags


def measure(options: argparse.Namespace) -> AttackResult:
    """Soak in real time, for simulated days, or through many frames of the demo."""
    if options.simulated_days is not None:
        return _simulated_day(options)
    return _long_run(options) if options.demo_frames is not None else _real_time(options)


def _real_time(options: argparse.Namespace) -> AttackResult:
    from tests.hardening.soak.real_time import soak
    from tests.hardening.soak.real_time_figures import details, figures, settings

    with progress_bar(is_quiet=options.quiet) as note:
        ran = soak(seed=options.seed, duration_s=options.duration, note=note)
    return AttackResult(figures(ran), settings(ran), details(ran), ran.is_interrupted)


def _simulated_day(options: argparse.Namespace) -> AttackResult:
    from tests.hardening.soak.simulated_day import DAY_S, soak
    from tests.hardening.soak.simulated_day_figures import details, figures, settings

    if not options.verbose:
        logging.getLogger("edge").setLevel(logging.ERROR)  # hundreds of cameras that are lost and come back
    with progress_bar(is_quiet=options.quiet) as note:
        ran = soak(seed=options.seed, duration_s=options.simulated_days * DAY_S, classifier=_classifier(), note=note)
    return AttackResult(figures(ran), settings(ran), details(ran), ran.is_interrupted)


def _long_run(options: argparse.Namespace) -> AttackResult:
    from tests.hardening.soak.long_run import SETTLED_FRAMES, figures, settings, soak

    if options.demo_frames <= SETTLED_FRAMES:
        raise ToolkitError(f"--demo-frames {options.demo_frames} is too few: expected more than 1,000")
    with progress_bar(is_quiet=options.quiet) as note:
        ran = soak(frames=options.demo_frames, classifier=_classifier(), note=note)
    return AttackResult(figures(ran), settings(ran), [asdict(sample) for sample in ran.samples], ran.is_interrupted)


def _classifier() -> Classifier:
    from edge.artifact.file import default_model
    from edge.classify.classifier import Classifier

    return Classifier.load(default_model())
