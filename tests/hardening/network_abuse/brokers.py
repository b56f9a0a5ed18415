"""Brokers made of a plain socket: some that mean harm, and a good one at the end."""

from __future__ import annotations

import itertools
import queue
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

TIMEOUT_S = 30.0
WELCOME = b"\x20\x02\x00\x00"  # CONNACK
Script = Callable[[socket.socket], None]
"""Does to one connection what it has in mind; an OSError ends it."""


def says(*packets: bytes) -> Script:
    """A broker that says this and then listens until the other side has enough."""

    def script(line: socket.socket) -> None:
        for packet in packets:
            line.sendall(packet)
        while line.recv(65_536):
            pass

    return script


def floods(packet: bytes, *, first: bytes = WELCOME) -> Script:
    """A broker that never ends and never listens."""

    def script(line: socket.socket) -> None:
        line.sendall(first)
        while True:
            line.sendall(1000 * packet)

    return script


def closes(line: socket.socket) -> None:  # a script's
    """A broker that hangs up at once."""


HOSTILE: dict[str, Script] = {
    "closes at once": closes,
    "speaks another language": says(
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 17\r\n\r\n400 Bad Request\r\n"
    ),
    "a welcome without content": says(b"\x20\x00"),
    "a welcome, then a receipt without content": says(WELCOME, b"\x40\x00"),
    "a message cut short": says(WELCOME, b"\x30\x02\x00\x09"),
    "a packet of 256 MB": floods(b"a", first=WELCOME + b"\x30\xff\xff\xff\x7f"),
    "a length without end": says(WELCOME, b"\x30\xff\xff\xff\xff\xff"),
    "an older protocol, please": says(b"\x20\x02\x00\x01"),
    "you are not who you say": says(b"\x20\x02\x00\x05"),
    "pings without end": floods(b"\xc0\x00"),
    "messages without end": floods(b"\x32\x06\x00\x01a\x00\x01b"),
    "welcomes without end": floods(WELCOME),
}


class Broker:
    """Does to each connection what the next script says; after the last it is a good broker."""

    def __init__(self, scripts: Iterable[Script] = ()) -> None:
        """Listen on a free port of this machine, in a thread."""
        self.came = 0
        """Return the number of connections."""
        self._heard: queue.Queue[bytes] = queue.Queue()
        self._scripts = itertools.chain(scripts, itertools.repeat(self._is_good))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def wait_for(self, words: bytes) -> bytes:
        """Return what the good broker received until these words came.

        Raises:
            queue.Empty: they don't come.
        """
        heard = b""
        while words not in heard:
            heard += self._heard.get(timeout=TIMEOUT_S)
        return heard

    def close(self) -> None:
        """Be gone."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(TIMEOUT_S)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                self.came += 1
                with line, suppress(OSError):
                    line.settimeout(TIMEOUT_S)
                    next(self._scripts)(line)

    def _is_good(self, line: socket.socket) -> None:
        line.sendall(WELCOME)
        while part := line.recv(65_536):
            self._heard.put(part)
