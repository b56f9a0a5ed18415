"""Video files, every frame in order: by PyAV if it is installed and suits the file, otherwise by OpenCV."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol

import cv2

from edge.errors import FrameError, SourceError
from edge.sources.frame import Frame, mark_single
from edge.sources.opencv_capture import Buffers, open_capture, read_frame, time_limits
from edge.sources.readers import Prefetcher
from edge.system.urls import is_url, redact_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.vision import YuvPicture

_READ_TIMEOUT_S = 10.0
_LONGEST_S = 86_400 * 365  # a position beyond it is damage
_MOST_BAD = 64  # consecutive unreadable frames, after which none will follow
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
        """Return the time of the last frame in seconds from the beginning; any number if the file is damaged."""
        ...

    def close(self) -> None:
        """Close the file or connection."""
        ...


class VideoSource:
    """A video file, here or behind a URL, every frame in order (see `edge.sources.frame.Source`)."""

    is_stream = True
    is_live = False

    def __init__(self, location: str) -> None:
        self.name = redact_url(location)
        self.skipped = 0
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
        """Yield the frames; a file is read faster or slower than it was filmed, so that its own times count."""
        video: OpenVideo = self._open_planes(self._location, threads=_DECODER_THREADS) or OpenCvVideo(
            self._location, self.name
        )
        number = 0
        try:
            for frame in mark_single(self._timed(video)):
                yield frame
                number = frame.number + 1
            if number:
                self._report_damage(video, number)
        finally:
            video.close()
        if number == 0:
            raise SourceError(f"{self.name} holds no frame that OpenCV can read")

    def _timed(self, video: OpenVideo) -> Iterator[Frame]:
        opened, number = datetime.now(timezone.utc), 0
        while (image := self._next(video)) is not None:
            time = datetime.now(timezone.utc)
            if self._is_local:
                position_s = video.position_s()
                time = opened + timedelta(seconds=position_s if 0 <= position_s < _LONGEST_S else 0)
            yield Frame(image, number, self.name, time)
            number += 1

    def _next(self, video: OpenVideo) -> NDArray[np.uint8] | YuvPicture | None:
        """Return the next frame, after skipping damaged ones."""
        for bad in range(_MOST_BAD if self._is_local else 1):
            with suppress(FrameError):
                if (image := video.read()) is not None:
                    self.skipped += bad
                    return image
        return None

    def _report_damage(self, video: OpenVideo, frames: int) -> None:
        """Log damage; an end that comes too early counts as one more skipped frame."""
        if self.skipped:
            _LOGGER.warning("skipped %d frames of %s: damaged", self.skipped, self.name)
        if not (0 < video.fps < math.inf and 0 < video.claimed_s < math.inf):
            return  # no claim to compare with
        played_s = max((frames + self.skipped) / video.fps, video.position_s())
        if video.claimed_s - played_s > max(_CUT_S, _CUT_SHARE * video.claimed_s):
            self.skipped += 1
            _LOGGER.warning("%s ended after %.1f s of the %.1f s that it claims: cut short or damaged",
                            self.name, played_s, video.claimed_s)  # fmt: skip


class OpenCvVideo:
    """A video that OpenCV reads (see `OpenVideo`)."""

    def __init__(self, location: str, name: str) -> None:
        """Open the video; the name is the location without passwords.

        Raises:
            SourceError: it can't be opened, or its frames are too large.
        """
        is_local = not is_url(location)
        parameters = [cv2.CAP_PROP_N_THREADS, _DECODER_THREADS] if is_local else time_limits(_READ_TIMEOUT_S)
        self._capture = open_capture(location, name, parameters)
        if not self._capture.isOpened():
            self._capture.release()
            kind = "an image or video" if is_local else "a video"
            raise SourceError(f"can't open {name}: not {kind} that OpenCV can read, or out of reach")
        self._buffers = Buffers()
        self.fps, count = self._capture.get(cv2.CAP_PROP_FPS), self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.claimed_s = count / self.fps if self.fps else 0.0

    def read(self) -> NDArray[np.uint8] | None:
        """Implement `OpenVideo.read`."""
        return read_frame(self._capture, self._buffers)

    def position_s(self) -> float:
        """Implement `OpenVideo.position_s`."""
        return self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000

    def close(self) -> None:
        """Implement `OpenVideo.close`."""
        self._capture.release()


def _planes_opener() -> Callable[..., OpenVideo | None]:
    """Return `open_planes`, which takes a moment to load, or a function that leaves every file to OpenCV."""
    try:
        from edge.sources.pyav import open_planes
    except ImportError:  # the extra `video` isn't installed
        return _leave_to_opencv
    return open_planes


def _leave_to_opencv(_path: str, **_: int) -> None:
    return None
