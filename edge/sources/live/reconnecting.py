"""A live source: the newest frame, no frame where there is none, and opened again and again until it is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import cv2

from edge.errors import SourceError, SourceLostError
from edge.health import LIVE, STALE, Health
from edge.sources.frame import Frame
from edge.sources.live import LiveTimeouts
from edge.sources.live.frozen_frames import FrozenFrameDetector
from edge.sources.readers import Capture, CapturedFrame, EndOfStreamError, Reader

_TICK_S = 1.0  # between two moments without a frame
_FIRST_FRAME_S = 10.0  # a camera may take its time to start
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0  # before it is opened again
_HANGS_S = 30.0  # beyond the time a read has, and again after it was told to stop: it won't come back
_MOST_HANGING = 3  # each keeps a thread
_LOGGER = logging.getLogger(__name__)


class Opener(Protocol):
    """What can open a device, and find it again."""

    name: str
    """Camera or URL, without passwords."""
    can_be_opened_twice: bool
    """Whether it may be opened while a read hangs, if only to hear that it is in use."""

    @property
    def skipped(self) -> int:
        """Pictures that could not be read, so far."""
        ...

    def open(self) -> Capture:
        """Open it; after the first time, the very same device, whatever its number has become.

        Raises:
            SourceError: it isn't there, or can't be opened.
        """
        ...


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
        """Remember what to open; that happens with the first frame.

        Args:
            opener: opens the device.
            timeouts: for how long to wait for it.
            health: written here: state, reason, dropped, reopened.
            start_reader: starts to read a device in the background.
            clock: monotonic seconds; tests bring their own.
            sleep: waits for seconds; tests bring their own.
        """
        self.name = opener.name
        self._opener = opener
        self._timeouts = timeouts
        self._health = health
        self._start_reader = start_reader
        self._clock = clock
        self._sleep = sleep
        self._frozen = FrozenFrameDetector(timeouts.frozen_s)
        self._reader: Reader | None = None
        self._hanging: list[Reader] = []
        self._was_open = False
        self._number = 0
        self._fresh_s = clock()  # when the newest frame came; before the first one, the beginning

    @property
    def skipped(self) -> int:
        """Pictures that could not be read, so far."""
        return self._opener.skipped

    def frames(self) -> Iterator[Frame | None]:
        """Yield the newest frame whenever there is a new one, None about once a second while there isn't.

        Raises:
            SourceError: it could not be opened the first time, or was over without a picture.
            SourceLostError: it is given up.
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
            self._refuse(reader)
            if self._fresh_s - opened_s >= _LONGEST_PAUSE_S:  # it worked for a while
                pause_s = _SHORTEST_PAUSE_S
            yield from self._wait(pause_s, reader)
            self._require_time_left()
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def close(self) -> None:
        """Let go of the device, but don't wait for a read that hangs."""
        if self._reader is not None:
            self._reader.stop()
            self._reader.join()

    def _while_read(self, reader: Reader) -> Iterator[Frame | None]:
        """What a device gives from its opening until it fails, ends, or hangs on one picture."""
        dropped_before = self._health.dropped
        quiet_since_s, allowed_s = self._clock(), max(self._timeouts.stall_s, _FIRST_FRAME_S)
        while True:
            left_s = quiet_since_s + allowed_s - self._clock()
            shot = reader.newest(min(_TICK_S, left_s) if left_s > 0 else _TICK_S)
            self._health.dropped = dropped_before + reader.dropped
            if shot is None and not reader.is_running:
                return
            quiet_s = self._clock() - quiet_since_s
            if shot is not None and self._clock() - shot.captured_s > self._timeouts.stall_s:
                shot, dropped_before = None, dropped_before + 1  # it waited, and the camera fell silent meanwhile
            if shot is None:
                if quiet_s >= allowed_s:  # while the read lasts, it holds the device
                    self._lose(f"no frame for {allowed_s:g} s")
                if quiet_s >= allowed_s + _HANGS_S and self._opener.can_be_opened_twice:
                    reader.stop()
                    return
                self._require_time_left()
                yield None
            elif not self._frozen.is_frozen(shot.image, shot.captured_s):
                yield self._frame(shot)
                quiet_since_s, allowed_s = shot.captured_s, self._timeouts.stall_s
            elif self._lose(f"the very same picture for {self._timeouts.frozen_s:g} s") or quiet_s >= allowed_s:
                reader.stop()
                return
            else:  # opened again: it may begin with an old picture
                self._require_time_left()
                yield None
                self._sleep(_TICK_S)

    def _refuse(self, reader: Reader) -> None:
        """Note why a device is lost; raise what nobody can wait for.

        Raises:
            SourceError: it could not be opened the first time.
            BaseException: what a camera has nothing to do with.
        """
        self._was_open = self._was_open or reader.is_open
        if reader.error is not None:
            if not self._was_open or not isinstance(reader.error, (OSError, cv2.error)):
                raise reader.error
            self._lose(str(reader.error))

    def _wait(self, pause_s: float, reader: Reader) -> Iterator[None]:
        """Pause, and wait for the read under way, which holds the device; one that hangs is left to its thread."""
        until_s = self._clock() + pause_s
        while True:
            self._require_time_left()
            yield None
            left_s = until_s - self._clock()
            self._sleep(min(_TICK_S, left_s) if left_s > 0 else _TICK_S)
            if self._clock() >= until_s and not reader.is_running:
                return
            if self._clock() >= until_s + _HANGS_S and self._may_leave(reader):
                return

    def _may_leave(self, reader: Reader) -> bool:
        """Whether one more read may go on hanging; it is remembered."""
        self._hanging = [each for each in self._hanging if each.is_running]
        if not self._opener.can_be_opened_twice or len(self._hanging) >= _MOST_HANGING:
            return False
        self._hanging.append(reader)
        return True

    def _frame(self, shot: CapturedFrame) -> Frame:
        """A fresh frame; all is well with it."""
        away_s, self._fresh_s = shot.captured_s - self._fresh_s, shot.captured_s
        if self._health.state == STALE:
            self._health.reconnects += 1
            _LOGGER.warning("%s is back after %.1f s", self.name, away_s)
        self._health.state, self._health.reason = LIVE, ""
        self._number += 1
        return Frame(shot.image, self._number - 1, self.name, shot.time, captured_s=shot.captured_s)

    def _lose(self, reason: str) -> bool:
        """It is lost, and why; said once. Returns whether that is news."""
        is_news = self._health.state != STALE
        if is_news:
            _LOGGER.warning("%s: %s; trying until it is back", self.name, reason)
        elif self._health.reason != reason:
            _LOGGER.debug("%s: %s", self.name, reason)
        self._health.state, self._health.reason = STALE, reason
        return is_news

    def _require_time_left(self) -> None:
        """A moment without a frame.

        Raises:
            SourceLostError: there were too many of them.
        """
        gone_s = self._clock() - self._fresh_s
        if gone_s >= self._timeouts.give_up_s:
            reason = self._health.reason or "no frame"
            raise SourceLostError(f"{self.name} is given up after {gone_s:.0f} s without a frame: {reason}")
