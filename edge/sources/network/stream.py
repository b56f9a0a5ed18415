"""Cameras in the network, by OpenCV's video reader and the FFmpeg in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from edge.errors import SourceError
from edge.sources.opencv_capture import StreamCapture, open_capture, time_limits
from edge.system.urls import redact_url

if TYPE_CHECKING:
    from edge.sources.network.http import MjpegConnection


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
        from edge.sources.network.http import open_mjpeg

        return open_mjpeg(self._url, timeout_s=self._read_timeout_s)

    def _open_with_ffmpeg(self) -> StreamCapture:
        capture = open_capture(self._url, self.name, time_limits(self._read_timeout_s))
        if not capture.isOpened():
            raise SourceError(f"can't open {self.name}: not a stream that OpenCV can read, or out of reach")
        has_end = self._url.startswith("http") and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        return StreamCapture(capture, has_end=has_end)
