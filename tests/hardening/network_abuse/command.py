"""Attack on the live page and in the place of the MQTT broker: command line and figures."""

from __future__ import annotations

import argparse
import logging
import secrets
from collections.abc import Sequence

from edge.cli import console
from edge.sinks.mqtt.connection import MOST_WAITING
from tests.hardening.attack_command import attack_parser
from tests.hardening.figures import AttackResult, Figure
from tests.hardening.network_abuse.attack import Outcome, attack
from tests.hardening.network_abuse.broker_outage import BrokerOutage, find_mosquitto, simulate_outage
from tests.hardening.network_abuse.exposed_runner import FPS

_LOGGER = logging.getLogger(__name__)
LEAST_RATIO = 0.95
MOST_MEMORY_MB = 32.0  # 128 connections, each of which may have sent 256 kB that are not looked at yet
MOST_LINES = 20
LONGEST_WAIT_S = 10.0  # a browser says nothing to its user for longer than that


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = attack_parser(
        "network_abuse",
        "Attack the live page, without and with a token, beside a camera that is classified and a hostile broker; "
        "then simulate an hour without a broker.",
        seed_of="the random requests",
    )
    flags.add_argument("--idle", type=console.positive_int, default=500, metavar="N",
                       help="connections that send no request")  # fmt: skip
    flags.add_argument("--seconds", type=console.positive_float, default=20.0, metavar="S",
                       help="seconds of calm before and after, and at least of requests")  # fmt: skip
    return flags


def measure(options: argparse.Namespace) -> AttackResult:
    """Attack a page without a token, one with it, and that of a session; then take the broker away."""
    outcomes = [
        attack(kind=kind, host=host, token=token, idle=options.idle, seconds=options.seconds, seed=options.seed)
        for kind, host, token in (
            ("run", "127.0.0.1", ""),
            ("run", "0.0.0.0", secrets.token_urlsafe()),  # noqa: S104  # this is the attack
            ("collect", "0.0.0.0", secrets.token_urlsafe()),  # noqa: S104  # this too
        )
    ]
    mosquitto = find_mosquitto()
    if mosquitto is None:
        _LOGGER.warning("mosquitto is not installed (apt install mosquitto): the row of its newest answer is left out")
    outage = simulate_outage(mosquitto=mosquitto)
    return AttackResult(
        [*_of_requests(outcomes), *_of_run(outcomes), *_of_broker(outcomes, outage)],
        settings={"idle": options.idle, "seconds": options.seconds, "fps": FPS},
        details=[detail for outcome in outcomes for detail in outcome.details()],
    )


def _of_requests(outcomes: Sequence[Outcome]) -> list[Figure]:
    replies = [reply for outcome in outcomes for reply in outcome.replies]
    return [
        Figure("routes attacked, of two pages", len({path for outcome in outcomes for path in outcome.paths})),
        Figure("requests nobody should send", len(replies)),
        Figure("let in without a right", sum(reply.is_let_in for reply in replies), limit=0),
        Figure("files written without a right", sum(outcome.written for outcome in outcomes), limit=0),
        Figure("server errors", sum(reply.is_error for reply in replies), limit=0),
        Figure("connections that ask for nothing", sum(outcome.idle for outcome in outcomes)),
        Figure("of these, open after 15 s", sum(outcome.idle_left for outcome in outcomes), limit=0),
        Figure("streams asked for and never read", sum(outcome.slow for outcome in outcomes)),
        Figure("of these, open after 40 s", sum(outcome.slow_left for outcome in outcomes), limit=0),
        Figure("lines on the terminal, of each run", max(outcome.lines for outcome in outcomes), limit=MOST_LINES),
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


def _of_broker(outcomes: Sequence[Outcome], outage: BrokerOutage) -> list[Figure]:
    figures = [
        Figure("connections to brokers that mean harm", sum(outcome.brokers for outcome in outcomes)),
        Figure("answers in an hour without a broker", outage.answers),
        Figure("most messages held for it", outage.most_waiting, limit=MOST_WAITING),
        Figure("answers counted as lost", outage.dropped, limit=outage.answers - 1, limit_kind="at least"),
    ]
    if outage.retained:
        figures.append(
            Figure("newest answer known after it came back", outage.has_newest, limit=1, limit_kind="at least")
        )
    return figures
