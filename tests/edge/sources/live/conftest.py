"""Servers on this machine that send what they please."""

from __future__ import annotations

import itertools
import socketserver
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from edge.sources.live.http_stream import MjpegConnection, open_http


def jpeg(grey: int, height: int = 16, width: int = 24) -> bytes:
    """A grey picture."""
    return cv2.imencode(".jpg", np.full((height, width, 3), grey, np.uint8))[1].tobytes()


OK = b"HTTP/1.0 200 OK\r\n"
MULTIPART = OK + b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
PART = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"
LONG_S = 30.0  # never waited for: a test that does has failed


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Call it with what a server is to send to whoever asks; it gives the URL."""
    monkeypatch.setenv("no_proxy", "*")
    servers: list[socketserver.ThreadingTCPServer] = []

    def start(*pieces: bytes, for_ever: bytes = b"", until: threading.Event | None = None) -> str:
        class Script(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while self.rfile.readline().strip():
                    pass
                try:
                    for piece in itertools.chain(pieces, itertools.repeat(for_ever) if for_ever else ()):
                        self.wfile.write(piece)
                    if until is not None:
                        until.wait(LONG_S)
                except OSError:
                    pass  # the other side hung up, rightly

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Script)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/camera"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()  # waits for what it serves


def connected(url: str, timeout_s: float = LONG_S) -> MjpegConnection:
    """The connection that must come of it."""
    connection = open_http(url, timeout_s=timeout_s)
    assert connection is not None
    return connection
