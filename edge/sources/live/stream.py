"""Cameras in the network, by OpenCV's video reader and the FFmpeg in it."""

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
    from http.client import HTTPResponse

    import numpy as np
    from numpy.typing import NDArray

_MJPEG_TYPE = "multipart/x-mixed-replace"


class Stream:
    """Opens a camera in the network (see `edge.sources.live.reconnecting.Opener`)."""

    can_be_opened_twice = True

    def __init__(self, url: str, *, read_timeout_s: float) -> None:
        """Remember which.

        Args:
            url: RTSP, HTTP or whatever else FFmpeg takes.
            read_timeout_s: seconds without a frame after which a read fails.
        """
        self.name = redact_url(url)
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
        return open_mjpeg(self._url, timeout_s=self._read_timeout_s)

    def _open_with_ffmpeg(self) -> StreamCapture:
        capture = open_capture(self._url, self.name, time_limits(self._read_timeout_s))
        if not capture.isOpened():
            raise SourceError(f"can't open {self.name}: not a stream that OpenCV can read, or out of reach")
        has_end = self._url.startswith("http") and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        return StreamCapture(capture, has_end=has_end)


class MjpegConnection:
    """A camera that sends one JPEG after the other over HTTP (see `edge.sources.readers.Capture`).

    Found by the pictures' own bytes, for what stands between them says less than it claims. FFmpeg would read
    them too, but takes gigabytes for a picture that claims to be large.
    """

    def __init__(self, response: HTTPResponse, *, timeout_s: float) -> None:
        """Take over a connection.

        Args:
            response: to be read.
            timeout_s: seconds without a whole picture after which a read fails.
        """
        self._response = response
        self._pictures = MjpegInput(cast(BinaryIO, response), timeout_s=timeout_s)

    @property
    def skipped(self) -> int:
        """Pictures that could not be decoded."""
        return self._pictures.skipped

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next whole picture: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            SourceError: it broke off, or none came in time.
        """
        try:
            return self._pictures.read()
        except EndOfStreamError:
            raise SourceError("the stream broke off") from None
        except http.TRANSPORT_ERRORS as error:
            raise SourceError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Hang up."""
        self._response.close()


def open_mjpeg(url: str, *, timeout_s: float) -> MjpegConnection | None:
    """Ask for a URL, and keep the connection if JPEG pictures come over it.

    Args:
        url: http:// or https://.
        timeout_s: seconds without a byte or without a whole picture after which opening or reading fails.

    Returns:
        The connection; None: it is something else, or nothing, and FFmpeg may know more of it.
    """
    try:
        response = http.open_url(url, timeout_s=timeout_s)
    except http.HttpError:
        return None
    if response.headers.get_content_type() == _MJPEG_TYPE:
        return MjpegConnection(response, timeout_s=timeout_s)
    response.close()
    return None


class StreamCapture:
    """An open connection (see `edge.sources.readers.Capture`)."""

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
            EndOfStreamError: it is over.
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
        """Hang up."""
        self._capture.release()
