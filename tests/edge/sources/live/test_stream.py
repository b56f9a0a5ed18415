"""Network cameras by OpenCV: how they are opened, skip and break off; passwords stay out of messages."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.sources import ffmpeg
from edge.sources.live import stream
from edge.sources.live.stream import Stream
from edge.sources.readers import EndOfStreamError
from tests.edge.sources.fake_video import FakeCapture


def test_a_stream_is_opened_with_time_limits_and_a_name_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    class Capture(FakeCapture):
        def __init__(self, *arguments: object) -> None:
            asked.append(arguments)
            super().__init__()

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
        ("http://cam/clip", 2.0, EndOfStreamError),
        ("http://cam/live", -1.0, SourceError),
        ("rtsp://cam/1", 2.0, SourceError),
    ],
    ids=["a video after all", "live", "RTSP"],
)
def test_a_stream_that_turns_out_to_be_a_video_file_ends(
    monkeypatch: pytest.MonkeyPatch, url: str, frame_count: float, error: type[Exception]
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "claims", {cv2.CAP_PROP_FRAME_COUNT: frame_count})
    monkeypatch.setattr(stream, "open_http", lambda url, **_: None)
    capture = Stream(url, read_timeout_s=5).open()
    capture.read()
    capture.read()
    with pytest.raises(error):
        capture.read()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_ffmpeg_asks_a_relay_and_no_server_over_http(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    asked: list[str] = []

    class Capture(FakeCapture):
        def __init__(self, location: str, *_: object) -> None:
            asked.append(location)
            super().__init__()

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    monkeypatch.setattr(ffmpeg, "require_trust", lambda *_, **__: None)
    monkeypatch.setattr(stream, "open_http", lambda *_, **__: None)
    Stream(f"{scheme}://ada:secret@cam/live", read_timeout_s=5).open().close()
    assert [url.startswith("http://127.0.0.1:") for url in asked] == [True]


def test_a_damaged_picture_of_an_mjpeg_stream_is_skipped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg hands MJPEG over undecoded: one row of bytes."""
    jpeg = np.frombuffer(cv2.imencode(".jpg", np.full((16, 24, 3), 90, np.uint8))[1].tobytes(), np.uint8)[None]
    packets = [jpeg, jpeg[:, :99], jpeg]

    class Capture(FakeCapture):
        def read(self, _into: Any = None) -> tuple[bool, Any]:
            return (True, packets.pop(0)) if packets else (False, None)

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    opener = Stream("rtsp://cam/1", read_timeout_s=5)
    capture = opener.open()
    assert [capture.read().shape for _ in range(2)] == [(16, 24, 3)] * 2
    assert opener.skipped == 1
    with pytest.raises(SourceError, match="the stream broke off"):
        capture.read()


def test_a_stream_out_of_reach_is_an_error_without_its_password() -> None:
    with pytest.raises(SourceError, match=r"can't open rtsp://\*\*\*@127\.0\.0\.1:9/x") as caught:
        Stream("rtsp://ada:secret@127.0.0.1:9/x", read_timeout_s=5).open()
    assert "secret" not in str(caught.value)
