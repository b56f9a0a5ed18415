"""Videos and streams by OpenCV's reader and the FFmpeg in it, within limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2

from edge.errors import FrameError, SourceError
from edge.images import limits
from edge.images.decode import decode_image
from edge.sources.buffers import Buffers
from edge.sources.live.latest_frame import EndOfStreamError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_OPEN_TIMEOUT_S = 10.0
_MJPEG = {float(cv2.VideoWriter.fourcc(*code)) for code in ("MJPG", "mjpg", "jpeg")}


class StreamCapture:
    """An open connection (see `edge.sources.live.latest_frame.Capture`)."""

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


def open_capture(location: str, name: str, parameters: Sequence[int]) -> cv2.VideoCapture:
    """A video or stream by FFmpeg, which has looked at one frame by then.

    MJPEG comes undecoded: FFmpeg takes a gigabyte for a frame that says it is large, and OpenCV reads beyond a frame
    whose pixel format differs from the first one's (opencv/opencv#29699).

    Raises:
        SourceError: it says that it is too large.
    """
    capture = cv2.VideoCapture(location, cv2.CAP_FFMPEG, parameters)
    height, width = capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)
    if height * width > limits.most_pixels():
        capture.release()
        raise SourceError(f"{name} is {width:.0f}x{height:.0f}: {limits.too_many_pixels()}")
    if capture.get(cv2.CAP_PROP_FOURCC) in _MJPEG:
        capture.set(cv2.CAP_PROP_FORMAT, -1)
    return capture


def read_frame(capture: cv2.VideoCapture, buffers: Buffers) -> NDArray[np.uint8] | None:
    """The next frame; None: there is none, or FFmpeg can't decode it.

    Raises:
        FrameError: it comes undecoded, and is damaged.
    """
    image = buffers.read(capture)
    return image if image is None or image.ndim == 3 else decode_image(image.tobytes())


def time_limits(read_timeout_s: float) -> list[int]:
    """OpenCV's own are half a minute each."""
    return [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * _OPEN_TIMEOUT_S)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * read_timeout_s)),
    ]
