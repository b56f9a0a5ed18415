"""Video files made on the spot, whole and damaged: every frame in its order, what is missing said, then the end."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.sources import opencv_capture
from edge.sources.live.stream import Stream
from edge.sources.video import VideoSource
from tests.edge.sources.fake_video import FakeCapture


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


def test_a_video_that_is_left_in_the_middle_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[FakeCapture] = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: opened.append(FakeCapture()) or opened[-1])
    untouched, begun = VideoSource("walk.mp4"), VideoSource("walk.mp4")
    next(begun.frames())
    for source in (untouched, begun):
        source.close()
    assert [capture.released for capture in opened] == [True]


def test_the_times_of_a_video_file_are_those_of_its_playing(video: Path) -> None:
    frames = list(VideoSource(str(video)).frames())
    assert [frame.position_s for frame in frames] == pytest.approx([number / 10 for number in range(7)])
    assert [frame.clock_s for frame in frames] == [frame.position_s for frame in frames]


def test_no_time_of_a_video_file_lies_in_the_future(video: Path) -> None:
    for frame in VideoSource(str(video)).frames():
        assert frame.time <= datetime.now(timezone.utc)


def test_on_the_command_line_a_video_ends_with_exit_code_0(edge_classify: Callable[..., Any], video: Path) -> None:
    outcome = edge_classify("--source", video, "--json")
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 7
    assert outcome.err.startswith("7 frames in ")


@pytest.mark.parametrize("content", [b"", b"no video\n", bytes(4000)], ids=["empty", "text", "zeros"])
def test_a_file_that_is_no_video_is_one_line_of_error(
    spawn: Callable[..., Any], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "walk.mp4"
    path.write_bytes(content)
    # In a process of its own: OpenCV reads its log level once, when it is imported.
    child = spawn("-m", "edge.run.main", "--source", str(path))
    out, err = child.communicate(timeout=60)
    assert (out, err.count("\n"), child.returncode) == ("", 1, 1)
    assert err.startswith(f"error: can't open {path}: ")


@pytest.mark.parametrize("position_ms", [-1.0, float("nan"), 1e300])
def test_a_damaged_time_stamp_costs_no_frame(monkeypatch: pytest.MonkeyPatch, position_ms: float) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "claims", {cv2.CAP_PROP_POS_MSEC: position_ms, cv2.CAP_PROP_FPS: 20.0})
    assert [frame.position_s for frame in VideoSource("walk.mp4").frames()] == [0.0, 0.05]
    assert [frame.position_s for frame in VideoSource("walk.mp4", fps=50).frames()] == [0.0, 0.02]


def test_a_video_behind_http_ends_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    assert len(list(VideoSource("http://cam/walk.mp4").frames())) == 2


def test_a_video_without_frames_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "left", 0)
    with pytest.raises(SourceError, match=r"walk\.mp4 .*no frame"):
        next(VideoSource("walk.mp4").frames())


def test_frames_that_fail_in_the_middle_are_skipped_counted_and_logged(
    video: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = bytearray(video.read_bytes())
    starts = [place for place in range(len(content)) if content[place : place + 3] == b"\xff\xd8\xff"]
    assert len(starts) == 7
    for number in (2, 4):
        length = starts[number + 1] - starts[number] - 8  # but for the next one's chunk header
        content[starts[number] : starts[number] + length] = bytes(length)
    video.write_bytes(content)
    source = VideoSource(str(video))
    frames = list(source.frames())
    assert [round(float(frame.image.mean()) / 30) for frame in frames] == [0, 1, 3, 5, 6]
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert source.skipped == 2
    assert caplog.messages == [f"skipped 2 frames of {video}: damaged"]


def test_frames_of_mjpeg_may_differ_in_size_and_format_and_a_bomb_is_skipped(tmp_path: Path) -> None:
    """FFmpeg would take a gigabyte for the bomb, and scale each frame to the size of the first."""
    picture = np.full((48, 64, 3), 90, np.uint8)
    plain = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420])[1]
    fine = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422])[1]
    large = cv2.imencode(".jpg", np.full((240, 320, 3), 90, np.uint8))[1]
    bomb = bytearray(plain.tobytes())
    bomb[bomb.find(b"\xff\xc0") + 5 : bomb.find(b"\xff\xc0") + 9] = (40_000).to_bytes(2, "big") * 2
    path = tmp_path / "walk.mjpeg"
    path.write_bytes(fine.tobytes() + plain.tobytes() + bytes(bomb) + large.tobytes() + fine.tobytes())
    source = VideoSource(str(path))
    frames = list(source.frames())
    assert [frame.image.shape for frame in frames] == [(48, 64, 3), (48, 64, 3), (240, 320, 3), (48, 64, 3)]
    assert [float(frame.image.mean()) for frame in frames] == pytest.approx([90] * 4, abs=2)
    assert source.skipped == 1


def test_a_video_cut_short_is_logged_and_exit_code_1(edge_classify: Callable[..., Any], tmp_path: Path) -> None:
    whole = tmp_path / "walk.mp4"
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 48))
    for number in range(40):
        writer.write(np.full((48, 64, 3), 6 * number, np.uint8))
    writer.release()
    content = bytearray(whole.read_bytes())
    data = content.find(b"mdat") + 4
    content[data + (content.find(b"moov") - data) // 2 : content.find(b"moov") - 4] = b""
    cut = tmp_path / "cut.mp4"  # its index says where 40 frames are
    size = int.from_bytes(content[data - 8 : data - 4], "big")
    content[data - 8 : data - 4] = (size - len(whole.read_bytes()) + len(content)).to_bytes(4, "big")
    cut.write_bytes(content)
    outcome = edge_classify("--source", cut)
    assert outcome.code == 1
    assert f"{cut} ended after " in outcome.err
    assert "4.0 s" in outcome.err


@pytest.mark.parametrize(
    ("claims", "skipped"),
    [
        ({cv2.CAP_PROP_FRAME_COUNT: 20.0, cv2.CAP_PROP_FPS: 10.0}, 1),
        ({cv2.CAP_PROP_FRAME_COUNT: 20.0, cv2.CAP_PROP_FPS: 10.0, cv2.CAP_PROP_POS_MSEC: 1900.0}, 0),
        ({cv2.CAP_PROP_FRAME_COUNT: 36_002.0, cv2.CAP_PROP_FPS: 10.0, cv2.CAP_PROP_PTS: 36_000.0}, 0),
        ({cv2.CAP_PROP_FRAME_COUNT: 6.0, cv2.CAP_PROP_FPS: 10.0}, 0),
        ({cv2.CAP_PROP_FRAME_COUNT: 1e18, cv2.CAP_PROP_FPS: 1e-3}, 1),
        ({cv2.CAP_PROP_FRAME_COUNT: -9e15, cv2.CAP_PROP_FPS: 10.0}, 0),
        ({cv2.CAP_PROP_FRAME_COUNT: math.nan, cv2.CAP_PROP_FPS: 10.0}, 0),
        ({cv2.CAP_PROP_FRAME_COUNT: 20.0, cv2.CAP_PROP_FPS: math.inf}, 0),
    ],
    ids=[
        "cut short",
        "few frames, far apart",
        "begins at an hour",
        "sound is longer",
        "absurd",
        "unknown",
        "no number",
        "infinite",
    ],
)
def test_what_a_video_claims_is_compared_with_what_it_gave(
    monkeypatch: pytest.MonkeyPatch, claims: dict[int, float], skipped: int
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "claims", claims)
    source = VideoSource("walk.mp4")
    assert len(list(source.frames())) == 2
    assert source.skipped == skipped


def test_a_video_that_claims_too_many_pixels_is_refused_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[FakeCapture] = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: opened.append(FakeCapture()) or opened[-1])
    monkeypatch.setattr(FakeCapture, "claims", {cv2.CAP_PROP_FRAME_WIDTH: 6500, cv2.CAP_PROP_FRAME_HEIGHT: 4001})
    with pytest.raises(SourceError, match=r"walk\.mp4 is 6500x4001: .*26,000,000"):
        next(VideoSource("walk.mp4").frames())
    with pytest.raises(SourceError, match="rtsp://cam/1 is 6500x4001: .*26,000,000"):
        Stream("rtsp://cam/1", read_timeout_s=5).open()
    assert [capture.released for capture in opened] == [True, True]


def test_a_video_that_opens_slowly_does_not_hold_the_main_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C reaches Python code alone: what is in C must be in another thread."""
    threads: list[threading.Thread] = []

    class Capture(FakeCapture):
        def __init__(self, *arguments: object) -> None:
            threads.append(threading.current_thread())
            super().__init__()

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    list(VideoSource("http://cam/walk.mp4").frames())
    assert threads[0] is not threading.main_thread()
    assert opencv_capture._OPEN_TIMEOUT_S <= 10


def test_a_video_of_one_frame_is_a_single_frame_and_one_of_more_is_none(tmp_path: Path) -> None:
    for count in (1, 2):
        content = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
        (tmp_path / "walk.mjpeg").write_bytes(count * content)
        frames = VideoSource(str(tmp_path / "walk.mjpeg")).frames()
        assert [frame.is_single for frame in frames] == [count == 1] * count


@pytest.mark.parametrize(
    ("across", "down", "turned", "shape"),
    [(2, 1, 0, (6, 16, 3)), (1, 2, 0, (6, 4, 3)), (2, 1, 90, (6, 4, 3)), (0, 1, 0, (6, 8, 3)), (99, 1, 0, (6, 8, 3))],
    ids=["wide", "narrow", "wide and turned", "not stated", "absurd"],
)
def test_pixels_that_are_not_square_become_square(
    monkeypatch: pytest.MonkeyPatch, across: int, down: int, turned: int, shape: tuple[int, ...]
) -> None:
    class Capture(FakeCapture):
        claims: ClassVar = {cv2.CAP_PROP_SAR_NUM: across, cv2.CAP_PROP_SAR_DEN: down,
                            cv2.CAP_PROP_ORIENTATION_META: turned}  # fmt: skip

        def read(self, _into: Any = None) -> tuple[bool, Any]:
            self.left -= 1
            return self.left >= 0, np.zeros((6, 8, 3), np.uint8)

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    assert [frame.image.shape for frame in VideoSource("walk.mp4").frames()] == [shape] * 2
    assert Stream("rtsp://cam/1", read_timeout_s=5).open().read().shape == shape
