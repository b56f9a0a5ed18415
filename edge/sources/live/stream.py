"""Network cameras: MJPEG over HTTP by our own reader, everything else by OpenCV and the FFmpeg in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

import cv2

from edge.errors import FrameError, SourceError
from edge.sources.live.mjpeg import MjpegInput
from edge.sources.opencv_capture import Buffers, open_capture, read_frame, time_limits
from edge.sources.readers import EndOfStreamError
from edge.system import http
from edge.system.urls import redact_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MJPEG_TYPE = "multipart/x-mixed-replace"


class Stream:
    """Opens a network camera (see `edge.sources.readers.Opener`)."""

    can_be_opened_twice = True

    def __init__(self, url: str, *, read_timeout_s: float) -> None:
        self.name = redact_url(url)
        self._url = url
        self._read_timeout_s = read_timeout_s
        self._connection: MjpegConnection | StreamCapture | None = None
        self._skipped = 0  # in earlier connections

    @property
    def skipped(self) -> int:
        """Number of unreadable frames so far."""
        return self._skipped + (0 if self._connection is None else self._connection.skipped)

    def open(self) -> MjpegConnection | StreamCapture:
        """Connect.

        Raises:
            SourceError: out of reach, refused, or no stream.
        """
        self._skipped, self._connection = self.skipped, None
        if self._url.startswith(("http://", "https://")):
            self._connection = open_mjpeg(self._url, timeout_s=self._read_timeout_s)
        if self._connection is None:
            self._connection = self._open_with_ffmpeg()
        return self._connection

    def _open_with_ffmpeg(self) -> StreamCapture:
        capture = open_capture(self._url, self.name, time_limits(self._read_timeout_s))
        if not capture.isOpened():
            raise SourceError(f"can't open {self.name}: not a stream that OpenCV can read, or out of reach")
        has_end = self._url.startswith("http") and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        return StreamCapture(capture, has_end=has_end)


def open_mjpeg(url: str, *, timeout_s: float) -> MjpegConnection | None:
    """Request a URL, and keep the connection if JPEG images come over it.

    Opening or reading fails after `timeout_s` seconds without a byte or without a whole image.

    Returns:
        The connection; None: the request failed or its response is no MJPEG, and FFmpeg may do better.
    """
    try:
        response = http.open_url(url, timeout_s=timeout_s)
    except http.HttpError:
        return None
    if response.headers.get_content_type() == _MJPEG_TYPE:
        return MjpegConnection(cast(BinaryIO, response), timeout_s=timeout_s)
    response.close()
    return None


class MjpegConnection(MjpegInput):
    """JPEG images over HTTP, whose end is an error (see `edge.sources.readers.Capture`).

    Images are found by their own bytes, because boundaries and lengths may be wrong. FFmpeg would read them too, but
    takes gigabytes for an image that claims to be large.
    """

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _read_chunk(self) -> bytes:
        try:
            chunk = super()._read_chunk()
        except http.TRANSPORT_ERRORS as error:
            raise SourceError(str(error) or type(error).__name__) from error
        if not chunk:
            raise SourceError("the stream broke off")
        return chunk


class StreamCapture:
    """A connection of OpenCV (see `edge.sources.readers.Capture`)."""

    def __init__(self, capture: cv2.VideoCapture, *, has_end: bool) -> None:
        """Take over an open capture; `has_end` is True if it is a video file, whose end is no error."""
        self.skipped = 0
        """Number of images that could not be decoded."""
        self._capture = capture
        self._has_end = has_end
        self._buffers = Buffers()

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next frame: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            SourceError: the connection broke off.
            EndOfStreamError: the video is over.
        """
        while True:
            try:
                image = read_frame(self._capture, self._buffers)
            except FrameError:
                self.skipped += 1
                continue
            if image is None:
                raise EndOfStreamError if self._has_end else SourceError("the stream broke off")
            return image

    def close(self) -> None:
        """Close the connection."""
        self._capture.release()
