"""Attack by SIGKILL in the middle of writes: command line, order of kills, and figures."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edge.cli import console
from tests.hardening.attack_command import attack_parser
from tests.hardening.figures import AttackResult, Figure
from tests.hardening.power_loss import killing
from tests.hardening.power_loss.attack import Attack, Tally
from tests.hardening.power_loss.scenarios import KINDS, make_scenarios

_KILLS = 200
_WRITING_SHARE = 0.1  # of the kills: with fewer in the middle of a write the attack would prove little
_EPILOG = """examples:
  python -m tests.hardening power                     all kinds, 40 kills each: about a quarter of an hour
  python -m tests.hardening power --kills 10          a look
  python -m tests.hardening power --kind config --kind snapshot       without TensorFlow
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = attack_parser(
        "power",
        "Kill every command that writes files at random moments, half of them while it writes; then look at every "
        "file, and start the command again.",
        seed_of="the moments",
        epilog=_EPILOG,
    )
    flags.add_argument("--kills", type=console.positive_int, default=_KILLS, metavar="N", help="of all kinds together")
    flags.add_argument("--kind", action="append", choices=KINDS, dest="kinds", default=[],
                       help="what to kill; repeatable (default: all)")  # fmt: skip
    flags.add_argument("--jobs", type=console.positive_int, default=2, metavar="N", help="kinds attacked at once")
    return flags


def measure(options: argparse.Namespace) -> AttackResult:
    """Kill the commands of each kind."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # that videos are cut is what this is about
    kinds = options.kinds or list(KINDS)
    with tempfile.TemporaryDirectory(prefix="hardening-power-") as folder:
        scenarios = make_scenarios(Path(folder), kinds)
        attacks = [Attack(scenario, seed=options.seed) for scenario in scenarios]
        kills = [options.kills // len(kinds) + (number < options.kills % len(kinds)) for number in range(len(kinds))]
        tallies = _in_lanes(attacks, kills, jobs=options.jobs)
        system = sum(len(list((Path(folder) / f"{kind}.tmp").iterdir())) - 1 for kind in kinds)  # standard error's
    return AttackResult(
        figures(dict(zip(kinds, tallies, strict=True)), kills=options.kills, system=system),
        settings={"kills": options.kills, "kinds": kinds},
        details=[detail for tally in tallies for detail in tally.details],
    )


def figures(tallies: dict[str, Tally], *, kills: int, system: int) -> list[Figure]:
    """Return the counts and promises.

    Args:
        tallies: kind -> what came of it.
        kills: that were asked for.
        system: files that kills left in the system's folder for temporary ones.
    """
    every = list(tallies.values())
    least = int(kills * _WRITING_SHARE)
    return [
        Figure("kills", sum(tally.kills for tally in every), limit=kills, limit_kind="at least"),
        *(Figure(f"kills: {kind}", tally.kills) for kind, tally in tallies.items()),
        Figure(
            "kills while a file was being written",
            sum(tally.while_writing for tally in every),
            limit=least,
            limit_kind="at least",
        ),
        Figure("files looked at", sum(tally.files for tally in every)),
        Figure("files neither old nor new, or not whole", sum(len(tally.broken) for tally in every), limit=0),
        Figure("lines of logs cut short", sum(tally.lines_cut for tally in every)),
        Figure("next starts", sum(tally.starts for tally in every)),
        Figure("starts that failed", sum(len(tally.failed) for tally in every), limit=0),
        Figure("temporary files that kills left", sum(tally.temporaries for tally in every)),
        Figure("of them left after the next start", sum(len(tally.strays) for tally in every), limit=0),
        Figure("left in the system's temporary folder", system),
    ]


def _in_lanes(attacks: Sequence[Attack], kills: Sequence[int], *, jobs: int) -> list[Tally]:
    """All attacks, so many at once; Ctrl-C ends the commands that run."""
    with ThreadPoolExecutor(jobs) as lanes:
        waiting = [lanes.submit(attack.run, count) for attack, count in zip(attacks, kills, strict=True)]
        try:
            return [each.result() for each in waiting]
        except BaseException:
            killing.halted.set()
            raise
