"""Videos by PyAV: the pictures, times and claims of OpenCV, which gets every file that might look different."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.demo import draw_frame
from edge.images import limits
from edge.sources.video import OpenCvVideo, VideoSource
from edge.vision import YuvPicture

av = pytest.importorskip("av")

from av.bitstream import BitStreamFilterContext

from edge.sources.pyav import open_planes  # needs av

FRAMES = 40
FPS = 10


def write(
    path: Path, codec: str = "mpeg4", *, size: tuple[int, int] = (96, 128), pixels: str = "yuv420p", **settings: Any
) -> Path:
    """A garment that sways, of (height, width)."""
    with av.open(str(path), "w") as container:
        try:
            stream = container.add_stream(codec, rate=Fraction(FPS))
        except (ValueError, av.FFmpegError):
            pytest.skip(f"this PyAV writes no {codec}")
        stream.height, stream.width, stream.pix_fmt = *size, pixels
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        for number in range(FRAMES):
            image = draw_frame(number, hold=FRAMES, height=size[0], width=size[1]).image
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def pictures(source: VideoSource) -> list[Any]:
    frames = [frame.picture for frame in source.frames()]
    source.close()
    return frames


@pytest.mark.parametrize(
    ("codec", "suffix"), [("mpeg4", "mp4"), ("libx264", "mp4"), ("libx264", "mkv"), ("libvpx-vp9", "webm")]
)
def test_frames_times_and_claims_are_those_of_opencv(tmp_path: Path, codec: str, suffix: str) -> None:
    path = str(write(tmp_path / f"walk.{suffix}", codec))
    planes, opencv = open_planes(path, threads=2), OpenCvVideo(path, path)
    assert planes is not None
    assert planes.fps == pytest.approx(opencv.fps) == FPS
    assert planes.claimed_s == pytest.approx(opencv.claimed_s, abs=0.11)
    for number in range(FRAMES):
        ours, theirs = planes.read(), opencv.read()
        assert ours is not None
        assert theirs is not None
        # OpenCV's arithmetic is coarser: it comes out a level or three darker.
        assert np.abs(ours.to_bgr().astype(int) - theirs).max() <= 4
        assert (
            planes.position_s() == pytest.approx(opencv.position_s(), abs=1e-3) == pytest.approx(number / FPS, abs=1e-3)
        )
    assert planes.read() is None
    assert opencv.read() is None
    planes.close()
    opencv.close()


def test_a_source_of_a_file_gives_planes_in_order(tmp_path: Path) -> None:
    source = VideoSource(str(write(tmp_path / "walk.mp4")))
    frames = list(source.frames())
    source.close()
    assert [frame.number for frame in frames] == list(range(FRAMES))
    assert all(isinstance(frame.picture, YuvPicture) for frame in frames)
    assert frames[0].image.shape == (96, 128, 3)  # the file is closed; its pictures live on
    assert [frame.position_s for frame in frames] == pytest.approx([number / FPS for number in range(FRAMES)])
    assert source.skipped == 0


def test_without_pyav_opencv_reads_the_same_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(write(tmp_path / "walk.mp4"))
    monkeypatch.setitem(sys.modules, "edge.sources.pyav", None)
    frames = pictures(VideoSource(path))
    assert len(frames) == FRAMES
    assert all(isinstance(frame, np.ndarray) for frame in frames)


@pytest.mark.parametrize(
    "how",
    [
        {"codec": "mjpeg", "pixels": "yuvj420p"},
        {"codec": "libx264", "pixels": "yuv444p"},
        {"codec": "libx264", "color_range": 2},
        {"codec": "libx264", "pixels": "yuv422p"},
        {"codec": "mpeg4", "size": (95, 127)},
    ],
    ids=["MJPEG", "4:4:4", "full range", "4:2:2", "odd size"],
)
def test_what_might_look_different_is_left_to_opencv(tmp_path: Path, how: dict[str, Any]) -> None:
    path = str(write(tmp_path / "walk.mkv", **how))
    assert open_planes(path, threads=2) is None
    frames = pictures(VideoSource(path))
    assert len(frames) == FRAMES
    assert all(isinstance(frame, np.ndarray) for frame in frames)


def test_a_video_that_is_to_be_turned_is_left_to_opencv(tmp_path: Path) -> None:
    """A phone held upright films lying pictures and notes that they are to be turned."""
    path = write(tmp_path / "walk.mp4")
    content = bytearray(path.read_bytes())
    header = content.rindex(b"tkhd") + 4  # ISO 14496-12: version and flags, five numbers, 16 bytes, then the matrix
    matrix = header + 4 + 20 + 16
    assert int.from_bytes(content[matrix : matrix + 4], "big") == 0x10000  # 1 in 16.16: not turned
    turned = (0, 0x10000, 0, -0x10000, 0, 0, 96 << 16, 0, 0x40000000)
    content[matrix : matrix + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in turned)
    path.write_bytes(content)
    assert open_planes(str(path), threads=2) is None
    assert {picture.shape for picture in pictures(VideoSource(str(path)))} == {(128, 96, 3)}


def test_pixels_that_are_not_square_are_left_to_opencv_which_states_them(tmp_path: Path) -> None:
    """Anamorphic: 96 by 128 pixels, each twice as wide as high, are a picture of 96 by 256."""
    path = str(write(tmp_path / "walk.mkv", "libx264", sample_aspect_ratio=Fraction(2)))
    assert open_planes(path, threads=2) is None
    assert {picture.shape for picture in pictures(VideoSource(path))} == {(96, 256, 3)}


def write_uneven(path: Path, times_ms: list[int]) -> str:
    """A garment at these times."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for time_ms in times_ms:
            frame = av.VideoFrame.from_ndarray(draw_frame(0, height=96, width=128).image, format="bgr24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


@pytest.mark.parametrize("has_pyav", [True, False])
@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
@pytest.mark.parametrize("start_ms", [0, 3_600_000], ids=["at once", "at an hour"])
def test_a_variable_rate_and_a_late_start_are_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_pyav: bool, suffix: str, start_ms: int
) -> None:
    """Ten frames a second for 2 s, then one in 1.5 s, as a screen recorder has it."""
    if not has_pyav:
        monkeypatch.setitem(sys.modules, "edge.sources.pyav", None)
    times_ms = [*range(0, 2000, 100), *range(2000, 12500, 1500)]
    source = VideoSource(write_uneven(tmp_path / f"walk.{suffix}", [start_ms + time_ms for time_ms in times_ms]))
    frames = list(source.frames())
    assert [frame.position_s for frame in frames] == pytest.approx([time_ms / 1000 for time_ms in times_ms], abs=0.002)
    assert source.skipped == 0


@pytest.mark.parametrize("has_pyav", [True, False])
def test_raw_h264_whose_frames_have_no_time_gets_the_answers_of_the_same_mp4(
    edge_classify: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_pyav: bool
) -> None:
    """`rpicam-vid -o film.h264` writes no times: the first answer stayed for the whole film."""
    if not has_pyav:
        monkeypatch.setitem(sys.modules, "edge.sources.pyav", None)
    film, raw = tmp_path / "walk.mp4", tmp_path / "walk.h264"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.height, stream.width, stream.pix_fmt = 240, 320, "yuv420p"
        for number in range(60):
            image = draw_frame(number, hold=20, height=240, width=320).image
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    with av.open(str(film)) as container:  # the very same pictures: the encoder doesn't always give the same twice
        to_raw = BitStreamFilterContext("h264_mp4toannexb", container.streams.video[0])
        packets = [*container.demux(video=0), None]
        raw.write_bytes(b"".join(bytes(part) for packet in packets for part in to_raw.filter(packet)))
    changes = []
    for path in (film, raw):
        outcome = edge_classify("--source", path, "--json")
        rows = [json.loads(line) for line in outcome.out.splitlines()]
        assert [row["position_s"] for row in rows] == pytest.approx([n / 25 for n in range(60)], abs=0.001)
        changes.append([(row["frame"], row["label"]) for row in rows if row["changed"]])
    assert changes[0] == changes[1]
    assert len({label for _, label in changes[0]} - {"unknown", "nothing"}) == 3


@pytest.mark.parametrize("content", [b"", b"no video\n", bytes(4000)], ids=["empty", "text", "zeros"])
def test_a_file_that_is_no_video_is_left_to_opencv(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "walk.mp4"
    path.write_bytes(content)
    assert open_planes(str(path), threads=2) is None
    assert open_planes(str(tmp_path / "nowhere.mp4"), threads=2) is None


def test_a_codec_that_nobody_knows_is_left_to_opencv(tmp_path: Path) -> None:
    path = write(tmp_path / "walk.mkv")
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4", b"V_MPEG0"))
    assert open_planes(str(path), threads=2) is None


def test_one_above_the_limit_is_left_to_opencv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(write(tmp_path / "walk.mp4"))
    monkeypatch.setattr(limits, "most_video_pixels", lambda: 96 * 128 - 1)
    assert open_planes(path, threads=2) is None


def test_a_playlist_reaches_no_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("socket.socket.connect", lambda *where: asked.append(where))
    playlist = tmp_path / "walk.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/walk.ts\n#EXT-X-ENDLIST\n")
    assert open_planes(str(playlist), threads=2) is None


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_a_damaged_frame_costs_no_other_and_no_run(
    edge_classify: Callable[..., Any], tmp_path: Path, codec: str
) -> None:
    path = write(tmp_path / "walk.mp4", codec)
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    position, size = packets[20]
    content[position : position + size] = bytes(size)
    path.write_bytes(content)
    outcome = edge_classify("--source", path, "--json")
    rows = len(outcome.out.splitlines())
    assert FRAMES - 12 <= rows <= FRAMES  # those that build on it may go with it
    assert outcome.code == (rows < FRAMES)


def test_a_video_cut_short_is_logged_and_exit_code_1(edge_classify: Callable[..., Any], tmp_path: Path) -> None:
    path = write(tmp_path / "walk.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    outcome = edge_classify("--source", path)
    assert outcome.code == 1
    assert f"{path} ended after " in outcome.err
    assert "4.0 s" in outcome.err


def test_a_large_frame_among_small_ones_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """H.264 may say in the middle that its pictures are larger from now on."""
    small, large = write(tmp_path / "small.h264", "libx264"), write(tmp_path / "large.h264", "libx264", size=(192, 256))
    both = tmp_path / "both.h264"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    monkeypatch.setattr(limits, "most_video_pixels", lambda: 96 * 128)
    assert {picture.shape for picture in pictures(VideoSource(str(both)))} == {(96, 128, 3)}
