"""People at the live page: some watch and leave without a word, some never read what they asked for."""

from __future__ import annotations

import http.client
import selectors
import socket
import struct
from collections.abc import Callable

_REQUEST = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
_JPEG = b"\xff\xd8\xff"


class Viewers:
    """Open connections to the page's picture and its messages, in turn."""

    def __init__(self, port: int, count: int, *, reads: bool) -> None:
        """Connect and ask.

        Args:
            port: of the page.
            count: of connections.
            reads: whether they read at all.
        """
        self._reads = reads
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._waiting: set[socket.socket] = set()
        for number in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            connection.sendall(_REQUEST % (b"/messages" if number % 2 else b"/pictures"))
            connection.setblocking(False)
            self._sockets.append(connection)
            if reads:
                self._selector.register(connection, selectors.EVENT_READ)
                self._waiting |= set() if number % 2 else {connection}

    @property
    def unseen(self) -> int:
        """Return the number of reading viewers that got no image."""
        return len(self._waiting)

    def look(self, seconds: float, rest: Callable[[float], None]) -> None:
        """Read what has come within so many seconds, or just let them pass."""
        if not self._reads:
            rest(seconds)
            return
        for key, _ in self._selector.select(seconds):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            try:
                got = connection.recv(1 << 20)
            except OSError:
                got = b""
            if not got:
                self._selector.unregister(connection)
            if _JPEG in got and connection in self._waiting:
                self._waiting.remove(connection)

    def leave(self) -> None:
        """Reset the connections, as a phone that goes out of reach."""
        self._selector.close()
        for connection in self._sockets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()


def status_of_health(port: int) -> int:
    """Return the status code of /healthz; 0 without a response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost", "Connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
