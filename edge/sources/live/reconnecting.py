"""Live source: the newest frame of a device, which is opened again and again once it is lost or frozen."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.errors import SourceError, SourceLostError
from edge.health import LIVE, STALE, Health
from edge.sources.frame import Frame
from edge.sources.live import LiveTimeouts
from edge.sources.readers import Capture, CapturedFrame, EndOfStreamError, Opener, Reader

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SINGLE_S = 0.2  # that the first frame of a pipe waits for the second, or the end
_TICK_S = 1.0  # between two moments without a frame
_FIRST_FRAME_S = 10.0  # a camera may take its time to start
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0  # before it is opened again
_HANGS_S = 30.0  # beyond a read's timeout, and again after it was stopped: it won't return
_MOST_HANGING = 3  # reads, each of which keeps a thread
_FEWEST_CHANGES = 30  # frames, a second of video, before a source is known to have noise
_MOST_REPEATS = 0.05  # share of frames; a source without noise repeats more
_STRIDE = 16  # rows; of two frames with noise, the first row compared differs
_LOGGER = logging.getLogger(__name__)


class LiveSource:
    """Frames of a camera or stream, as fresh as they come (see `edge.sources.frame.Source`)."""

    is_stream = True
    is_live = True

    def __init__(
        self,
        opener: Opener,
        *,
        timeouts: LiveTimeouts,
        health: Health,
        start_reader: Callable[[Callable[[], Capture]], Reader] = Reader,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = opener.name
        self._opener = opener
        self._timeouts = timeouts
        self._health = health
        self._start_reader = start_reader
        self._clock = clock
        self._sleep = sleep
        self._detector = FrozenFrameDetector(timeouts.freeze_s)
        self._reader: Reader | None = None
        self._hanging: list[Reader] = []
        self._was_open = False
        self._number = 0
        self._fresh_s = clock()  # time of the newest frame; of the beginning before the first one

    @property
    def skipped(self) -> int:
        """Number of unreadable frames so far."""
        return self._opener.skipped

    def frames(self) -> Iterator[Frame | None]:
        """Yield the newest frame whenever there is a new one, None about once a second while there isn't.

        Raises:
            SourceError: the device could not be opened the first time, or ended without a frame.
            SourceLostError: no frame came for `give_up_s`.
        """
        pause_s = _SHORTEST_PAUSE_S
        self._fresh_s = self._clock()
        while True:
            opened_s = self._clock()
            reader = self._reader = self._start_reader(self._opener.open)
            yield from self._while_read(reader)
            if isinstance(reader.error, EndOfStreamError):
                if self._number == 0:
                    raise SourceError(f"{self.name} ended without a picture")
                return
            self._was_open = self._was_open or reader.is_open
            if reader.error is not None:
                if not self._was_open or not isinstance(reader.error, (OSError, cv2.error)):
                    raise reader.error  # waiting helps only where a camera worked before
                self._lose(str(reader.error))
            if self._fresh_s - opened_s >= _LONGEST_PAUSE_S:  # it worked for a while
                pause_s = _SHORTEST_PAUSE_S
            yield from self._wait(pause_s, reader)
            self._require_time_left()
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def close(self) -> None:
        """Release the device, without waiting for a read that hangs."""
        if self._reader is not None:
            self._reader.stop()
            self._reader.join()

    def _while_read(self, reader: Reader) -> Iterator[Frame | None]:
        """Yield the frames of an open device until it fails, ends or freezes."""
        dropped_before = self._health.dropped
        quiet_since_s, allowed_s = self._clock(), max(self._timeouts.stall_s, _FIRST_FRAME_S)
        while True:
            remaining_s = quiet_since_s + allowed_s - self._clock()
            frame = reader.newest(min(_TICK_S, remaining_s) if remaining_s > 0 else _TICK_S)
            self._health.dropped = dropped_before + reader.dropped
            if frame is None and not reader.is_running:
                return
            quiet_s = self._clock() - quiet_since_s
            if frame is not None and self._clock() - frame.captured_s > self._timeouts.stall_s:
                frame, dropped_before = None, dropped_before + 1  # it aged here, and the camera fell silent meanwhile
            if frame is None:
                if quiet_s >= allowed_s:  # while the read lasts, it holds the device
                    self._lose(f"no frame for {allowed_s:g} s")
                if quiet_s >= allowed_s + _HANGS_S and self._opener.can_be_opened_twice:
                    reader.stop()
                    return
                self._require_time_left()
                yield None
            elif not self._detector.is_frozen(frame.image, frame.captured_s):
                yield self._fresh(frame, is_single=self._is_single(reader))
                quiet_since_s, allowed_s = frame.captured_s, self._timeouts.stall_s
            elif self._lose(f"the very same picture for {self._timeouts.freeze_s:g} s") or quiet_s >= allowed_s:
                reader.stop()
                return
            else:  # opened again: it may begin with an old frame
                self._require_time_left()
                yield None
                self._sleep(_TICK_S)

    def _wait(self, pause_s: float, reader: Reader) -> Iterator[None]:
        """Pause, and wait for the read under way, which holds the device; one that hangs is abandoned."""
        until_s = self._clock() + pause_s
        while True:
            self._require_time_left()
            yield None
            remaining_s = until_s - self._clock()
            self._sleep(min(_TICK_S, remaining_s) if remaining_s > 0 else _TICK_S)
            if self._clock() >= until_s and not reader.is_running:
                return
            if self._clock() >= until_s + _HANGS_S and self._abandon(reader):
                return

    def _abandon(self, reader: Reader) -> bool:
        """Count a read that hangs; return False if there are too many, or the device can't be opened a second time."""
        self._hanging = [other for other in self._hanging if other.is_running]
        if not self._opener.can_be_opened_twice or len(self._hanging) >= _MOST_HANGING:
            return False
        self._hanging.append(reader)
        return True

    def _is_single(self, reader: Reader) -> bool:
        """Return whether the first frame of a pipe is its last: an image that a program wrote into it."""
        return self._number == 0 and not self._opener.can_be_opened_twice and reader.ends_within(_SINGLE_S)

    def _fresh(self, frame: CapturedFrame, *, is_single: bool) -> Frame:
        """Return a new frame, with which the source is live again."""
        away_s, self._fresh_s = frame.captured_s - self._fresh_s, frame.captured_s
        if self._health.state == STALE:
            self._health.reconnects += 1
            _LOGGER.warning("%s is back after %.1f s", self.name, away_s)
        self._health.state, self._health.reason = LIVE, ""
        self._number += 1
        return Frame(
            frame.image, self._number - 1, self.name, frame.time, captured_s=frame.captured_s, is_single=is_single
        )

    def _lose(self, reason: str) -> bool:
        """Mark the source as stale, logged once; return True if it wasn't before."""
        is_new = self._health.state != STALE
        if is_new:
            _LOGGER.warning("%s: %s; trying until it is back", self.name, reason)
        elif self._health.reason != reason:
            _LOGGER.debug("%s: %s", self.name, reason)
        self._health.state, self._health.reason = STALE, reason
        return is_new

    def _require_time_left(self) -> None:
        """Raise SourceLostError if no frame came for `give_up_s`."""
        gone_s = self._clock() - self._fresh_s
        if gone_s >= self._timeouts.give_up_s:
            reason = self._health.reason or "no frame"
            raise SourceLostError(f"{self.name} is given up after {gone_s:.0f} s without a frame: {reason}")


class FrozenFrameDetector:
    """Detects a camera that repeats its last frame.

    A sensor has noise, so that no two of its frames are identical. Identical bytes for seconds come from a driver or a
    capture device that repeats the last frame. A source without noise (a test pattern, a screen, a well compressed
    stream) repeats itself while all is well, so it is never called frozen. Neither is a frame of one colour, which is a
    covered lens. A source that is frozen from its first frame on can't be detected.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._changes = 0
        self._repeats = 0
        self._run = 0  # repeats of the current frame
        self._is_frozen = False
        self._image: NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)
        self._since_s = 0.0

    def is_frozen(self, image: NDArray[np.uint8], captured_s: float) -> bool:
        """Compare a frame, uint8 (H, W, 3), 0-255, in an array of its own, with the one before."""
        if self._limit_s == 0:
            return False
        if _is_same(image, self._image):
            self._run += 1
            if not self._is_frozen and captured_s - self._since_s >= self._limit_s:
                self._is_frozen = self._has_noise() and not _is_one_colour(image)
            return self._is_frozen
        if not self._is_frozen and self._run and not _is_one_colour(self._image):
            self._repeats += self._run
        self._changes += 1
        self._run, self._is_frozen = 0, False
        self._image, self._since_s = image, captured_s
        return False

    def _has_noise(self) -> bool:
        """Return whether the frames before this one differed, each from the one before it."""
        enough = self._changes >= _FEWEST_CHANGES
        return enough and self._repeats <= _MOST_REPEATS * (self._changes + self._repeats)


def _is_same(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    if image.shape != other.shape or not np.array_equal(image[::_STRIDE], other[::_STRIDE]):
        return False
    return np.array_equal(image, other)


def _is_one_colour(image: NDArray[np.uint8]) -> bool:
    return bool(image.size) and bool((image == image[0, 0]).all())
