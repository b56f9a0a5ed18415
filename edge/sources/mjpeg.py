"""MJPEG on standard input: JPEG pictures one after the other, as cameras' programs write them into a pipe."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from edge.errors import FrameError, SourceError
from edge.sources.files import decode_image
from edge.sources.frame import Frame
from edge.sources.reader import EndOfStream

NAME = "standard input"
_START, _END = b"\xff\xd8\xff", b"\xff\xd9"  # JPEG's first three bytes and its last two
_CHUNK = 64 * 1024
_LARGEST = 16 * 2**20  # bytes of one picture; what grows beyond is no JPEG


class MjpegInput:
    """Opens standard input (see `edge.sources.live.Opener`); also what it opens (`edge.sources.reader.Capture`).

    Bytes between pictures are skipped, and so is a picture that can't be decoded. No more than one picture is held.
    """

    name = NAME

    def __init__(self, stream: BinaryIO | None = None) -> None:
        """Take a stream.

        Args:
            stream: of bytes, unbuffered or not; None: standard input.

        Raises:
            SourceError: standard input is closed or a terminal.
        """
        if stream is None:
            if sys.stdin is None or sys.stdin.isatty():
                raise SourceError("--source - reads MJPEG from a pipe: rpicam-vid -t 0 --codec mjpeg -o - | ...")
            stream = sys.stdin.buffer
        self.skipped = 0
        self._stream = stream
        self._pending = bytearray()

    def is_file(self) -> bool:
        """Whether it is a file on a disk, which waits, and not a pipe, which doesn't."""
        return stat.S_ISREG(os.fstat(self._stream.fileno()).st_mode)

    def open(self) -> MjpegInput:
        """Go on where the last read ended: standard input can't be opened again."""
        return self

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next whole picture: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            EndOfStream: the other side closed it.
        """
        while True:
            content = self._next_jpeg()
            try:
                return decode_image(content)
            except FrameError:
                self.skipped += 1

    def close(self) -> None:
        """It stays open: it isn't ours to close."""

    def _next_jpeg(self) -> bytes:
        """The bytes from a picture's start to its end."""
        looked = 0
        while True:
            start = self._pending.find(_START)
            if start < 0:
                del self._pending[: -len(_START) + 1]  # the start's first bytes may be the last that came
            else:
                del self._pending[:start]
                end = self._pending.find(_END, max(len(_START), looked - 1))
                if end >= 0:
                    content = bytes(self._pending[: end + len(_END)])
                    del self._pending[: end + len(_END)]
                    return content
                looked = len(self._pending)
                if looked > _LARGEST:
                    del self._pending[: len(_START)]  # a start without an end: look for the next one
                    self.skipped += 1
                    looked = 0
            self._fill()

    def _fill(self) -> None:
        chunk = self._stream.read1(_CHUNK) if hasattr(self._stream, "read1") else self._stream.read(_CHUNK)
        if not chunk:
            raise EndOfStream
        self._pending += chunk


class MjpegFileSource:
    """MJPEG redirected from a file: every picture, in order (see `edge.sources.frame.Source`)."""

    is_stream = True
    name = NAME

    def __init__(self, mjpeg: MjpegInput) -> None:
        """Take what to read."""
        self._mjpeg = mjpeg

    @property
    def skipped(self) -> int:
        """Pictures that could not be decoded."""
        return self._mjpeg.skipped

    def frames(self) -> Iterator[Frame]:
        """Yield every picture.

        Raises:
            SourceError: there is none.
        """
        number = 0
        while True:
            try:
                image = self._mjpeg.read()
            except EndOfStream:
                break
            yield Frame(image, number, NAME, datetime.now(timezone.utc))
            number += 1
        if number == 0:
            raise SourceError(f"{NAME} holds no JPEG picture")

    def close(self) -> None:
        """Standard input isn't ours to close."""
