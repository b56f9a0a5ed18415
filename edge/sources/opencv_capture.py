"""Videos and streams by OpenCV's reader and the FFmpeg in it, within limits, and memory to read frames into."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.errors import SourceError
from edge.images import limits
from edge.images.decode import decode_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPEN_TIMEOUT_S = 10.0
_MOST_BUFFERS = 8  # a queue's, those on either side of it, and what a sink still shows; 50 MB at 1080p
_OWN_REFERENCES = 3  # to a buffer: the list's, the loop's, and getrefcount's
_MJPEG = {float(cv2.VideoWriter.fourcc(*code)) for code in ("MJPG", "mjpg", "jpeg")}


class Buffers:
    """Arrays that frames are read into again, once nobody holds them or a part of them any more.

    Fresh pages for each frame take a tenth of a 1080p video's rate. In a service of months, frames that come and go
    between small blocks leave holes of their size in the heap.
    """

    def __init__(self) -> None:
        self._buffers: list[NDArray[np.uint8]] = []

    def read(self, capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
        """Read the next frame, into memory that is free where there is some.

        Returns:
            uint8, shape (H, W, 3), or another shape if the device or file gives no images; None: no frame came.
        """
        free = self._free()
        has_frame, frame = capture.read() if free is None else capture.read(free)
        if not has_frame:
            return None
        image = np.asarray(frame, np.uint8)
        if image.ndim == 3:
            self._keep(image)
        return image

    def _free(self) -> NDArray[np.uint8] | None:
        for buffer in self._buffers:
            if sys.getrefcount(buffer) <= _OWN_REFERENCES:
                return buffer
        return None

    def _keep(self, image: NDArray[np.uint8]) -> None:
        """Store an array that OpenCV made, up to the limit; arrays of another size are dropped."""
        if self._buffers and self._buffers[0].shape != image.shape:
            self._buffers.clear()
        if len(self._buffers) < _MOST_BUFFERS and not any(image is buffer for buffer in self._buffers):
            self._buffers.append(image)


def open_capture(location: str, name: str, parameters: Sequence[int]) -> cv2.VideoCapture:
    """Open a video or stream with FFmpeg, which decodes one frame for it; `isOpened` is False if that failed.

    MJPEG comes undecoded: FFmpeg takes a gigabyte for a frame that claims to be large, and OpenCV reads beyond a frame
    whose pixel format differs from the first one's (opencv/opencv#29699). The name is the location without passwords.

    Raises:
        SourceError: its frames have too many pixels.
    """
    capture = cv2.VideoCapture(location, cv2.CAP_FFMPEG, parameters)
    height, width = capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)
    if height * width > limits.most_video_pixels():
        capture.release()
        raise SourceError(f"{name} is {width:.0f}x{height:.0f}: {limits.too_many_pixels(limits.most_video_pixels())}")
    if capture.get(cv2.CAP_PROP_FOURCC) in _MJPEG:
        capture.set(cv2.CAP_PROP_FORMAT, -1)
    return capture


def read_frame(capture: cv2.VideoCapture, buffers: Buffers) -> NDArray[np.uint8] | None:
    """Read the next frame.

    Returns:
        uint8 BGR, shape (H, W, 3), 0-255; None at the end, or if FFmpeg can't decode the frame.

    Raises:
        FrameError: a damaged frame that came undecoded.
    """
    image = buffers.read(capture)
    return image if image is None or image.ndim == 3 else decode_image(image.tobytes())


def time_limits(read_timeout_s: float) -> list[int]:
    """Return OpenCV's parameters for timeouts; its defaults are half a minute each."""
    return [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * _OPEN_TIMEOUT_S)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * read_timeout_s)),
    ]
