"""Servers on this machine that send what no camera sends."""

from __future__ import annotations

import itertools
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import cv2
import numpy as np

from edge.demo import draw_frame
from tests.hardening.malformed_media.bombs import claiming
from tests.hardening.malformed_media.pictures import encoded

_OK = b"HTTP/1.0 200 OK\r\n"
_MULTIPART = _OK + b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
_PART = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"
_VALID = 12  # pictures to be found among whatever else
_SENT = 2 * _VALID  # on a busy machine a newer one overtakes some
_PACE_S = 0.1  # between two of them
_LONGEST_S = 60.0  # that a server goes on

Pieces = Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Server:
    """Path, and the bytes for its first client; other clients get nothing."""

    name: str
    pieces: Callable[[], Pieces]
    path: str = "/camera"
    valid: int = 0
    """Whole pictures that must be found among it."""


def servers() -> list[Server]:
    """All of them."""
    return [
        Server("garbage for ever", lambda: _for_ever(_MULTIPART, b"garbage" * 999)),
        Server("garbage for ever, of no type", lambda: _for_ever(_OK + b"\r\n", b"garbage" * 999)),
        Server("starts of pictures for ever", lambda: _for_ever(_MULTIPART, b"\xff\xd8\xff" * 999)),
        Server("a picture that never ends", lambda: _for_ever(_MULTIPART + _picture(0)[:-2], bytes(9999))),
        Server("headers that never end", lambda: _for_ever(_OK, b"X-More: and more\r\n")),
        Server("a header that never ends", lambda: _for_ever(_OK + b"X-Long: ", b"x" * 9999)),
        Server("one byte a second of a header", lambda: _slowly(_OK + b"X-Long: " + b"x" * 99)),
        Server("one byte a second of a picture", lambda: _slowly(_picture(0), head=_MULTIPART)),
        Server("nothing", lambda: _for_ever(b"", b"", pace_s=0.5)),
        Server("no HTTP", lambda: [b"\0\1\2" * 9999]),
        Server("HTML", lambda: [_OK + b"Content-Type: text/html\r\n\r\n<html><body>no camera</body></html>"]),
        Server("a redirect to a file", lambda: [_redirect("file:///etc/passwd")]),
        Server("a redirect to a file, for an image", lambda: [_redirect("file:///etc/passwd")], path="/a.jpg"),
        Server("a redirect to a file, for a video", lambda: [_redirect("file:///etc/passwd")], path="/a.mp4"),
        Server("a redirect to itself", lambda: [_redirect("/camera")]),
        Server("an image that never ends", lambda: _for_ever(_OK + b"\r\n", b"\xff\xd8\xff" * 999), path="/a.jpg"),
        Server("an image of another size than it claims", lambda: [_huge_length(), _picture(0)[:99]], path="/a.jpg"),
        Server("an image, one byte a second", lambda: _slowly(_picture(0), head=_OK + b"\r\n"), path="/a.jpg"),
        Server("a video of garbage for ever", lambda: _for_ever(_OK + b"\r\n", b"garbage" * 999), path="/a.mp4"),
        Server("a video of nothing", lambda: _for_ever(_OK + b"\r\n", b"", pace_s=0.5), path="/a.mp4"),
        Server("pictures under a huge length", lambda: _paced(_huge_length(), _whole(_PART)), valid=_VALID),
        Server("pictures between lying boundaries", lambda: _paced(_MULTIPART, _whole(b"--a\r\n")), valid=_VALID),
        Server("pictures between garbage", lambda: _paced(_MULTIPART, _between_garbage()), valid=_VALID),
        Server("pictures between bombs", lambda: _paced(_MULTIPART, _between_bombs()), valid=_VALID),
        Server("another size with every picture", lambda: _paced(_MULTIPART, _sizes()), valid=_VALID),
    ]  # fmt: skip


@contextmanager
def serving(server: Server) -> Iterator[str]:
    """Serve on a free port; gives the URL."""
    over, requests = threading.Event(), itertools.count()

    class Script(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline(9999).strip():
                pass
            if next(requests) and server.valid:
                return
            until_s = time.monotonic() + _LONGEST_S
            with suppress(OSError):  # the other side hung up, rightly
                for piece in server.pieces():
                    self.wfile.write(piece)
                    if over.is_set() or time.monotonic() > until_s:
                        return

    class Quiet(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Quiet(("127.0.0.1", 0), Script) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_address[1]}{server.path}"
        finally:
            over.set()
            running.shutdown()
            thread.join()


def _picture(number: int, height: int = 120, width: int = 160) -> bytes:
    return encoded(".jpg", np.asarray(cv2.resize(draw_frame(number).image, (width, height)), np.uint8))


def _for_ever(head: bytes, piece: bytes, pace_s: float = 0.0) -> Iterator[bytes]:
    yield head
    while True:
        time.sleep(pace_s)
        yield piece


def _slowly(content: bytes, head: bytes = b"") -> Iterator[bytes]:
    yield head
    for byte in content:
        time.sleep(1)
        yield bytes([byte])


def _paced(head: bytes, pictures: Pieces) -> Iterator[bytes]:
    yield head
    for picture in pictures:
        yield picture
        time.sleep(_PACE_S)


def _redirect(where: str) -> bytes:
    return f"HTTP/1.0 302 Found\r\nLocation: {where}\r\n\r\n".encode()


def _huge_length() -> bytes:
    return _MULTIPART[:-2] + b"Content-Length: 999999999999999999\r\n\r\n"


def _whole(between: bytes) -> Iterator[bytes]:
    return (between + _picture(number) for number in range(_SENT))


def _between_garbage() -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    for number in range(_SENT):
        cut = _picture(number)[: int(rng.integers(700, 1500))]
        yield rng.bytes(2000).replace(b"\xff", b"\0") + cut + _picture(number)


def _between_bombs() -> Iterator[bytes]:
    small = encoded(".jpg", np.zeros((64, 64, 3), np.uint8), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    for number in range(_SENT):
        yield _PART + claiming(small, 65_500 if number % 2 else 16_000) + _PART + _picture(number)


def _sizes() -> Iterator[bytes]:
    return (_PART + _picture(number, 60 + 45 * number, 90 + 35 * number) for number in range(_SENT))
