"""Servers on this machine that send what they please: every picture in it is found, and nothing waits for ever."""

from __future__ import annotations

import itertools
import re
import socketserver
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.images import limits
from edge.sources import images
from edge.sources.images import ImageUrlSource
from edge.sources.live.stream import MjpegConnection, Stream, open_mjpeg


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
    connection = open_mjpeg(url, timeout_s=timeout_s)
    assert connection is not None
    return connection


def pictures_of(connection: MjpegConnection) -> list[np.ndarray]:
    """Every picture until it ends, which must be with a sentence."""
    pictures = []
    try:
        while True:
            pictures.append(connection.read())
    except SourceError as error:
        assert re.search("broke off|IncompleteRead", str(error))  # noqa: PT017  # the loop ends with it
    connection.close()
    return pictures


@pytest.mark.parametrize(
    "pieces",
    [
        [MULTIPART, PART + jpeg(50), PART + jpeg(100), PART + jpeg(150)],
        [MULTIPART, jpeg(50), b"--other\r\n" + jpeg(100), b"Content-Length: 3\r\n\r\n" + jpeg(150)],
        [
            MULTIPART.replace(b"\r\n\r\n", b"\r\nContent-Length: 999999999999999999\r\n\r\n"),
            jpeg(50),
            jpeg(100),
            jpeg(150),
        ],
    ],
    ids=["as it should be", "boundaries and lengths that lie", "a huge length"],
)
def test_every_picture_of_a_stream_is_found(hostile: Callable[..., str], pieces: list[bytes]) -> None:
    connection = connected(hostile(*pieces))
    greys = [float(picture.mean()) for picture in pictures_of(connection)]
    assert greys == pytest.approx([50, 100, 150], abs=3)
    assert connection.skipped == 0


def test_pictures_between_garbage_are_found_and_garbage_is_counted(hostile: Callable[..., str]) -> None:
    cut = jpeg(9)[:-30]
    damaged = jpeg(9)[:3] + bytes(50) + b"\xff\xd9"
    connection = connected(
        hostile(MULTIPART, b"\0garbage" * 99, jpeg(9), damaged, jpeg(9), cut, jpeg(9), b"\xff" * 999)
    )
    assert [picture.shape for picture in pictures_of(connection)] == [(16, 24, 3)] * 3
    assert connection.skipped == 2


def test_a_stream_may_change_its_size_with_every_picture(hostile: Callable[..., str]) -> None:
    sizes = [(16, 24), (300, 200), (8, 8), (1, 500), (64, 64)]
    connection = connected(hostile(MULTIPART, *(PART + jpeg(9, *size) for size in sizes)))
    assert [picture.shape for picture in pictures_of(connection)] == [(*size, 3) for size in sizes]


@pytest.mark.parametrize("for_ever", [b"garbage" * 999, b"\xff\xd8\xff" * 999, b"\xff" * 999, jpeg(1)[:400]],
                         ids=["garbage", "starts", "fill bytes", "pictures that break off"])  # fmt: skip
def test_bytes_that_never_become_an_image_are_a_failed_read(hostile: Callable[..., str], for_ever: bytes) -> None:
    connection = connected(hostile(MULTIPART, for_ever=for_ever), timeout_s=0.1)
    with pytest.raises(SourceError, match=r"for 0\.1 s"):
        connection.read()
    connection.close()


def test_a_picture_that_never_ends_is_a_failed_read(hostile: Callable[..., str]) -> None:
    connection = connected(hostile(MULTIPART, jpeg(9)[:-2], for_ever=bytes(999)), timeout_s=0.1)
    with pytest.raises(SourceError, match=r"for 0\.1 s"):
        connection.read()
    connection.close()


def test_a_server_that_falls_silent_is_a_failed_read(hostile: Callable[..., str]) -> None:
    over = threading.Event()
    connection = connected(hostile(MULTIPART, jpeg(9), until=over), timeout_s=0.1)
    connection.read()
    with pytest.raises(SourceError, match="timed out"):
        connection.read()
    over.set()
    connection.close()


@pytest.mark.parametrize(
    ("pieces", "for_ever"),
    [
        ([OK], b"X-More: and more\r\n"),
        ([OK + b"X-Long: "], b"x" * 9999),
        ([], b"\0\1\2" * 999),
        ([b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"], b""),
        ([b"HTTP/1.0 302 Found\r\nLocation: /camera\r\n\r\n"], b""),
        ([OK + b"Content-Type: text/html\r\n\r\n<html>"], b""),
        ([OK + b"Content-Type: ;;;=\r\n\r\n"], b""),
        ([b""], b""),
    ],
    ids=[
        "headers without end",
        "a header without end",
        "no HTTP",
        "to a file",
        "in a circle",
        "HTML",
        "no type",
        "nothing",
    ],
)
def test_other_responses_are_left_to_ffmpeg(hostile: Callable[..., str], pieces: list[bytes], for_ever: bytes) -> None:
    assert open_mjpeg(hostile(*pieces, for_ever=for_ever), timeout_s=LONG_S) is None


def test_chunks_that_lie_are_a_stream_that_breaks_off(hostile: Callable[..., str]) -> None:
    chunked = MULTIPART.replace(b"1.0", b"1.1").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection = connected(hostile(chunked, b"%x\r\n" % len(jpeg(9)) + jpeg(9) + b"\r\n", b"no number\r\n" + jpeg(9)))
    assert connection.read().shape == (16, 24, 3)
    with pytest.raises(SourceError):
        connection.read()
    connection.close()


def test_a_camera_counts_what_it_skipped_over_all_its_connections(hostile: Callable[..., str]) -> None:
    damaged = jpeg(9)[:3] + bytes(50) + b"\xff\xd9"
    opener = Stream(hostile(MULTIPART, damaged, jpeg(9), damaged, damaged), read_timeout_s=LONG_S)
    assert opener.skipped == 0
    for skipped in (3, 6):
        capture = opener.open()
        assert capture.read().shape == (16, 24, 3)
        with pytest.raises(SourceError, match="the stream broke off"):
            capture.read()
        capture.close()
        assert opener.skipped == skipped


@pytest.mark.parametrize("where", ["file:///etc/passwd", "file:///dev/zero"])
def test_an_image_is_not_redirected_to_a_file(hostile: Callable[..., str], where: str) -> None:
    url = hostile(f"HTTP/1.0 302 Found\r\nLocation: {where}\r\n\r\n".encode())
    with pytest.raises(SourceError, match=r"http://127.*: the server answers 302"):
        ImageUrlSource(url)


def test_an_image_that_never_ends_is_refused(hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 10_000)
    with pytest.raises(SourceError, match=r"/camera: larger than 10,000 bytes"):
        ImageUrlSource(hostile(OK + b"\r\n", for_ever=b"\xff\xd8\xff" * 99))


def test_an_image_that_takes_for_ever_is_not_waited_for(
    hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_LONGEST_S", 0.0)
    with pytest.raises(SourceError, match=r"http://127.*: .* 0 s$"):
        ImageUrlSource(hostile(OK + b"\r\n", for_ever=b"\xff\xd8\xff"))
