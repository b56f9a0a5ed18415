"""Video files and network streams: what FFmpeg opens, by OpenCV's video reader."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import cv2

from edge import picture_limits
from edge.errors import FrameError, SourceError
from edge.sources.ahead import Ahead
from edge.sources.buffers import Buffers
from edge.sources.files import decode_image
from edge.sources.frame import Frame
from edge.sources.names import is_url, without_password
from edge.sources.reader import EndOfStream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.sources.web import MjpegConnection

_TIMEOUT_S = 10.0
_LONGEST_MS = 86_400_000 * 365  # of a video file; beyond it a damaged file speaks
_MOST_BAD = 64  # frames one after the other that can't be read: then nothing else will come
_CUT_S, _CUT_SHARE = 0.5, 0.05  # by which a video may end before the end it claims: sound may be longer than pictures
_MJPEG = {float(cv2.VideoWriter.fourcc(*code)) for code in ("MJPG", "mjpg", "jpeg")}
# While a core classifies, the decoder needs more threads than cores to keep the others busy; FFmpeg takes 16 at most.
_DECODERS = [cv2.CAP_PROP_N_THREADS, min(16, (os.cpu_count() or 1) + 2)]
_LOGGER = logging.getLogger(__name__)


class Stream:
    """Opens a camera in the network (see `edge.sources.live.Opener`)."""

    can_be_opened_twice = True

    def __init__(self, url: str, *, read_timeout_s: float) -> None:
        """Remember which.

        Args:
            url: RTSP, HTTP or whatever else FFmpeg takes.
            read_timeout_s: seconds without a frame after which a read fails.
        """
        self.name = without_password(url)
        self._url = url
        self._read_timeout_s = read_timeout_s
        self._connection: MjpegConnection | StreamCapture | None = None
        self._skipped = 0  # before it

    @property
    def skipped(self) -> int:
        """Pictures that could not be read, so far."""
        return self._skipped + (0 if self._connection is None else self._connection.skipped)

    def open(self) -> MjpegConnection | StreamCapture:
        """Connect.

        Raises:
            SourceError: out of reach, refused, or no stream.
        """
        self._skipped, self._connection = self.skipped, None
        self._connection = self._open_mjpeg() or self._open_with_ffmpeg()
        return self._connection

    def _open_mjpeg(self) -> MjpegConnection | None:
        if not self._url.startswith(("http://", "https://")):
            return None
        from edge.sources.web import open_mjpeg

        return open_mjpeg(self._url, timeout_s=self._read_timeout_s)

    def _open_with_ffmpeg(self) -> StreamCapture:
        capture = _open(self._url, self.name, _time_limits(self._read_timeout_s))
        if not capture.isOpened():
            raise SourceError(f"can't open {self.name}: not a stream that OpenCV can read, or out of reach")
        has_end = self._url.startswith("http") and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        return StreamCapture(capture, has_end=has_end)


class StreamCapture:
    """An open connection (see `edge.sources.reader.Capture`)."""

    def __init__(self, capture: cv2.VideoCapture, *, has_end: bool) -> None:
        """Take over what OpenCV opened.

        Args:
            capture: the connection.
            has_end: whether it turned out to be a video file, which is rightly over at some time.
        """
        self.skipped = 0
        """Pictures that could not be decoded."""
        self._capture = capture
        self._has_end = has_end
        self._buffers = Buffers()

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            SourceError: it broke off.
            EndOfStream: it is over.
        """
        while True:
            try:
                image = _read(self._capture, self._buffers)
            except FrameError:
                self.skipped += 1
                continue
            if image is None:
                raise EndOfStream if self._has_end else SourceError("the stream broke off")
            return image

    def close(self) -> None:
        """Hang up."""
        self._capture.release()


class VideoSource:
    """A video file, here or behind a URL, every frame in order (see `edge.sources.frame.Source`)."""

    is_stream = True

    def __init__(self, location: str) -> None:
        """Remember which; it is opened with its first frame, by the thread that reads it."""
        self.name = without_password(location)
        self.skipped = 0
        self._location = location
        self._is_local = not is_url(location)
        self._buffers = Buffers()
        self._ahead: Ahead[Frame] | None = None

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the video ends.

        Raises:
            SourceError: OpenCV can't open it, it is too large, or it holds no frame at all.
        """
        self._ahead = Ahead(self._read())
        yield from self._ahead

    def close(self) -> None:
        """Release the file or connection."""
        if self._ahead is not None:
            self._ahead.close()  # the thread that reads it lets it go

    def _read(self) -> Iterator[Frame]:
        """The frames one after the other; the video is let go at the end."""
        number = 0
        capture = _open(self._location, self.name, _DECODERS if self._is_local else _time_limits(_TIMEOUT_S))
        opened = datetime.now(timezone.utc)
        try:
            if not capture.isOpened():
                kind = "an image or video" if self._is_local else "a video"
                raise SourceError(f"can't open {self.name}: not {kind} that OpenCV can read, or out of reach")
            while (image := self._next(capture)) is not None:
                yield Frame(image, number, self.name, self._time(capture, opened))
                number += 1
            if number:
                self._say_how_it_ended(capture, number)
        finally:
            capture.release()
        if number == 0:
            raise SourceError(f"{self.name} holds no frame that OpenCV can read")

    def _next(self, capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
        """The next frame, over those that can't be read: OpenCV says of them what it says at the end."""
        for bad in range(_MOST_BAD if self._is_local else 1):
            with suppress(FrameError):
                if (image := _read(capture, self._buffers)) is not None:
                    self.skipped += bad
                    return image
        return None

    def _time(self, capture: cv2.VideoCapture, opened: datetime) -> datetime:
        """When the frame just read was taken: a file is read faster or slower than it was filmed."""
        if self._is_local:
            position_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
            return opened + timedelta(milliseconds=position_ms if 0 <= position_ms < _LONGEST_MS else 0)
        return datetime.now(timezone.utc)

    def _say_how_it_ended(self, capture: cv2.VideoCapture, frames: int) -> None:
        """Say what couldn't be read; an end that comes too early counts as one more of these."""
        if self.skipped:
            _LOGGER.warning("skipped %d frames of %s: damaged", self.skipped, self.name)
        fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if not (0 < fps < math.inf and 0 < count < math.inf):
            return  # it claims nothing
        claimed_s = count / fps
        played_s = max((frames + self.skipped) / fps, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if claimed_s - played_s > max(_CUT_S, _CUT_SHARE * claimed_s):
            self.skipped += 1
            _LOGGER.warning("%s ended after %.1f s of the %.1f s that it claims: cut short or damaged",
                            self.name, played_s, claimed_s)  # fmt: skip


def _open(location: str, name: str, parameters: Sequence[int]) -> cv2.VideoCapture:
    """A video or stream by FFmpeg, which has looked at one frame by then.

    MJPEG comes undecoded: FFmpeg takes a gigabyte for a frame that says it is large, and OpenCV reads beyond a frame
    whose pixel format differs from the first one's (opencv/opencv#29699).

    Raises:
        SourceError: it says that it is too large.
    """
    capture = cv2.VideoCapture(location, cv2.CAP_FFMPEG, parameters)
    height, width = capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)
    if height * width > picture_limits.most_pixels():
        capture.release()
        raise SourceError(f"{name} is {width:.0f}x{height:.0f}: {picture_limits.too_many_pixels()}")
    if capture.get(cv2.CAP_PROP_FOURCC) in _MJPEG:
        capture.set(cv2.CAP_PROP_FORMAT, -1)
    return capture


def _read(capture: cv2.VideoCapture, buffers: Buffers) -> NDArray[np.uint8] | None:
    """The next frame; None: there is none, or FFmpeg can't decode it.

    Raises:
        FrameError: it comes undecoded, and is damaged.
    """
    image = buffers.read(capture)
    return image if image is None or image.ndim == 3 else decode_image(image.tobytes())


def _time_limits(read_timeout_s: float) -> list[int]:
    """OpenCV's own are half a minute each."""
    return [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * _TIMEOUT_S)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * read_timeout_s)),
    ]
