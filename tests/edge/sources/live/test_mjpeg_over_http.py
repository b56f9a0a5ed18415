"""Servers on this machine that send what they please: every picture in it is found, and nothing waits for ever."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from unittest.mock import MagicMock

import cv2
import numpy as np
import pytest

from edge.errors import SourceError, SourceRefusedError
from edge.health import Health
from edge.sources import CameraSettings, LiveTimeouts, open_source
from edge.sources.live.http_stream import MjpegConnection, open_http
from edge.sources.live.stream import Stream
from tests.edge.sources.fake_video import FakeCapture
from tests.edge.sources.live.conftest import LONG_S, MULTIPART, OK, PART, connected, jpeg


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
    "pieces",
    [[OK + b"Content-Type: video/mp4\r\n\r\n", bytes(99)], [OK + b"Content-Type: ;;;=\r\n\r\n"]],
    ids=["a video", "no type"],
)
def test_other_responses_are_left_to_ffmpeg(hostile: Callable[..., str], pieces: list[bytes]) -> None:
    assert open_http(hostile(*pieces), timeout_s=LONG_S) is None


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n",
        b"ICY 200 OK\r\nContent-Type: image/jpeg\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n--frame\r\n\r\n",
        b"Server: a camera\nContent-Type: image/jpeg\n\n",
        b"Content-Type:image/jpeg\r\n\r\n",
        b"\r\nHTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n",
    ],
    ids=[
        "none",
        "a boundary alone",
        "of SHOUTcast",
        "of SHOUTcast, without a type",
        "without a status",
        "with a short field",
        "without a blank",
        "after an empty line",
    ],
)
def test_every_picture_is_found_where_the_head_is_not_that_of_http(
    hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    """FFmpeg, which reads a head of anything, lost the first picture, and was given an address without our checks."""
    monkeypatch.setattr(cv2, "VideoCapture", None)
    capture = Stream(hostile(head, jpeg(50), jpeg(100), jpeg(150)), read_timeout_s=LONG_S).open()
    assert isinstance(capture, MjpegConnection)
    assert [float(picture.mean()) for picture in pictures_of(capture)] == pytest.approx([50, 100, 150], abs=3)
    assert capture.skipped == 0


@pytest.mark.parametrize(
    ("pieces", "for_ever", "fact"),
    [
        ([OK], b"X-More: and more\r\n", "headers"),
        ([OK + b"X-Long: "], b"x" * 9999, "header line"),
        ([], b"\0\1\2" * 999, "HTTP"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], b"", "HTTP"),
        ([b"HTTP/one 200 OK\r\n\r\n"], b"", "HTTP"),
        ([b"HTTP/1.0 fine\r\n\r\n"], b"", "HTTP"),
        ([b"\x47" + bytes(187)] * 9, b"", "HTTP"),
        ([b"ICY 404 Not Found\r\n\r\n"], b"", "404"),
        ([b""], b"", "closed connection"),
    ],
    ids=["headers without end", "a header without end", "bytes", "SSH", "no version", "no status", "a video alone",
         "SHOUTcast's refusal", "nothing"],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["", ".mp4", ".jpg"])
def test_ffmpeg_never_gets_an_address_whose_server_does_not_speak_http(
    hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch, pieces: list[bytes], for_ever: bytes, *, fact: str,
    suffix: str,
) -> None:  # fmt: skip
    url, asked = hostile(*pieces, for_ever=for_ever) + suffix, []
    monkeypatch.setattr(FakeCapture, "isOpened", lambda _: False)
    monkeypatch.setattr(cv2, "VideoCapture", lambda location, *_: asked.append(location) or FakeCapture())
    with pytest.raises(SourceError, match=fact):
        next(open_source(url, health=Health(), timeouts=LiveTimeouts(LONG_S, LONG_S),
                         settings=CameraSettings(480, 640)).frames())  # fmt: skip
    assert url not in asked


def test_ffmpeg_never_gets_an_address_whose_server_resets_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def reset(*_: object, **__: object) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(cv2, "VideoCapture", None)
    monkeypatch.setattr(HTTPConnection, "getresponse", reset)
    monkeypatch.setattr(HTTPConnection, "connect", lambda self: setattr(self, "sock", MagicMock()))
    with pytest.raises(SourceError, match="reset"):
        Stream("http://camera/live", read_timeout_s=LONG_S).open()


@pytest.mark.parametrize(
    ("piece", "error", "fact"),
    [
        (b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", SourceError, "302"),
        (b"HTTP/1.0 302 Found\r\nLocation: /camera\r\n\r\n", SourceError, "302"),
        (b"HTTP/1.0 401 No\r\nWWW-Authenticate: Digest realm=a, nonce=b\r\n\r\n", SourceRefusedError, "401"),
        (b"HTTP/1.0 403 No\r\n\r\n", SourceRefusedError, "403"),
        (b"HTTP/1.0 404 No\r\n\r\n", SourceError, "404"),
        (b"HTTP/1.0 503 No\r\n\r\n", SourceError, "503"),
        (OK + b"Content-Type: text/html\r\n\r\n<html>", SourceRefusedError, "web page"),
        (OK + b"Content-Type: application/json\r\n\r\n{}", SourceRefusedError, "web page .*json"),
        (OK + b"\r\n\n<!DOCTYPE html><title>Login</title>", SourceRefusedError, "web page"),
    ],
    ids=["to a file", "in a circle", "401", "403", "404", "503", "a page by its type", "JSON", "a page by its bytes"],
)
def test_what_a_server_refuses_is_said_and_not_tried_by_ffmpeg(
    hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch, piece: bytes, error: type[Exception], fact: str
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", None)
    with pytest.raises(SourceError, match=rf"http://\*\*\*@127.*{fact}") as caught:
        Stream(hostile(piece).replace("//", "//ada:secret@"), read_timeout_s=LONG_S).open()
    assert type(caught.value) is error
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".jpg", ".mp4"])
@pytest.mark.parametrize(
    "piece",
    [OK + b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Log in", OK + b"\r\n\n<!DOCTYPE html>",
     OK + b"Content-Type: application/json\r\n\r\n{}"],
)  # fmt: skip
def test_a_web_page_under_the_name_of_an_image_or_a_video_is_said(
    hostile: Callable[..., str], piece: bytes, suffix: str
) -> None:
    with pytest.raises(SourceError, match="web page"):
        next(open_source(hostile(piece) + suffix, health=Health(), timeouts=LiveTimeouts(LONG_S, LONG_S),
                         settings=CameraSettings(480, 640)).frames())  # fmt: skip


@pytest.mark.parametrize("suffix", ["", ".jpg"])
def test_a_picture_that_is_called_a_web_page_is_a_picture(hostile: Callable[..., str], suffix: str) -> None:
    url = hostile(OK + b"Content-Type: text/html\r\n\r\n", jpeg(50)) + suffix
    source = open_source(url, health=Health(), timeouts=LiveTimeouts(LONG_S, LONG_S), settings=CameraSettings(480, 640))
    frame = next(source.frames())
    source.close()
    assert frame is not None


@pytest.mark.parametrize("content_type", [b"image/jpeg", b"application/octet-stream"])
def test_pictures_one_after_another_under_another_type_are_a_stream(
    hostile: Callable[..., str], content_type: bytes
) -> None:
    connection = connected(hostile(OK + b"Content-Type: %s\r\n\r\n" % content_type, jpeg(50), jpeg(100), jpeg(150)))
    assert [float(picture.mean()) for picture in pictures_of(connection)] == pytest.approx([50, 100, 150], abs=3)


def test_a_stream_that_is_named_like_a_picture_is_a_stream(hostile: Callable[..., str]) -> None:
    url = hostile(MULTIPART, PART + jpeg(50), PART + jpeg(100)) + ".jpg"
    source = open_source(url, health=Health(), timeouts=LiveTimeouts(LONG_S, LONG_S), settings=CameraSettings(480, 640))
    assert source.is_live
    frame = next(source.frames())
    source.close()
    assert frame is not None
    assert not frame.is_single


def test_a_slow_stream_is_given_more_time_by_its_next_connection(hostile: Callable[..., str]) -> None:
    opener = Stream(hostile(MULTIPART, PART + jpeg(50)), read_timeout_s=10.0)
    times_s = []
    for _ in range(5):
        capture = opener.open()
        times_s.append(opener._read_timeout_s)
        capture.read()
        capture.close()
    assert times_s == [10, 20, 40, 60, 60]


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
