"""Network cameras: MJPEG over HTTP by our own reader, everything else by OpenCV and the FFmpeg in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from edge.errors import FrameError, SourceError
from edge.sources.live.http_stream import MjpegConnection, open_http
from edge.sources.opencv_capture import Buffers, UrlCapture, open_url, pixel_aspect, read_frame
from edge.sources.readers import EndOfStreamError
from edge.system.connection import Access
from edge.system.urls import redact_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEW = 3  # images, after which a silent camera is taken for a slow one
_LONGEST_READ_S = 60.0  # that a slow one is waited for


class Stream:
    """Opens a network camera (see `edge.sources.readers.Opener`)."""

    can_be_opened_twice = True

    def __init__(self, url: str, *, read_timeout_s: float, access: Access = Access()) -> None:  # noqa: B008
        self.name = redact_url(url)
        self._url = url
        self._access = access
        self._read_timeout_s = read_timeout_s
        self._connection: MjpegConnection | StreamCapture | None = None
        self._skipped = 0  # in earlier connections

    @property
    def skipped(self) -> int:
        """Number of unreadable frames so far."""
        return self._skipped + (0 if self._connection is None else self._connection.skipped)

    @property
    def may_be_single(self) -> bool:
        """True if the address gives one picture, and no stream."""
        return self._connection is not None and self._connection.may_be_single

    def open(self) -> MjpegConnection | StreamCapture:
        """Connect.

        Raises:
            SourceRefusedError: the login is wrong, or it is a web page.
            SourceError: out of reach, refused, or no stream.
        """
        if self._connection is not None and 0 < self._connection.images <= _FEW:
            self._read_timeout_s = min(2 * self._read_timeout_s, max(self._read_timeout_s, _LONGEST_READ_S))
        self._skipped, self._connection = self.skipped, None
        is_http = self._url.startswith(("http://", "https://"))
        if is_http:
            self._connection = open_http(self._url, timeout_s=self._read_timeout_s, access=self._access)
        if self._connection is None:
            self._connection = self._open_with_ffmpeg(is_http=is_http)
        return self._connection

    def _open_with_ffmpeg(self, *, is_http: bool) -> StreamCapture:
        opened = open_url(self._url, self.name, read_timeout_s=self._read_timeout_s, access=self._access,
                          is_relayed=is_http, kind="a stream")  # fmt: skip
        has_end = self._url.startswith("http") and opened.capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        return StreamCapture(opened, has_end=has_end)


class StreamCapture:
    """A connection of OpenCV (see `edge.sources.readers.Capture`)."""

    may_be_single = False

    def __init__(self, opened: UrlCapture, *, has_end: bool) -> None:
        """Take over a capture; `has_end` is True if it is a video file, whose end is no error."""
        self.skipped = 0
        """Number of images that could not be decoded."""
        self.images = 0
        """Number of images so far."""
        self._opened = opened
        self._has_end = has_end
        self._buffers, self._aspect = Buffers(), pixel_aspect(opened.capture)

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next frame: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            SourceError: the connection broke off.
            EndOfStreamError: the video is over.
        """
        while True:
            try:
                image = read_frame(self._opened.capture, self._buffers, aspect=self._aspect)
            except FrameError:
                self.skipped += 1
                continue
            if image is None:
                raise EndOfStreamError if self._has_end else SourceError(self._opened.failure or "the stream broke off")
            self.images += 1
            return image

    def close(self) -> None:
        """Close the connection."""
        self._opened.close()
