"""`python -m tests.hardening strangers`: strangers at the page and in the broker's place, against the runner."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.cli import console
from edge.errors import EXIT_DONE
from edge.sinks.mqtt.connection import MOST_WAITING
from tests.hardening.figures import Figure, finish
from tests.hardening.network_abuse.attack import Outcome, attack
from tests.hardening.network_abuse.broker_outage import RealTimeRun, an_hour, find_mosquitto
from tests.hardening.network_abuse.subject import FPS

LEAST_RATIO = 0.95
MOST_MEMORY_MB = 32.0  # 128 connections, each of which may have sent 256 kB that are not looked at yet
MOST_LINES = 20
LONGEST_WAIT_S = 10.0  # a browser says nothing to its user for longer than that


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m tests.hardening strangers",
        description="Attack the live page, without and with a token, beside a camera that is classified and a broker "
        "that means harm; then be without a broker for an hour of made-up time.",
        epilog="exit codes: 0 every promise is held, 1 an attack could not be made, 2 wrong call, 3 one is not held",
    )
    flags.add_argument(
        "--seed", type=console.natural, default=0, metavar="N", help="of the requests that are made at random"
    )
    flags.add_argument("--idle", type=console.positive_int, default=500, metavar="N",
                       help="connections that ask for nothing")  # fmt: skip
    flags.add_argument("--seconds", type=console.positive_float, default=20.0, metavar="S",
                       help="of calm before and after, and at least of requests")  # fmt: skip
    flags.add_argument("--out", type=Path, metavar="FILE",
                       help="JSON to write (reports/hardening-strangers-<UTC time>.json unless given)")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Attack, count, and say what was held."""
    arguments = list(sys.argv[2:] if argv is None else argv)
    options = parser().parse_args(arguments)
    console.start_logging(options)
    outcomes = [
        attack(host=host, token=token, idle=options.idle, seconds=options.seconds, seed=options.seed)
        for host, token in (("127.0.0.1", ""), ("0.0.0.0", secrets.token_urlsafe()))  # noqa: S104  # this is the attack
    ]
    mosquitto = find_mosquitto()
    if mosquitto is None:
        print(
            "no mosquitto here (apt install mosquitto): what a broker is told in the end is left out", file=sys.stderr
        )
    hour = an_hour(mosquitto=mosquitto)
    finish(
        "strangers",
        [*_of_requests(outcomes), *_of_run(outcomes), *_of_broker(outcomes, hour)],
        arguments=arguments,
        settings={"idle": options.idle, "seconds": options.seconds, "fps": FPS},
        seed=options.seed,
        out=options.out,
        details=[detail for outcome in outcomes for detail in outcome.details()],
    )
    return EXIT_DONE


def _of_requests(outcomes: Sequence[Outcome]) -> list[Figure]:
    replies = [reply for outcome in outcomes for reply in outcome.replies]
    return [
        Figure("routes attacked", len(outcomes[0].paths)),
        Figure("requests nobody should send", len(replies)),
        Figure("let in without a right", sum(reply.is_let_in for reply in replies), limit=0),
        Figure("server errors", sum(reply.is_error for reply in replies), limit=0),
        Figure("connections that ask for nothing", sum(outcome.idle for outcome in outcomes)),
        Figure("of these, open after 15 s", sum(outcome.idle_left for outcome in outcomes), limit=0),
        Figure("streams asked for and never read", sum(outcome.slow for outcome in outcomes)),
        Figure("of these, open after 40 s", sum(outcome.slow_left for outcome in outcomes), limit=0),
        Figure("lines on the terminal, of two runs", max(outcome.lines for outcome in outcomes), limit=MOST_LINES),
        Figure("secrets told on the terminal or by the page", sum(outcome.leaks for outcome in outcomes), limit=0),
    ]


def _of_run(outcomes: Sequence[Outcome]) -> list[Figure]:
    return [
        Figure("runner crashes", sum(outcome.has_crashed for outcome in outcomes), limit=0),
        Figure("most memory beyond calm", max(outcome.memory_mb for outcome in outcomes), "MB", limit=MOST_MEMORY_MB),
        Figure("handles left open", max(outcome.handles for outcome in outcomes), limit=0),
        Figure(f"frames a second in calm, of {FPS:.0f}", min(outcome.calm_fps for outcome in outcomes)),
        Figure("frames classified under attack, of those in calm", min(outcome.ratio for outcome in outcomes), "",
               limit=LEAST_RATIO, limit_kind="at least"),
        Figure("answers that a viewer with a right missed", sum(outcome.missed for outcome in outcomes), limit=0),
        Figure("longest that one took", max(outcome.longest_wait_s for outcome in outcomes), "s", limit=LONGEST_WAIT_S),
    ]  # fmt: skip


def _of_broker(outcomes: Sequence[Outcome], hour: RealTimeRun) -> list[Figure]:
    figures = [
        Figure("connections to brokers that mean harm", sum(outcome.brokers for outcome in outcomes)),
        Figure("answers in an hour without a broker", hour.answers),
        Figure("most messages held for it", hour.most_waiting, limit=MOST_WAITING),
        Figure("answers counted as lost", hour.dropped, limit=hour.answers - 1, limit_kind="at least"),
    ]
    if hour.told:
        figures.append(Figure("newest answer known after it came back", hour.is_told, limit=1, limit_kind="at least"))
    return figures
