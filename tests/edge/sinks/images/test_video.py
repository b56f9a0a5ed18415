"""The video: real time, one size, a new part after an error; read back with OpenCV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import ToolkitError
from edge.sinks.images import video
from edge.sinks.images.video import FPS, VideoSink


def greys(path: Path) -> list[int]:
    """Grey level in the middle of each frame's upper half."""
    capture = cv2.VideoCapture(str(path))
    found = []
    while True:
        is_there, image = capture.read()
        if not is_there:
            capture.release()
            return found
        found.append(int(image[40, image.shape[1] // 2].mean()))


@pytest.fixture
def film(frame: Any, prediction: Any, decision: Any) -> Any:
    """Write frames of these grey levels at these seconds."""

    def write(sink: VideoSink, *shots: tuple[float, int], changed: bool = False, **shape: int) -> None:
        for seconds, grey in shots:
            shown = frame(seconds=seconds, grey=grey, **{"height": 240, "width": 320, **shape})
            sink.write(shown, prediction(), decision(changed=changed))

    return write


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_stream_plays_as_fast_as_it_was_filmed(tmp_path: Path, film: Any, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    sink = VideoSink(path)
    film(sink, (0.0, 60), (0.2, 120), (0.21, 200), (0.4, 240))  # in 25ths: 0, 5, 5 again, 10
    sink.close()
    assert np.rint(np.array(greys(path)) / 20).tolist() == [3] + [6] * 5 + [12] * 5
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == FPS
    assert (capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)) == (296, 320)
    capture.release()


def test_no_picture_of_a_folder_is_left_out(tmp_path: Path, film: Any) -> None:
    sink = VideoSink(tmp_path / "a.avi")
    film(sink, *[(0.0001 * number, 60 + number) for number in range(60)], changed=True)
    sink.close()
    assert len(greys(tmp_path / "a.avi")) == 60


def test_a_gap_and_a_clock_that_is_set_back_leave_no_hole(tmp_path: Path, film: Any) -> None:
    sink = VideoSink(tmp_path / "a.avi")
    film(sink, (0.0, 60), (86_400.0, 120), (-86_400.0, 200))
    sink.close()
    assert len(greys(tmp_path / "a.avi")) == 3


def test_frames_of_another_size_are_fitted_in(tmp_path: Path, film: Any) -> None:
    sink = VideoSink(tmp_path / "a.avi")
    film(sink, (0.0, 60))
    film(sink, (0.04, 200), height=480, width=300)
    sink.close()
    assert len(greys(tmp_path / "a.avi")) == 2


def test_a_stale_frame_is_shown_as_such_for_a_second(tmp_path: Path, film: Any, decision: Any) -> None:
    sink = VideoSink(tmp_path / "a.avi")
    sink.idle(decision("stale", changed=True))  # there is nothing to show yet
    film(sink, (0.0, 60))
    for changed in (True, False):
        sink.idle(decision("stale", changed=changed))
    sink.close()
    assert len(greys(tmp_path / "a.avi")) == 1 + FPS


def test_a_disk_that_fills_up_ends_this_part_and_another_begins_when_there_is_room(
    tmp_path: Path, film: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [10**9]
    monkeypatch.setattr(video.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": free[0]}))
    sink = VideoSink(tmp_path / "a.avi")
    film(sink, (0.0, 60), (0.98, 60))  # 25 frames: the next one looks at the disk
    free[0] = 10**6
    with pytest.raises(OSError, match="less than 64 MB"):
        film(sink, (1.0, 60))
    free[0] = 10**9
    film(sink, (1.04, 120))
    sink.close()
    assert len(greys(tmp_path / "a.avi")) == 25
    assert greys(tmp_path / "a-2.avi")


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_the_old_video_stays_until_the_new_one_is_finished(tmp_path: Path, film: Any, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    sink = VideoSink(path)
    film(sink, (0.0, 60))
    assert path.read_bytes() == b"old"
    assert (tmp_path / f"a-unfinished{suffix}").exists()
    sink.close()
    assert len(greys(path)) == 1
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_two_runs_do_not_write_one_video(tmp_path: Path, film: Any) -> None:
    sink, late = VideoSink(tmp_path / "a.avi"), VideoSink(tmp_path / "a.avi")
    film(sink, (0.0, 60))
    with pytest.raises(OSError, match="another run"):
        film(late, (0.0, 200))
    with pytest.raises(OSError, match="another run"):
        VideoSink(tmp_path / "a.avi")
    sink.close()
    film(late, (0.0, 200))
    assert len(greys(tmp_path / "a.avi")) == 1
    late.close()


def test_an_avi_that_was_cut_is_kept_beside_the_next(
    tmp_path: Path, film: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sink = VideoSink(tmp_path / "a.avi")
    film(sink, *[(0.04 * number, 60) for number in range(25)])
    sink.close()
    whole = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "a.avi").unlink()
    (tmp_path / "a-unfinished.avi").write_bytes(whole[: len(whole) // 2])
    sink = VideoSink(tmp_path / "a.avi")
    film(sink, (0.0, 60))
    sink.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a-cut.avi", "a.avi"]
    assert 5 < len(greys(tmp_path / "a-cut.avi")) < 20
    (message,) = caplog.messages
    assert str(tmp_path / "a-cut.avi") in message


@pytest.mark.parametrize(("name", "content"), [("a.mp4", b"44 bytes"), ("a.avi", b"")])
def test_an_unfinished_video_that_can_not_be_played_is_removed_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, content: bytes
) -> None:
    unfinished = tmp_path / name.replace(".", "-unfinished.")
    unfinished.write_bytes(content)
    VideoSink(tmp_path / name)
    assert not list(tmp_path.iterdir())
    assert f"removed {unfinished}" in caplog.text


@pytest.mark.parametrize("name", ["a.mkv", "a"])
def test_another_suffix_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolkitError, match=rf"{name}: .*\.mp4 or \.avi"):
        VideoSink(tmp_path / name)
