"""Video files, every frame in order: by PyAV if it is installed and suits the file, otherwise by OpenCV."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

import cv2

from edge.errors import FrameError, SourceError
from edge.sources.frame import Frame, mark_single
from edge.sources.frame_times import VideoClock
from edge.sources.opencv_capture import Buffers, open_capture, open_url, pixel_aspect, read_frame
from edge.sources.readers import Prefetcher
from edge.system.connection import Access
from edge.system.urls import is_url, redact_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.vision import YuvPicture

_READ_TIMEOUT_S = 10.0
_MOST_BAD = 64  # consecutive unreadable frames, after which none will follow
_PTS: int | None = getattr(cv2, "CAP_PROP_PTS", None)  # since OpenCV 4.11
_FEWEST_FROM_RATE = 2  # frames in a row without times, from the second on, before it is said
_CUT_S, _CUT_SHARE = 0.5, 0.05  # a video may end so much before its claimed end: its sound may be longer
# While a core classifies, the decoder needs more threads than cores to keep the others busy; FFmpeg takes 16 at most.
_DECODER_THREADS = min(16, (os.cpu_count() or 1) + 2)
_LOGGER = logging.getLogger(__name__)


class OpenVideo(Protocol):
    """A video that is being read."""

    fps: float
    """Frames a second that the file claims; 0 or any other number if it doesn't."""
    claimed_s: float
    """Seconds that the file claims to last; 0 or any other number if it doesn't."""

    def read(self) -> NDArray[np.uint8] | YuvPicture | None:
        """Read the next frame; None at the end or for a damaged frame, which OpenCV doesn't distinguish.

        Raises:
            FrameError: a damaged frame.
        """
        ...

    def position_s(self) -> float:
        """Return the time that the file states for the last frame, in seconds; any number if it states none."""
        ...

    def close(self) -> None:
        """Close the file or connection."""
        ...


class VideoSource:
    """A video file, here or behind a URL, every frame in order (see `edge.sources.frame.Source`)."""

    is_stream = True
    is_live = False

    def __init__(self, location: str, *, fps: float | None = None, access: Access = Access()) -> None:  # noqa: B008
        """Store the location; `fps` is the rate at which it was filmed, for a file that states no times."""
        self.name = redact_url(location)
        self.skipped = 0
        self._fps = fps
        self._access = access
        self._location = location
        self._is_local = not is_url(location)
        self._open_planes = _planes_opener() if self._is_local else _leave_to_opencv
        self._prefetcher: Prefetcher[Frame] | None = None

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the video ends.

        Raises:
            SourceError: it can't be opened, its frames are too large, or it has none.
        """
        self._prefetcher = Prefetcher(self._read())
        yield from self._prefetcher

    def close(self) -> None:
        """Make the reading thread close the file or connection."""
        if self._prefetcher is not None:
            self._prefetcher.close()

    def _read(self) -> Iterator[Frame]:
        """Yield the frames; a file is read faster or slower than it was filmed, so that its own clock counts."""
        video: OpenVideo = self._open_planes(self._location, threads=_DECODER_THREADS) or OpenCvVideo(
            self._location, self.name, access=self._access
        )
        clock, number = VideoClock(self._fps or video.fps), 0
        try:
            for frame in mark_single(self._timed(video, clock)):
                yield frame
                number = frame.number + 1
            if number:
                self._report_damage(video, clock)
        finally:
            video.close()
        if number == 0:
            raise SourceError(f"{self.name} holds no frame that OpenCV can read")

    def _timed(self, video: OpenVideo, clock: VideoClock) -> Iterator[Frame]:
        number = 0
        while (image := self._next(video)) is not None:
            place_s = clock.place(video.position_s())
            if clock.from_rate == _FEWEST_FROM_RATE == number:
                _LOGGER.info("%s states no times of its frames: %g a second are assumed (--fps sets another rate)",
                             self.name, 1 / clock.frame_s)  # fmt: skip
            yield Frame(image, number, self.name, datetime.now(timezone.utc), position_s=place_s)
            number += 1

    def _next(self, video: OpenVideo) -> NDArray[np.uint8] | YuvPicture | None:
        """Return the next frame, after skipping damaged ones."""
        for bad in range(_MOST_BAD if self._is_local else 1):
            with suppress(FrameError):
                if (image := video.read()) is not None:
                    self.skipped += bad
                    return image
        return None

    def _report_damage(self, video: OpenVideo, clock: VideoClock) -> None:
        """Log damage; an end that comes too early counts as one more skipped frame."""
        if self.skipped:
            _LOGGER.warning("skipped %d frames of %s: damaged", self.skipped, self.name)
        if not (0 < video.fps < math.inf and 0 < video.claimed_s < math.inf):
            return  # no claim to compare with
        # Some containers state how long they last, others when they end, by a clock that needn't begin at 0.
        missing_s = video.claimed_s - max(clock.lasted_s + self.skipped * clock.frame_s, clock.stated_s)
        if missing_s > max(_CUT_S, _CUT_SHARE * video.claimed_s):
            self.skipped += 1
            _LOGGER.warning("%s ended after %.1f s of the %.1f s that it claims: cut short or damaged",
                            self.name, clock.lasted_s, video.claimed_s)  # fmt: skip


class OpenCvVideo:
    """A video that OpenCV reads (see `OpenVideo`)."""

    def __init__(self, location: str, name: str, *, access: Access = Access()) -> None:  # noqa: B008
        """Open the video; the name is the location without passwords.

        Raises:
            SourceError: it can't be opened, or its frames are too large.
        """
        if is_url(location):
            is_relayed = location.startswith(("http://", "https://"))
            opened = open_url(location, name, read_timeout_s=_READ_TIMEOUT_S, access=access, is_relayed=is_relayed,
                              kind="a video")  # fmt: skip
            self._capture, self._close = opened.capture, opened.close
        else:
            self._capture = open_capture(location, name, [cv2.CAP_PROP_N_THREADS, _DECODER_THREADS])
            self._close = self._capture.release
        if not self._capture.isOpened():
            self._close()
            raise SourceError(f"can't open {name}: not an image or video that OpenCV can read")
        self._buffers, self._aspect = Buffers(), pixel_aspect(self._capture)
        self.fps, count = self._capture.get(cv2.CAP_PROP_FPS), self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.claimed_s = count / self.fps if self.fps else 0.0
        self._start_s: float | None = None

    def read(self) -> NDArray[np.uint8] | None:
        """Implement `OpenVideo.read`."""
        return read_frame(self._capture, self._buffers, aspect=self._aspect)

    def position_s(self) -> float:
        """Implement `OpenVideo.position_s`; OpenCV itself counts from the file's first time."""
        position_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if self._start_s is None:
            stated = self._capture.get(_PTS) if _PTS is not None else 0.0  # in units of the frame rate
            self._start_s = stated / self.fps - position_s if 0 < stated < math.inf and self.fps > 0 else 0.0
        return self._start_s + position_s

    def close(self) -> None:
        """Implement `OpenVideo.close`."""
        self._close()


def _planes_opener() -> Callable[..., OpenVideo | None]:
    """Return `open_planes`, which takes a moment to load, or a function that leaves every file to OpenCV."""
    try:
        from edge.sources.pyav import open_planes
    except ImportError:  # the extra `video` isn't installed
        return _leave_to_opencv
    return open_planes


def _leave_to_opencv(_path: str, **_: int) -> None:
    return None
