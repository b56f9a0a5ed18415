"""Reports readiness, liveness and the current decision to systemd."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.classify.results import KNOWN_STATE, Decision, Prediction
from edge.sources.frame import Frame
from edge.system.sd_notify import Notifier

_INTERVAL_S = 1.0  # between two messages; the unit's WatchdogSec is many times that


class SystemdSink:
    """Sends READY=1 with the first decision and WATCHDOG=1 with each (see `edge.sinks.protocol.Sink`).

    `stale` is a decision too: a loop that waits for a lost camera is alive and is not to be killed.
    """

    def __init__(self, notifier: Notifier, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin; nothing is sent before the first decision.

        Args:
            notifier: connection to systemd.
            clock: monotonic seconds; tests bring their own.
        """
        self._notifier = notifier
        self._clock = clock
        self._sent_s: float | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Send the decision, at most once a second."""
        self._send(decision)

    def idle(self, decision: Decision) -> None:
        """Send the decision, at most once a second."""
        self._send(decision)

    def close(self) -> None:
        """Report the end."""
        self._notifier.send(STOPPING="1", STATUS="ending")
        self._notifier.close()

    def _send(self, decision: Decision) -> None:
        now_s = self._clock()
        if self._sent_s is None:
            self._notifier.send(READY="1", WATCHDOG="1", STATUS=_status(decision))
        elif now_s - self._sent_s >= _INTERVAL_S:
            self._notifier.send(WATCHDOG="1", STATUS=_status(decision))
        else:
            return
        self._sent_s = now_s


def _status(decision: Decision) -> str:
    """Return the decision as `systemctl status` shows it."""
    sure = f" {decision.probability:.0%}" if decision.state == KNOWN_STATE else ""
    return f"{decision.label}{sure} ({decision.reason})"
