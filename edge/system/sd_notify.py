"""Tells systemd how a service is: sd_notify(3), one datagram to the socket that $NOTIFY_SOCKET names.

Written out because systemd's authors advise just that: the datagram is the stable interface, and no library is worth
linking for it. Of the packages that wrap it the pure ones had their last release years ago, the others need a compiler
or a C library.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

_LOGGER = logging.getLogger(__name__)


class Notifier:
    """The way to the service manager; what it can't take is dropped, for a run must not end or wait because of it."""

    def __init__(self, address: str) -> None:
        """Open the socket.

        Args:
            address: a path, or @ and an abstract name.
        """
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
    """The way to systemd where it started this process and waits to be told; None elsewhere."""
    address = environment.get("NOTIFY_SOCKET", "")
    return Notifier(address) if address.startswith(("/", "@")) else None  # the third kind, vsock, is a machine's
