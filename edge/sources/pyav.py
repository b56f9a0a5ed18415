"""Video files by PyAV: the planes that FFmpeg decodes, without OpenCV's conversion of every frame to BGR.

Frames look as OpenCV's do. Files for which that is uncertain are left to OpenCV: other codecs and pixel formats, full
colour range, pixels that aren't square, and frames that must be rotated, such as a phone's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import av
import numpy as np

from edge.errors import FrameError
from edge.images import limits
from edge.vision import YuvPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CODECS = {"h264", "hevc", "mpeg4", "vp8", "vp9"}
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG of FFmpeg

# Errors have messages of our own. Not set_level, whose callback takes the GIL in threads that are waited for.
av.logging.set_libav_level(av.logging.PANIC)


class PlanesVideo:
    """An open file (see `edge.sources.video.OpenVideo`)."""

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        """Take over a file that PyAV opened, and decode the first frame."""
        self._container = container
        self._stream = stream
        self._position_s = math.nan
        frames = _decoded(container, stream)
        self._first = next(frames, None)
        self._frames: Iterable[av.VideoFrame | None] = itertools.chain([self._first], frames)
        self.fps = float(stream.average_rate or 0)
        self.claimed_s = _seconds(stream.duration, stream) or (container.duration or 0) / av.time_base

    def is_as_opencv(self) -> bool:
        """Return whether OpenCV would show the first frame in the same way."""
        first, self._first = self._first, None
        has_square_pixels = (self._stream.sample_aspect_ratio or 1) == 1
        return first is not None and _is_plain(first) and first.rotation == 0 and has_square_pixels

    def read(self) -> YuvPicture | None:
        """Implement `edge.sources.video.OpenVideo.read`."""
        for frame in self._frames:
            if frame is None or not _is_plain(frame):
                raise FrameError("damaged")
            self._position_s = math.nan if frame.time is None else frame.time
            return YuvPicture(*(_values(plane) for plane in frame.planes))
        return None

    def position_s(self) -> float:
        """Implement `edge.sources.video.OpenVideo.position_s`."""
        return self._position_s

    def close(self) -> None:
        """Implement `edge.sources.video.OpenVideo.close`."""
        self._container.close()


def open_planes(path: str, *, threads: int) -> PlanesVideo | None:
    """Open a video file; None leaves it, and the message if it can't be opened, to OpenCV.

    A playlist in it may name no URL.
    """
    try:
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError):
        return None
    stream = next(iter(container.streams.video), None)
    decoder = stream and stream.codec_context  # None for a codec that FFmpeg lacks, against its stub
    if stream and decoder and decoder.name in _CODECS and _has_size(decoder):
        stream.thread_type = "AUTO"
        decoder.thread_count = threads
        decoder.options = {"max_pixels": str(limits.most_video_pixels())}
        video = PlanesVideo(container, stream)
        if video.is_as_opencv():
            return video
    container.close()
    return None


def _decoded(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame | None]:
    """Yield every frame up to the end or to unreadable data; None for a frame that can't be decoded."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            with suppress(av.FFmpegError):
                yield from stream.decode(None)  # frames that the decoder still holds
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None


def _is_plain(frame: av.VideoFrame) -> bool:
    """Return whether `YuvPicture` takes the planes of a frame."""
    return frame.format.name == "yuv420p" and frame.color_range != _FULL_RANGE and _has_size(frame)


def _has_size(frame: av.VideoFrame | av.VideoCodecContext) -> bool:
    """Return whether height and width are even, and the pixels within the limit."""
    height, width = frame.height, frame.width
    return height % 2 == width % 2 == 0 and 0 < height * width <= limits.most_video_pixels()


def _values(plane: av.video.plane.VideoPlane) -> NDArray[np.uint8]:
    """Return a view of a plane, uint8, shape (height, width), which keeps its frame alive."""
    memory = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # a buffer, against its stub
    return np.asarray(memory.reshape(-1, plane.line_size)[: plane.height, : plane.width], np.uint8)


def _seconds(ticks: int | None, stream: av.VideoStream) -> float:
    return 0.0 if ticks is None or stream.time_base is None else float(ticks * stream.time_base)
