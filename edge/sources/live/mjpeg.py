"""MJPEG: consecutive JPEG images, as camera programs write them into a pipe or a connection."""

from __future__ import annotations

import itertools
import math
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO

from edge.errors import FrameError, SourceError, SourceRefusedError
from edge.images import kinds, limits
from edge.images.decode import decode_image
from edge.sources.frame import Frame, mark_single
from edge.sources.frame_times import DEFAULT_FPS, VideoClock
from edge.sources.readers import EndOfStreamError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

START, END = b"\xff\xd8\xff", b"\xff\xd9"
"""First three and last two bytes of a JPEG; its segments, and what follows it, may hold them too."""
NAME = "standard input"
_CHUNK = 64 * 1024
_LARGEST = 16 * 2**20  # bytes of one image; anything larger is no JPEG
_MOST_WITHOUT = 8 * 2**20  # bytes on standard input without an image, after which none is expected any more
_HEAD_BYTES = 192  # that tell other things from MJPEG: an MPEG transport stream begins anew after 188
# First bytes whose kind is told by more than two of them: no garbage before a stream looks like them.
_OTHER_KINDS = {kinds.PNG, kinds.WEBP, kinds.TIFF, kinds.GIF, kinds.JPEG_2000, kinds.AVIF, kinds.HEIC}
_H264_UNITS = {1, 5, 6, 7, 8, 9}  # slices, what is said about them, parameter sets, a delimiter
_H265_UNITS = {0x40, 0x42, 0x44, 0x46, 0x4E}  # parameter sets, a delimiter, what is said about them
_CONTAINERS = (b"FLV\1", b"DKIF", b"nut/multimedia")  # that are no files on a disk
_PNG_END = b"IEND\xaeB`\x82"
_PNM = rb"P([56])\s+(\d{1,5})\s+(\d{1,5})\s+(\d{1,5})\s"  # grey or colour, in bytes
_SEGMENTS = {*range(0xC0, 0xFF)} - {*range(0xD0, 0xDB)}  # second bytes of markers that stand before the first scan


class MjpegInput:
    """Standard input or a connection, opener and capture in one (see `edge.sources.readers`).

    Bytes between images are skipped, and so are images that can't be decoded. At most one image is held.
    """

    name = NAME
    can_be_opened_twice = False
    may_be_single = True

    def __init__(
        self,
        stream: BinaryIO | None = None,
        *,
        timeout_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a stream of bytes; None: standard input.

        A read fails after `timeout_s` seconds without a whole image, also while bytes still come.

        Raises:
            SourceError: standard input is closed or a terminal.
        """
        if stream is None:
            if sys.stdin is None or sys.stdin.isatty():
                raise SourceError("--source - reads MJPEG from a pipe: rpicam-vid -t 0 --codec mjpeg -o - | ...")
            stream = sys.stdin.buffer
        self.skipped = 0
        self._stream = stream
        self._timeout_s = timeout_s
        self._clock = clock
        self._until_s = math.inf
        self._has_begun = False
        self._pending = bytearray()
        self._scan = 0  # place where the current image's data begins

    def is_file(self) -> bool:
        """Return whether the stream is a file on a disk, which waits for its reader, and not a pipe."""
        return stat.S_ISREG(os.fstat(self._stream.fileno()).st_mode)

    def open(self) -> MjpegInput:
        """Return itself, which continues after the last read: standard input can't be opened again."""
        return self

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next whole image: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            EndOfStreamError: the other side closed the stream.
            SourceError: no whole image came in time.
        """
        self._until_s = self._clock() + self._timeout_s
        if not self._has_begun:
            self._has_begun = True
            if (image := self._other_image()) is not None:
                return image
        while True:
            content = self._next_jpeg()
            try:
                return decode_image(content)
            except FrameError:
                self.skipped += 1
                if (later := content.rfind(START)) > 0:  # a damaged segment claimed it
                    self._pending[:0] = content[later:]

    def close(self) -> None:
        """Do nothing: the stream is another's to close."""

    def _other_image(self) -> NDArray[np.uint8] | None:
        """Read and decode a whole image of another kind, which a program wrote into the pipe; None: it is MJPEG.

        Raises:
            SourceError: it can't be decoded.
            SourceRefusedError: it is a video of another kind, or more than one image.
        """
        with suppress(EndOfStreamError):
            while len(self._pending) < _HEAD_BYTES:
                self._fill()
        head = bytes(self._pending[:_HEAD_BYTES])
        if (video := video_in(head)) is not None:
            raise SourceRefusedError(f"{self.name} is {video}, expected MJPEG: add --codec mjpeg to rpicam-vid, or "
                                     "-f mjpeg to ffmpeg; a file is given by its name")  # fmt: skip
        if (kind := other_kind(head)) is None:
            return None
        end, searched = None, 0
        with suppress(EndOfStreamError):
            while len(self._pending) <= limits.MOST_BYTES:
                end, searched = end or image_end(self._pending, kind, searched), len(self._pending)
                if end is not None and other_kind(self._pending[end : end + kinds.HEAD_BYTES]) is kind:
                    raise SourceRefusedError(f"{self.name} is more than one {kind.name} picture, expected one or MJPEG:"
                                             " add -f mjpeg to ffmpeg")  # fmt: skip
                self._fill()
        content, self._pending = bytes(self._pending), bytearray()
        try:
            return decode_image(content)
        except FrameError as error:
            raise SourceError(f"{self.name}: {error}") from error

    def _next_jpeg(self) -> bytes:
        """Return the bytes from an image's start to its end."""
        skipped = 0
        while True:
            start = self._pending.find(START)
            if start < 0:
                skipped += len(self._pending)
                if skipped > _MOST_WITHOUT and not self.can_be_opened_twice and math.isinf(self._timeout_s):
                    raise SourceRefusedError(f"{self.name}: {skipped >> 20} MB came without a JPEG picture, expected "
                                             "MJPEG: add --codec mjpeg to rpicam-vid")  # fmt: skip
                del self._pending[: -len(START) + 1]  # the last bytes may begin a start
                self._fill()
                continue
            del self._pending[:start]
            end = self._find_end()
            later = self._pending.rfind(START, len(START), end)
            if end >= 0 and later < self._scan:  # no later start, or a thumbnail's
                content = bytes(self._pending[: end + len(END)])
                del self._pending[: end + len(END)]
                return content
            self.skipped += 1  # it broke off, and others follow
            del self._pending[: max(later, len(START))]

    def _find_end(self) -> int:
        """Return the place of the current image's end, or -1 if the image is larger than any JPEG."""
        searched, self._scan = 0, 2
        while True:
            self._scan = first_scan(self._pending, self._scan)
            end = self._pending.find(END, max(self._scan, searched - 1))
            searched = len(self._pending)
            if end >= 0 or searched > _LARGEST:
                return end
            self._fill()

    def _fill(self) -> None:
        if self._clock() >= self._until_s:
            raise SourceError(f"no whole picture for {self._timeout_s:g} s")
        chunk = self._read_chunk()
        if not chunk:
            raise EndOfStreamError
        self._pending += chunk

    def _read_chunk(self) -> bytes:
        return self._stream.read1(_CHUNK) if hasattr(self._stream, "read1") else self._stream.read(_CHUNK)


def first_scan(content: bytes | bytearray, place: int = 2) -> int:
    """Find the first scan, behind segments one of which may hold a thumbnail, a whole JPEG.

    Args:
        content: a JPEG from its first byte on, as much as has come.
        place: where to continue, as returned for less of the same content.

    Returns:
        Place of the first scan, or of the first byte that begins no segment; behind the end if more must come first.
    """
    while len(content) >= place + 4 and content[place] == 0xFF and content[place + 1] in _SEGMENTS:
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return place


def video_in(head: bytes) -> str | None:
    """Return the kind of a video that isn't MJPEG, by its first 192 bytes; None: none that is known."""
    start = 4 if head.startswith(b"\0\0\0\1") else 3 if head.startswith(b"\0\0\1") else None
    if start is not None and len(head) > start + 1:
        unit = head[start]  # ITU-T H.264 and H.265, Annex B: the type of the first unit
        if unit in _H265_UNITS and head[start + 1] == 1:
            return "H.265"
        if unit < 0x80 and unit & 0x1F in _H264_UNITS:
            return "H.264"
    if head[:1] == head[188:189] == b"\x47":
        return "an MPEG transport stream"
    if head.startswith(b"YUV4MPEG2"):
        return "uncompressed video"
    return "a video in a container" if kinds.kind_of(head) is kinds.VIDEO or head.startswith(_CONTAINERS) else None


def other_kind(head: bytes | bytearray) -> kinds.Kind | None:
    """Return the kind of an image that isn't JPEG, by its first 64 bytes; None: none that is surely one."""
    kind = kinds.kind_of(bytes(head))
    is_sure = kind in _OTHER_KINDS or (kind is kinds.BMP and head[6:10] == bytes(4)) or re.match(_PNM, head)
    return kind if is_sure else None


def image_end(content: bytes | bytearray, kind: kinds.Kind, searched: int = 0) -> int | None:
    """Return the place behind an image of another kind; None: more of it must come, or its kind doesn't tell.

    `searched` is the number of bytes that were searched before.
    """
    if kind is kinds.PNG:
        place = content.find(_PNG_END, max(0, searched - len(_PNG_END)))
        return place + len(_PNG_END) if place >= 0 else None
    if kind in (kinds.BMP, kinds.WEBP):
        stated = content[2:6] if kind is kinds.BMP else content[4:8]
        return int.from_bytes(stated, "little") + (0 if kind is kinds.BMP else 8) or None
    if pnm := re.match(_PNM, content):
        width, height, most = (int(number) for number in pnm.groups()[1:])
        return pnm.end() + width * height * (3 if pnm[1] == b"6" else 1) * (2 if most > 255 else 1)
    return None


class MjpegFileSource:
    """MJPEG from a file on standard input, every image in order (see `edge.sources.frame.Source`)."""

    is_stream = True
    is_live = False
    name = NAME

    def __init__(self, mjpeg: MjpegInput, *, fps: float | None = None) -> None:
        """Take the file; `fps` is the rate at which it was filmed, which it doesn't state."""
        self._mjpeg = mjpeg
        self._clock = VideoClock(fps or DEFAULT_FPS)

    @property
    def skipped(self) -> int:
        """Number of images that could not be decoded."""
        return self._mjpeg.skipped

    def frames(self) -> Iterator[Frame]:
        """Yield every image.

        Raises:
            SourceError: no image at all.
        """
        is_empty = True
        for frame in mark_single(self._read()):
            is_empty = False
            yield frame
        if is_empty:
            raise SourceError(f"{NAME} holds no JPEG picture")

    def _read(self) -> Iterator[Frame]:
        with suppress(EndOfStreamError):
            for number in itertools.count():
                image, place_s = self._mjpeg.read(), self._clock.place(math.nan)
                yield Frame(image, number, NAME, datetime.now(timezone.utc), position_s=place_s)

    def close(self) -> None:
        """Do nothing: standard input stays open."""
