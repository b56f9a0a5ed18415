"""Videos and streams by OpenCV's reader and the FFmpeg in it, within limits, and memory to read frames into."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from edge.errors import SourceError
from edge.images import limits
from edge.images.decode import decode_image
from edge.sources import ffmpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.sources.relay import Relay
    from edge.system.connection import Access

_OPEN_TIMEOUT_S = 10.0
_EXPLAIN_TIMEOUT_S = 5.0  # for asking a server why FFmpeg could not open its URL
_MOST_BUFFERS = 8  # a queue's, those on either side of it, and what a sink still shows; 50 MB at 1080p
_OWN_REFERENCES = 3  # to a buffer: the list's, the loop's, and getrefcount's
_MOST_ASPECT = 4.0  # of a pixel, or its inverse: anamorphic films have 2 at most
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


class UrlCapture(NamedTuple):
    """An open video or stream of a URL."""

    capture: cv2.VideoCapture
    relay: Relay | None
    """Relay that FFmpeg asks in place of the server; None: it asks the server."""

    @property
    def failure(self) -> str:
        """Sentence on the newest request if it failed; empty where that isn't known."""
        return self.relay.failure if self.relay else ""

    def close(self) -> None:
        """Close the connection."""
        self.capture.release()
        if self.relay:
            self.relay.close()


def open_url(url: str, name: str, *, read_timeout_s: float, access: Access, is_relayed: bool, kind: str) -> UrlCapture:
    """Open a video or stream behind a URL with FFmpeg.

    Args:
        url: with its login.
        name: the URL without it.
        read_timeout_s: seconds without a frame after which a read has failed.
        access: of the URL.
        is_relayed: True for HTTP, which our own client speaks (see `edge.sources.relay`).
        kind: a stream or a video, for messages.

    Raises:
        SourceError: it can't be opened, its frames have too many pixels, or it isn't to be trusted.
    """
    ffmpeg.require_trust(url, timeout_s=_OPEN_TIMEOUT_S, access=access)
    relay = None
    if is_relayed:
        from edge.sources.relay import Relay

        relay = Relay(url, timeout_s=read_timeout_s, access=access)
    try:
        with ffmpeg.options(relay.url if relay else url, access):
            capture = open_capture(relay.url if relay else url, name, _time_limits(read_timeout_s))
    except BaseException:
        if relay:
            relay.close()
        raise
    opened = UrlCapture(capture, relay)
    if capture.isOpened():
        return opened
    opened.close()
    if opened.failure:
        raise SourceError(opened.failure)
    error = ffmpeg.explain(url, timeout_s=_EXPLAIN_TIMEOUT_S, access=access)
    raise error or SourceError(f"can't open {name}: not {kind} that OpenCV can read, or out of reach")


def open_capture(location: str, name: str, parameters: Sequence[int]) -> cv2.VideoCapture:
    """Open a video or stream with FFmpeg, which decodes one frame for it; `isOpened` is False if that failed.

    MJPEG comes undecoded: FFmpeg takes a gigabyte for a frame that claims to be large, and OpenCV reads beyond a frame
    whose pixel format differs from the first one's (opencv/opencv#29699). The name is the location without passwords.

    Raises:
        SourceError: its frames have too many pixels.
    """
    capture = cv2.VideoCapture(location, cv2.CAP_FFMPEG, parameters)
    height, width = capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)
    width *= pixel_aspect(capture)
    if height * width > limits.most_video_pixels():
        capture.release()
        raise SourceError(f"{name} is {width:.0f}x{height:.0f}: {limits.too_many_pixels(limits.most_video_pixels())}")
    if capture.get(cv2.CAP_PROP_FOURCC) in _MJPEG:
        capture.set(cv2.CAP_PROP_FORMAT, -1)
    return capture


def pixel_aspect(capture: cv2.VideoCapture) -> float:
    """Return the width of a pixel over its height, as the video states it and its frames come; 1 where it is absurd."""
    across, down = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    aspect = across / down if across > 0 and down > 0 else 1.0
    if capture.get(cv2.CAP_PROP_ORIENTATION_META) % 180:  # OpenCV turns the frames, and states it of those before
        aspect = 1 / aspect
    return aspect if 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT else 1.0


def read_frame(capture: cv2.VideoCapture, buffers: Buffers, *, aspect: float = 1.0) -> NDArray[np.uint8] | None:
    """Read the next frame, and make its pixels square, whose `aspect` is that of `pixel_aspect`.

    Returns:
        uint8 BGR, shape (H, W, 3), 0-255; None at the end, or if FFmpeg can't decode the frame.

    Raises:
        FrameError: a damaged frame that came undecoded.
    """
    image = buffers.read(capture)
    if image is not None and image.ndim != 3:
        image = decode_image(image.tobytes())
    if image is None or aspect == 1:
        return image
    size = max(1, round(image.shape[1] * aspect)), image.shape[0]
    return np.asarray(
        cv2.resize(image, size, interpolation=cv2.INTER_AREA if aspect < 1 else cv2.INTER_LINEAR), np.uint8
    )


def _time_limits(read_timeout_s: float) -> list[int]:
    """Return OpenCV's parameters for timeouts; its defaults are half a minute each."""
    return [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * _OPEN_TIMEOUT_S)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * read_timeout_s)),
    ]
