"""Tells systemd that the loop is alive, and in words what it sees; nothing but the loop itself can say so."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.classify.results import KNOWN_STATE, Decision, Prediction
from edge.sources.frame import Frame
from edge.system.sd_notify import Notifier

_INTERVAL_S = 1.0  # between two messages; the unit's WatchdogSec is many times that


class SystemdSink:
    """Is ready with the first answer, `stale` among them, and alive with each (see `edge.sinks.protocol.Sink`).

    A camera that is gone is no reason to be killed: the loop that waits for it is alive.
    """

    def __init__(self, notifier: Notifier, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember whom to tell.

        Args:
            notifier: the way to systemd.
            clock: monotonic seconds; tests bring their own.
        """
        self._notifier = notifier
        self._clock = clock
        self._told_s: float | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Tell, at most once a second."""
        self._tell(decision)

    def idle(self, decision: Decision) -> None:
        """Tell, at most once a second."""
        self._tell(decision)

    def close(self) -> None:
        """Say that it is about to end."""
        self._notifier.send(STOPPING="1", STATUS="ending")
        self._notifier.close()

    def _tell(self, decision: Decision) -> None:
        now_s = self._clock()
        if self._told_s is None:
            self._notifier.send(READY="1", WATCHDOG="1", STATUS=_status(decision))
        elif now_s - self._told_s >= _INTERVAL_S:
            self._notifier.send(WATCHDOG="1", STATUS=_status(decision))
        else:
            return
        self._told_s = now_s


def _status(decision: Decision) -> str:
    """The answer as `systemctl status` shows it."""
    sure = f" {decision.probability:.0%}" if decision.state == KNOWN_STATE else ""
    return f"{decision.label}{sure} ({decision.reason})"
