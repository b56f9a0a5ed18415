"""Video files by PyAV: what FFmpeg decodes, without the BGR that OpenCV makes of every frame.

The pictures are those of OpenCV. What may not be is left to it: other codecs and kinds of pixels, colour of full range,
and pictures that are to be turned, as a phone's are.
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

# Our own sentence says the rest. Not set_level, whose callback wants the interpreter from threads that are waited for.
av.logging.set_libav_level(av.logging.PANIC)


class PlanesVideo:
    """An open file (see `edge.sources.video.OpenVideo`)."""

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        """Take over what PyAV opened, and decode the first frame.

        Args:
            container: the file.
            stream: the video in it.
        """
        self._container = container
        self._start_s = _seconds(stream.start_time, stream)
        self._position_s = math.nan
        frames = _decoded(container, stream)
        self._first = next(frames, None)
        self._frames: Iterable[av.VideoFrame | None] = itertools.chain([self._first], frames)
        self.fps = float(stream.average_rate or 0)
        self.claimed_s = _seconds(stream.duration, stream) or (container.duration or 0) / av.time_base

    def is_as_opencv(self) -> bool:
        """Whether the first frame is one that OpenCV shows in the same way."""
        first, self._first = self._first, None
        return first is not None and _is_plain(first) and first.rotation == 0

    def read(self) -> YuvPicture | None:
        """See `edge.sources.video.OpenVideo.read`."""
        for frame in self._frames:
            if frame is None or not _is_plain(frame):
                raise FrameError("damaged")
            self._position_s = math.nan if frame.time is None else frame.time - self._start_s
            return YuvPicture(*(_values(plane) for plane in frame.planes))
        return None

    def position_s(self) -> float:
        """See `edge.sources.video.OpenVideo.position_s`."""
        return self._position_s

    def close(self) -> None:
        """See `edge.sources.video.OpenVideo.close`."""
        self._container.close()


def open_planes(path: str, *, threads: int) -> PlanesVideo | None:
    """Open a video file; None: OpenCV should, or has to say why it can't be.

    Args:
        path: of the file; a playlist may name no URL.
        threads: that decode, 16 at most.
    """
    try:
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError):
        return None
    stream = next(iter(container.streams.video), None)
    decoder = stream and stream.codec_context  # its stub doesn't say that there is none for what FFmpeg doesn't know
    if stream and decoder and decoder.name in _CODECS and _has_size(decoder):
        stream.thread_type = "AUTO"
        decoder.thread_count = threads
        decoder.options = {"max_pixels": str(limits.most_pixels())}
        video = PlanesVideo(container, stream)
        if video.is_as_opencv():
            return video
    container.close()
    return None


def _decoded(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame | None]:
    """Every frame to the end, or to where the file can't be read any further; None for one that can't be decoded."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            with suppress(av.FFmpegError):
                yield from stream.decode(None)  # what the decoder still holds
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None


def _is_plain(frame: av.VideoFrame) -> bool:
    """Whether its planes are what `YuvPicture` takes."""
    return frame.format.name == "yuv420p" and frame.color_range != _FULL_RANGE and _has_size(frame)


def _has_size(picture: av.VideoFrame | av.VideoCodecContext) -> bool:
    """Even, and within the limit."""
    height, width = picture.height, picture.width
    return height % 2 == width % 2 == 0 and 0 < height * width <= limits.most_pixels()


def _values(plane: av.video.plane.VideoPlane) -> NDArray[np.uint8]:
    """A plane's values where FFmpeg has them, uint8, shape (height, width); as long as they live, so does its frame."""
    memory = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # a buffer, though its stub doesn't say so
    return np.asarray(memory.reshape(-1, plane.line_size)[: plane.height, : plane.width], np.uint8)


def _seconds(ticks: int | None, stream: av.VideoStream) -> float:
    return 0.0 if ticks is None or stream.time_base is None else float(ticks * stream.time_base)
