"""Videos made on the spot, images from a server on this machine, and passwords that stay out of every message."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.sources import stream
from edge.sources.names import is_live, is_url, without_password
from edge.sources.reader import EndOfStream
from edge.sources.stream import ImageUrlSource, Stream, VideoSource

PNG = cv2.imencode(".png", np.full((3, 5, 3), 77, np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://host/a", True),
        ("rtsp://host", True),
        ("h264+tcp://host", True),
        ("FILE:///a", True),
        ("a/b.png", False),
        ("C:\\a", False),
        ("://a", False),
        ("2://a", False),
        ("", False),
    ],
)
def test_is_url(text: str, expected: bool) -> None:
    assert is_url(text) is expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://ada:secret@cam/1", "rtsp://***@cam/1"),
        ("rtsp://ada:se@cret@cam:554/1", "rtsp://***@cam:554/1"),
        ("http://ada@cam/a.jpg", "http://***@cam/a.jpg"),
        ("http://:secret@cam", "http://***@cam"),
        ("http://cam/a@b.jpg", "http://cam/a@b.jpg"),
        ("http://cam:8080/a.jpg?x=1", "http://cam:8080/a.jpg?x=1"),
        ("folder/a@b.mp4", "folder/a@b.mp4"),
        ("http://cam/video?user=ada&password=secret&size=2", "http://cam/video?user=***&password=***&size=2"),
        ("rtsp://ada:x@cam/1?PWD=secret;channel=1", "rtsp://***@cam/1?PWD=***;channel=1"),
        ("http://cam/video?token=secret#a", "http://cam/video?token=***#a"),
        ("http://cam/video?compass=2&monkey=3", "http://cam/video?compass=2&monkey=3"),
    ],
)
def test_without_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A video of seven frames, each brighter than the one before."""
    path = tmp_path / "walk.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 48))
    assert writer.isOpened()
    for number in range(7):
        writer.write(np.full((48, 64, 3), 30 * number, np.uint8))
    writer.release()
    return path


def test_a_video_gives_every_frame_in_order_and_ends(video: Path) -> None:
    source = VideoSource(str(video))
    frames = list(source.frames())
    source.close()
    source.close()
    assert [frame.number for frame in frames] == list(range(7))
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 7
    assert [float(frame.image.mean()) for frame in frames] == pytest.approx([30 * n for n in range(7)], abs=3)
    assert {frame.source for frame in frames} == {str(video)}
    assert source.skipped == 0
    assert source.is_stream


def test_a_video_that_is_left_in_the_middle_is_let_go(video: Path) -> None:
    untouched, begun = VideoSource(str(video)), VideoSource(str(video))
    next(begun.frames())
    for source in (untouched, begun):
        source.close()
        assert not source._capture.isOpened()


def test_the_times_of_a_video_file_are_those_of_its_playing(video: Path) -> None:
    frames = list(VideoSource(str(video)).frames())
    elapsed_ms = [(frame.time - frames[0].time) / timedelta(milliseconds=1) for frame in frames]
    assert elapsed_ms == pytest.approx([100 * number for number in range(7)])  # ten frames a second


def test_on_the_command_line_a_video_ends_with_exit_code_0(edge_classify: Callable[..., Any], video: Path) -> None:
    outcome = edge_classify("--source", video, "--json")
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 7
    assert outcome.err.startswith("7 frames in ")


@pytest.mark.parametrize("content", [b"", b"no video\n", bytes(4000)], ids=["empty", "text", "zeros"])
def test_a_file_that_is_no_video_is_one_line_and_not_a_word_from_ffmpeg(
    spawn: Callable[..., Any], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "walk.mp4"
    path.write_bytes(content)
    # In a process of its own: OpenCV reads its log level once, when it is imported.
    child = spawn("-m", "edge.cli", "--source", str(path))
    assert child.communicate(timeout=60) == (
        "",
        f"error: can't open {path}: not an image or video that OpenCV can read, or out of reach\n",
    )
    assert child.returncode == 1


class FakeCapture:
    """Stands for cv2.VideoCapture: gives two frames, then none."""

    left = 2

    def __init__(self, location: str, backend: int) -> None:
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return True

    def read(self) -> tuple[bool, Any]:
        self.left -= 1
        return self.left >= 0, np.zeros((2, 2, 3), np.uint8)

    def release(self) -> None:
        self.released = True


@pytest.mark.parametrize("position_ms", [-1.0, float("nan"), 1e300])
def test_a_damaged_time_stamp_costs_no_frame(monkeypatch: pytest.MonkeyPatch, position_ms: float) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "get", lambda self, property_id: position_ms, raising=False)
    first, second = VideoSource("walk.mp4").frames()
    assert first.time == second.time


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://cam/1", True),
        ("rtsp://cam/walk.mp4", True),
        ("udp://127.0.0.1:5000", True),
        ("http://cam/video", True),
        ("http://cam/video?file=a.mp4", True),
        ("http://cam/walk.mp4", False),
        ("https://cam/WALK.MKV?x=1", False),
    ],
)
def test_what_is_live(url: str, expected: bool) -> None:
    assert is_live(url) is expected


def test_a_stream_is_opened_with_time_limits_and_a_name_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    class Capture(FakeCapture):
        def __init__(self, location: str, backend: int, parameters: list[int]) -> None:
            asked.append((location, backend, parameters))
            super().__init__(location, backend)

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    opener = Stream("rtsp://ada:secret@cam/1", read_timeout_s=7.5)
    assert opener.name == "rtsp://***@cam/1"
    capture = opener.open()
    assert asked == [
        (
            "rtsp://ada:secret@cam/1",
            cv2.CAP_FFMPEG,
            [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 10_000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 7500],
        )
    ]
    assert [capture.read().shape for _ in range(2)] == [(2, 2, 3)] * 2
    with pytest.raises(SourceError, match="the stream broke off"):
        capture.read()
    capture.close()


@pytest.mark.parametrize(
    ("url", "frame_count", "error"),
    [
        ("http://cam/clip", 2.0, EndOfStream),
        ("http://cam/live", -1.0, SourceError),
        ("rtsp://cam/1", 2.0, SourceError),
    ],
    ids=["a video after all", "live", "RTSP"],
)
def test_what_turns_out_to_be_a_video_file_ends(
    monkeypatch: pytest.MonkeyPatch, url: str, frame_count: float, error: type[Exception]
) -> None:
    class Capture(FakeCapture):
        def __init__(self, location: str, backend: int, parameters: list[int]) -> None:
            super().__init__(location, backend)

        def get(self, property_id: int) -> float:
            return frame_count

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    capture = Stream(url, read_timeout_s=5).open()
    capture.read()
    capture.read()
    with pytest.raises(error):
        capture.read()


def test_a_stream_out_of_reach_says_so_without_its_password() -> None:
    with pytest.raises(SourceError, match=r"^can't open rtsp://\*\*\*@127\.0\.0\.1:9/x: not a stream") as caught:
        Stream("rtsp://ada:secret@127.0.0.1:9/x", read_timeout_s=5).open()
    assert "secret" not in str(caught.value)


def test_a_video_behind_http_ends_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    assert len(list(VideoSource("http://cam/walk.mp4").frames())) == 2


def test_a_video_without_frames_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "left", 0)
    with pytest.raises(SourceError, match=r"walk\.mp4 holds no frame that OpenCV can read"):
        next(VideoSource("walk.mp4").frames())


class Handler(BaseHTTPRequestHandler):
    """Serves one picture, one text, one redirect; the picture behind /locked/ for ada:se@cret only."""

    logins: list[str | None]

    def do_GET(self) -> None:
        login = self.headers["Authorization"]
        self.logins.append(login)
        expected = "Basic " + base64.b64encode(b"ada:se@cret").decode()
        if self.path.startswith("/locked/") and login != expected:
            self.send_error(401)
        elif self.path == "/moved.png":
            self.send_response(302)
            self.send_header("Location", "/a.png")
            self.end_headers()
        elif self.path.endswith("/a.png"):
            self._send(PNG)
        elif self.path == "/text.png":
            self._send(b"no picture")
        elif self.path == "/garbled.png":
            self.wfile.write(b"\x00\x01\x02\n\n")
        else:
            self.send_error(404)

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """A server on this machine; call it with a path, and perhaps a login, for the URL."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(Handler, "logins", [], raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield lambda path, login="": f"http://{login}127.0.0.1:{running.server_port}{path}"
        running.shutdown()
        thread.join()


def test_an_image_from_the_web_is_one_frame(server: Callable[..., str]) -> None:
    source = ImageUrlSource(server("/a.png"))
    (frame,) = source.frames()
    source.close()
    assert frame.image.tolist() == np.full((3, 5, 3), 77).tolist()
    assert (frame.number, frame.source) == (0, server("/a.png"))
    assert Handler.logins == [None]


def test_a_login_in_the_url_reaches_the_camera_and_no_message(server: Callable[..., str]) -> None:
    source = ImageUrlSource(server("/locked/a.png", "ada:se%40cret@"))
    (frame,) = source.frames()
    assert frame.source == source.name == server("/locked/a.png", "***@")
    assert not source.is_stream
    for path, words in (("/locked/gone.png", "Not Found"), ("/text.png", "not an image")):
        with pytest.raises(SourceError, match=words) as caught:
            ImageUrlSource(server(path, "ada:se@cret@"))
        assert "cret" not in str(caught.value)


def test_a_login_is_not_handed_on_by_a_redirect(server: Callable[..., str]) -> None:
    list(ImageUrlSource(server("/moved.png", "ada:pw@")).frames())
    assert [login is None for login in Handler.logins] == [False, True]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/gone.png", "can't fetch {url}: Not Found"),
        ("/locked/a.png", "can't fetch {url}: Unauthorized"),
        ("/text.png", "{url}: not an image that OpenCV can read"),
        ("/garbled.png", "can't fetch {url}: "),
    ],
    ids=["404", "401", "not an image", "not HTTP"],
)
def test_on_the_command_line_an_image_that_can_not_be_had_is_one_line(
    edge_classify: Callable[..., Any], server: Callable[..., str], path: str, words: str
) -> None:
    outcome = edge_classify("--source", server(path))
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.sentence.startswith(words.format(url=server(path)))


def test_a_picture_that_is_too_large_is_refused(server: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_MAX_IMAGE_BYTES", len(PNG))
    ImageUrlSource(server("/a.png"))
    monkeypatch.setattr(stream, "_MAX_IMAGE_BYTES", len(PNG) - 1)
    with pytest.raises(SourceError, match=rf"/a\.png is larger than {len(PNG) - 1} bytes"):
        ImageUrlSource(server("/a.png"))


@pytest.mark.parametrize("url", ["http://ada:secret@127.0.0.1:port/a.png", "http://[::1/a.png", "http:///a.png"])
def test_a_url_that_is_none_is_one_sentence_without_its_password(url: str) -> None:
    with pytest.raises(SourceError, match="can't fetch http://") as caught:
        ImageUrlSource(url)
    assert "secret" not in str(caught.value)
