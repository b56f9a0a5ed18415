"""Reports to systemd that the loop is alive, and its decision as text: sd_notify(3).

The protocol is one datagram to the socket that $NOTIFY_SOCKET names. It is written out here because systemd's authors
advise that: the datagram is the stable interface. Of the packages that wrap it the pure ones had their last release
years ago, and the others need a compiler or a C library.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping

from edge.classify.results import KNOWN_STATE, Decision, Prediction
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame

_INTERVAL_S = 1.0  # between two messages; the unit's WatchdogSec is many times that
_LOGGER = logging.getLogger(__name__)


class Notifier:
    """Socket of the service manager; a message that it can't take is dropped, so that no run ends or waits for it."""

    def __init__(self, address: str) -> None:
        """Open the socket; the address is a path, or @ and an abstract name."""
        import socket

        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    def send(self, **variables: str) -> None:
        """Send variables of sd_notify(3), such as READY="1" or STATUS="a line for people"."""
        lines = [f"{name}={' '.join(value.split())}" for name, value in variables.items()]
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            _LOGGER.debug("systemd didn't take %s: %s", ", ".join(variables), error)

    def close(self) -> None:
        """Close the socket; calling it again does nothing."""
        self._socket.close()


def notifier(environment: Mapping[str, str] = os.environ) -> Notifier | None:
    """Return a notifier if systemd started this process and waits for messages."""
    address = environment.get("NOTIFY_SOCKET", "")
    return Notifier(address) if address.startswith(("/", "@")) else None  # the third kind, vsock, is a machine's


class SystemdSink(Sink):
    """Sends READY=1 with the first decision, `stale` among them, and WATCHDOG=1 once a second.

    A lost camera is no reason for a restart: the loop that waits for it is alive.
    """

    def __init__(self, notifier: Notifier, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._notifier = notifier
        self._clock = clock
        self._sent_s: float | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Send the decision, at most once a second."""
        self._send(decision)

    def idle(self, decision: Decision) -> None:
        """Send the decision, at most once a second."""
        self._send(decision)

    def wait(self) -> None:
        """Send WATCHDOG=1, at most once a second: pictures may come minutes apart."""
        if self._sent_s is not None and self._clock() - self._sent_s >= _INTERVAL_S:
            self._notifier.send(WATCHDOG="1")
            self._sent_s = self._clock()

    def close(self) -> None:
        """Send STOPPING=1."""
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
