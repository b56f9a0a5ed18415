"""Videos and streams by OpenCV's reader and the FFmpeg in it, within limits."""

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
_MOST = 8  # a queue's, those on either side of it, and what a sink still shows; of 1080p, 50 MB
_OURS = 3  # references that are no reader's: the list's, the loop's, and the one that counts them
_MJPEG = {float(cv2.VideoWriter.fourcc(*code)) for code in ("MJPG", "mjpg", "jpeg")}


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


class Buffers:
    """Pictures that were given out, and may be overwritten once nobody holds them or a part of them any more."""

    def __init__(self) -> None:
        """Start with none."""
        self._given: list[NDArray[np.uint8]] = []

    def read(self, capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
        """Read what comes next, into memory that is there already where some is free.

        Returns:
            uint8, shape (H, W, 3), or of another where the device or file gives no pictures; None: there is nothing.
        """
        free = self._free()
        has_picture, image = capture.read() if free is None else capture.read(free)
        if not has_picture:
            return None
        picture = np.asarray(image, np.uint8)
        if picture.ndim == 3:
            self._keep(picture)
        return picture

    def _free(self) -> NDArray[np.uint8] | None:
        """One that nobody holds; None: there is none, so OpenCV has to make a new one."""
        for picture in self._given:
            if sys.getrefcount(picture) <= _OURS:
                return picture
        return None

    def _keep(self, picture: NDArray[np.uint8]) -> None:
        """Remember a picture that OpenCV made, unless there are enough of them; those of another size serve no more."""
        if self._given and self._given[0].shape != picture.shape:
            self._given.clear()
        if len(self._given) < _MOST and not any(picture is given for given in self._given):
            self._given.append(picture)
