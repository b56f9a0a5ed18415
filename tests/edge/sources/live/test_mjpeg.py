"""MJPEG from a pipe and from a file: whole pictures alone, whatever stands between them, and never too much held."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.demo import draw_frame
from edge.errors import SourceError, SourceRefusedError
from edge.sources.live import mjpeg
from edge.sources.live.mjpeg import MjpegFileSource, MjpegInput, first_scan, video_in
from edge.sources.readers import EndOfStreamError


def jpeg(grey: int) -> bytes:
    """A grey picture."""
    return cv2.imencode(".jpg", np.full((16, 24, 3), grey, np.uint8))[1].tobytes()


PICTURES = [jpeg(50), jpeg(100), jpeg(150)]


class Trickle(io.RawIOBase):
    """Gives a few bytes a read, as a pipe may."""

    def __init__(self, content: bytes, step: int) -> None:
        self._content, self._step = content, step

    def read1(self, size: int) -> bytes:
        chunk, self._content = self._content[: self._step], self._content[self._step :]
        return chunk


def greys(stream: Any) -> tuple[list[int], int]:
    """The grey of every picture, to the nearest 50, and how many were skipped."""
    source = MjpegInput(stream)
    found: list[int] = []
    with contextlib.suppress(EndOfStreamError):
        while True:
            found.append(round(float(source.read().mean()) / 50) * 50)
    return found, source.skipped


@pytest.mark.parametrize("step", [1, 7, 100, 10**6])
@pytest.mark.parametrize(
    "content",
    [
        b"".join(PICTURES),
        b"garbage".join(PICTURES) + b"\xff",
        b"\xff\xd9\x00\xff" + b"--frame\r\nContent-Type: image/jpeg\r\n\r\n".join(PICTURES),
    ],
    ids=["bare", "garbage between", "multipart"],
)
def test_every_picture_is_found(content: bytes, step: int) -> None:
    assert greys(Trickle(content, step)) == ([50, 100, 150], 0)


def test_images_that_are_damaged_or_cut_short_are_skipped() -> None:
    damaged = PICTURES[0][:3] + b"\x00" * 50 + b"\xff\xd9"
    assert greys(io.BytesIO(PICTURES[0] + damaged + PICTURES[1] + PICTURES[2][:100])) == ([50, 100], 1)


def test_a_stream_without_an_image_ends_without_an_error() -> None:
    assert greys(io.BytesIO(b"")) == ([], 0)
    assert greys(io.BytesIO(b"\x00\xff\xd8" * 10_000)) == ([], 0)


@pytest.mark.parametrize(
    "endless",
    [b"\x01" * 50_000, b"\xff\xd8\xff" * 20_000, b"\xff\xd8\xff\xe0" + b"\0\x02\xff\xe0" * 9_999],
    ids=["data", "starts", "segments"],
)
def test_a_start_without_an_end_is_not_gathered_for_ever(monkeypatch: pytest.MonkeyPatch, endless: bytes) -> None:
    monkeypatch.setattr(mjpeg, "_LARGEST", 5_000)
    held: list[int] = []

    class Watched(Trickle):
        def read1(self, size: int) -> bytes:
            held.append(len(source._pending))
            return super().read1(size)

    source = MjpegInput(Watched(b"\xff\xd8\xff" + endless + PICTURES[0], 1_000))  # type: ignore[arg-type]
    assert source.read().shape == (16, 24, 3)
    assert source.skipped >= 1
    assert max(held) < 7_000


@pytest.mark.parametrize("step", [1, 100, 10**6])
def test_a_picture_behind_one_that_broke_off_is_found(step: int) -> None:
    cut = PICTURES[0][: PICTURES[0].find(b"\xff\xda") + 20]
    assert greys(Trickle(cut + PICTURES[1] + cut + cut + PICTURES[2], step)) == ([100, 150], 2)


@pytest.mark.parametrize("step", [1, 100, 10**6])
def test_a_picture_that_a_damaged_one_claims_as_its_own_is_found(step: int) -> None:
    liar = b"\xff\xd8\xff\xe0" + (len(PICTURES[1]) + 50).to_bytes(2, "big")
    assert greys(Trickle(liar + bytes(20) + PICTURES[1] + PICTURES[2], step)) == ([150], 1)
    assert greys(Trickle(liar + bytes(20) + PICTURES[1] + PICTURES[2] + PICTURES[0], step)) == ([150, 50], 1)


@pytest.mark.parametrize("step", [1, 100, 10**6])
def test_a_thumbnail_is_part_of_its_picture(step: int) -> None:
    segment = b"\xff\xe1" + (2 + len(PICTURES[0])).to_bytes(2, "big") + PICTURES[0]
    picture = PICTURES[1][:2] + segment + PICTURES[1][2:]
    assert greys(Trickle(picture + PICTURES[2], step)) == ([100, 150], 0)


def test_bytes_without_an_image_time_out() -> None:
    now = [0.0]

    class Clocked(Trickle):
        def read1(self, size: int) -> bytes:
            now[0] += 1.0
            return super().read1(size)

    source = MjpegInput(Clocked(PICTURES[0] + bytes(10**6), 100), timeout_s=30, clock=lambda: now[0])  # type: ignore[arg-type]
    source.read()
    begun_s = now[0]
    with pytest.raises(SourceError, match="for 30 s"):
        source.read()
    assert now[0] == begun_s + 30


@pytest.mark.parametrize("seed", range(20))
def test_every_whole_picture_is_found_among_damaged_ones(seed: int) -> None:
    """Pictures between random bytes and pieces of pictures that hold neither a start nor an end."""
    rng = np.random.default_rng(seed)
    content, expected = b"", []
    for _ in range(20):
        which = int(rng.integers(3))
        content += rng.bytes(int(rng.integers(300))).replace(b"\xff", b"\0")
        content += PICTURES[which][10 : int(rng.integers(10, 150))]
        content += PICTURES[which]
        expected.append(50 * (which + 1))
    assert greys(Trickle(content, int(rng.integers(1, 500)))) == (expected, 0)


def test_the_first_scan_is_found_behind_a_thumbnail() -> None:
    segment = b"\xff\xe1" + (2 + len(PICTURES[0])).to_bytes(2, "big") + PICTURES[0]
    jpeg = PICTURES[0][:2] + segment + PICTURES[0][2:]
    assert first_scan(PICTURES[0]) == PICTURES[0].find(b"\xff\xda")
    assert first_scan(jpeg) == len(segment) + PICTURES[0].find(b"\xff\xda")


def test_the_search_for_the_scan_goes_on_where_more_has_come() -> None:
    place = 2
    for length in range(len(PICTURES[0])):
        place = first_scan(PICTURES[0][:length], place)
    assert place == PICTURES[0].find(b"\xff\xda")


@pytest.mark.parametrize(
    ("content", "place"),
    [(b"\xff\xd8", 2), (b"\xff\xd8\xff\xe0\xff\xff", 2 + 2 + 65535), (b"\xff\xd8\xff\xe0\0\x02nonsense", 6)],
    ids=["nothing yet", "a segment that isn't there yet", "no segment"],
)
def test_the_search_for_the_scan_stops_behind_the_last_segment(content: bytes, place: int) -> None:
    assert first_scan(content) == place


def test_a_file_gives_every_picture_in_order(tmp_path: Path) -> None:
    path = tmp_path / "walk.mjpeg"
    path.write_bytes(b"".join(PICTURES))
    with path.open("rb") as stream:
        opened = MjpegInput(stream)
        assert opened.is_file()
        source = MjpegFileSource(opened)
        frames = list(source.frames())
        source.close()
        assert [frame.number for frame in frames] == [0, 1, 2]
        assert [frame.is_single for frame in frames] == [False] * 3
        assert [frame.position_s for frame in frames] == [0.0, 0.04, 0.08]  # read as fast as may be, filmed at 25
        assert (source.name, source.skipped, source.is_stream) == ("standard input", 0, True)
        with pytest.raises(SourceError, match="standard input .*no JPEG"):
            next(source.frames())


def test_on_the_command_line_a_pipe_is_live_and_its_end_is_the_end(spawn: Callable[..., Any]) -> None:
    child = spawn("-m", "edge.run.main", "--source", "-", "--json", "-q")
    child.stdin.buffer.write(PICTURES[0])
    child.stdin.buffer.flush()
    record = json.loads(child.stdout.readline())
    assert (record["frame"], record["source"]) == (0, "standard input")
    out, err = child.communicate(timeout=60)
    assert (out, err, child.returncode) == ("", "", 0)


def test_a_file_of_one_picture_is_a_single_frame(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(PICTURES[0])
    with path.open("rb") as stream:
        (frame,) = MjpegFileSource(MjpegInput(stream)).frames()
    assert frame.is_single


def test_a_picture_in_a_pipe_that_ends_is_decided_as_an_image(spawn: Callable[..., Any]) -> None:
    content = cv2.imencode(".jpg", draw_frame(0).image)[1].tobytes()
    child = spawn("-m", "edge.run.main", "--source", "-", "--json", "-q")
    child.stdin.buffer.write(content)
    out, err = child.communicate(timeout=60)
    record = json.loads(out)
    assert (record["label"], err, child.returncode) == (
        FASHION_MNIST_LABELS[draw_frame(0).label_index],
        "",
        0,
    )


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".bmp", ".ppm"])
def test_an_image_of_another_kind_in_a_pipe_is_read_to_its_end(suffix: str) -> None:
    content = cv2.imencode(suffix, np.full((16, 24, 3), 90, np.uint8))[1].tobytes()
    source = MjpegInput(io.BytesIO(content))
    assert np.abs(source.read().astype(int) - 90).max() <= 2
    with pytest.raises(EndOfStreamError):
        source.read()


@pytest.mark.parametrize("step", [1, 10**6])
@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp", ".ppm"])
def test_images_of_another_kind_one_after_another_are_said_at_once(suffix: str, step: int) -> None:
    """`ffmpeg -f image2pipe`: the first one was classified, and the others were nothing."""
    content = cv2.imencode(suffix, np.full((16, 24, 3), 90, np.uint8))[1].tobytes()
    stream = Trickle(2 * content + bytes(3 * 10**6), step)
    with pytest.raises(SourceRefusedError, match="mjpeg"):
        MjpegInput(stream).read()  # type: ignore[arg-type]
    assert len(stream._content) > 10**5


def test_a_picture_whose_length_lies_is_one_picture() -> None:
    content = bytearray(cv2.imencode(".bmp", np.full((16, 24, 3), 90, np.uint8))[1].tobytes())
    content[2:6] = bytes(4)
    assert MjpegInput(io.BytesIO(bytes(content))).read().shape == (16, 24, 3)


def test_a_damaged_image_of_another_kind_in_a_pipe_is_an_error() -> None:
    content = cv2.imencode(".png", np.full((16, 24, 3), 90, np.uint8))[1].tobytes()
    with pytest.raises(SourceError, match="shorter"):
        MjpegInput(io.BytesIO(content[:-9])).read()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\1\x67\x42\xc0\x28", "H.264"),
        (b"\0\0\1\x27\x64\0\x28", "H.264"),
        (b"\0\0\0\1\x09\xf0\0\0\0\1\x67", "H.264"),
        (b"\0\0\0\1\x40\x01\x0c\x01", "H.265"),
        (b"\0\0\0\1\x46\x01\x50", "H.265"),
        (b"\x47" + bytes(187) + b"\x47", "an MPEG transport stream"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "a video in a container"),
        (b"\x1a\x45\xdf\xa3", "a video in a container"),
        (b"FLV\1\1", "a video in a container"),
        (b"DKIF\0\0\x20\0VP80", "a video in a container"),
        (b"nut/multimedia container\0", "a video in a container"),
        (b"YUV4MPEG2 W640 H480", "uncompressed video"),
        (b"BM, no picture: garbage", None),
        (b"P6 of 9", None),
        (b"\0\0\0\1", None),
        (b"\0\0\0\0\0", None),
        (b"GARBAGE", None),
        (PICTURES[0], None),
        (b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + PICTURES[0], None),
        (b"", None),
    ],
)
def test_a_video_of_another_kind_is_known_by_its_first_bytes(head: bytes, kind: str | None) -> None:
    assert video_in(head[:192]) == kind
    if kind is not None:
        with pytest.raises(SourceRefusedError, match=f"{kind}.*mjpeg"):
            MjpegInput(io.BytesIO(head + bytes(999))).read()


def test_h264_in_a_live_pipe_is_said_at_once(spawn: Callable[..., Any]) -> None:
    """`rpicam-vid -o -` without `--codec mjpeg`: the pipe stays open, and nothing that comes will ever be a picture."""
    child = spawn("-m", "edge.run.main", "--source", "-", "--json")
    child.stdin.buffer.write(b"\0\0\0\1\x67\x42\xc0\x28" + bytes(500))
    child.stdin.buffer.flush()
    assert child.wait(timeout=60) == 1
    assert "H.264" in child.stderr.read()
    child.stdin.close()


def test_megabytes_without_a_picture_are_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw pixels of `rpicam-vid --codec yuv420` have no first bytes of their own."""
    monkeypatch.setattr(mjpeg, "_MOST_WITHOUT", 2**20)
    with pytest.raises(SourceRefusedError, match="1 MB .*mjpeg"):
        MjpegInput(io.BytesIO(b"\x10" * (2**20 + 2**17))).read()
