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

from edge.errors import SourceError
from edge.sources import mjpeg
from edge.sources.mjpeg import MjpegFileSource, MjpegInput
from edge.sources.reader import EndOfStream


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
    with contextlib.suppress(EndOfStream):
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


def test_what_is_damaged_or_cut_short_is_skipped() -> None:
    damaged = PICTURES[0][:3] + b"\x00" * 50 + b"\xff\xd9"
    assert greys(io.BytesIO(PICTURES[0] + damaged + PICTURES[1] + PICTURES[2][:100])) == ([50, 100], 1)


def test_nothing_and_nothing_but_garbage_just_end() -> None:
    assert greys(io.BytesIO(b"")) == ([], 0)
    assert greys(io.BytesIO(b"\x00\xff\xd8" * 10_000)) == ([], 0)


def test_a_start_without_an_end_is_not_gathered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mjpeg, "_LARGEST", 5_000)
    content = b"\xff\xd8\xff" + b"\x01" * 20_000 + PICTURES[0]
    source = MjpegInput(Trickle(content, 1_000))  # type: ignore[arg-type]
    assert source.read().shape == (16, 24, 3)
    assert source.skipped == 1
    assert len(source._pending) < 7_000


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
        assert (source.name, source.skipped, source.is_stream) == ("standard input", 0, True)
        with pytest.raises(SourceError, match="standard input holds no JPEG picture"):
            next(source.frames())


def test_on_the_command_line_a_pipe_is_live_and_its_end_is_the_end(spawn: Callable[..., Any]) -> None:
    child = spawn("-m", "edge.cli", "--source", "-", "--json", "-q")
    child.stdin.buffer.write(PICTURES[0])
    child.stdin.buffer.flush()
    record = json.loads(child.stdout.readline())
    assert (record["frame"], record["source"]) == (0, "standard input")
    out, err = child.communicate(timeout=60)
    assert (out, err, child.returncode) == ("", "", 0)
