"""What a broker may not do to who talks to it: flood it, swamp its memory, or end its thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from edge.sinks.delivery import LONGEST_DELAY_S

# Who only publishes hears CONNACK, PUBACK and PINGRESP (MQTT 3.1.1, 3.2, 3.4, 3.13): at most two bytes after the head.
_LARGEST_BYTES = 2
_AT_FIRST_BYTES, _BYTES_PER_S = 256, 16  # two hundred times what is due


class Wary:
    """Goes in front of paho's client class, which hears everything out and dies of what it can't read."""

    host: str
    port: int
    keepalive: int
    connect_async: Any
    on_garbage: Callable[[Exception], None]
    """Told what paho couldn't read; its thread waits a while and connects anew."""
    clock: Callable[[], float] = time.monotonic
    _heard_bytes = 0
    _connected_s = 0.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.is_over = threading.Event()
        """Set at the end: no further connection is tried."""

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> Any:
        """Talk until the end; paho's thread calls this."""
        while not self.is_over.is_set():
            try:
                return super().loop_forever(timeout, retry_first_connection)  # type: ignore[misc]  # paho's
            except Exception as error:  # noqa: BLE001  # struct.error, IndexError, whatever a packet leads to
                self.connect_async(self.host, self.port, self.keepalive)  # not connected from here on
                self.on_garbage(error)
            self.is_over.wait(LONGEST_DELAY_S)
        return None

    def reconnect(self) -> Any:
        """Connect; paho calls this."""
        self._heard_bytes, self._connected_s = 0, self.clock()
        return super().reconnect()  # type: ignore[misc]  # paho's

    def _sock_recv(self, most: int) -> bytes:
        """Read from the broker; paho takes an OSError for a connection that broke."""
        allowed = _AT_FIRST_BYTES + _BYTES_PER_S * (self.clock() - self._connected_s)
        if most > _LARGEST_BYTES or self._heard_bytes > allowed:
            raise ConnectionAbortedError("the broker says what it wasn't asked")
        heard: bytes = super()._sock_recv(most)  # type: ignore[misc]  # paho's
        self._heard_bytes += len(heard)
        return heard
