"""Live source: the newest frame of a device, which is opened again and again once it is lost or frozen."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from statistics import median

import cv2

from edge.errors import SourceError, SourceLostError, SourceRefusedError
from edge.health import LIVE, STALE, Health
from edge.sources.frame import Frame
from edge.sources.live import LiveTimeouts
from edge.sources.live.frozen_frames import FrozenFrameDetector
from edge.sources.readers import Capture, CapturedFrame, EndOfStreamError, Opener, Reader

_SINGLE_S = 0.2  # that the first frame of a pipe waits for the second, or the end
_TICK_S = 1.0  # between two moments without a frame
_FIRST_FRAME_S = 10.0  # a camera may take its time to start
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0  # before it is opened again
_HANGS_S = 30.0  # beyond a read's timeout, and again after it was stopped: it won't return
_MOST_HANGING = 3  # reads, each of which keeps a thread
_FEWEST_GAPS = 3  # between frames, before a source's pace is known
_PACES = 3  # without a frame, after which a slow source is stale
_LOGGER = logging.getLogger(__name__)


class LiveSource:
    """Frames of a camera or stream, as fresh as they come (see `edge.sources.frame.Source`)."""

    is_live = True

    def __init__(
        self,
        opener: Opener,
        *,
        is_stream: bool = True,
        timeouts: LiveTimeouts,
        health: Health,
        start_reader: Callable[[Callable[[], Capture]], Reader] = Reader,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = opener.name
        self.is_stream = is_stream
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
        self._began_s = clock()
        self._gaps_s: deque[float] = deque(maxlen=2 * _FEWEST_GAPS + 1)  # between the last frames
        self._reasons: set[str] = set()  # for being stale, that were said since it is
        self._fresh_s = clock()  # time of the newest frame; of the beginning before the first one

    @property
    def skipped(self) -> int:
        """Number of unreadable frames so far."""
        return self._opener.skipped

    def frames(self) -> Iterator[Frame | None]:
        """Yield the newest frame whenever there is a new one, None about once a second while there isn't.

        Raises:
            SourceError: the device could not be opened the first time, or ended without a frame; or it gave none within
                `start_s`, if that is set.
            SourceRefusedError: the device can be opened, and won't give frames however often it is asked.
            SourceLostError: no frame came for `give_up_s`.
        """
        pause_s = _SHORTEST_PAUSE_S
        self._fresh_s = self._began_s = self._clock()
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
                if not self._is_worth_waiting(reader.error):
                    raise reader.error
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

    def _is_worth_waiting(self, error: BaseException) -> bool:
        """Return whether the device may be back: it worked before, or has still time to start."""
        if isinstance(error, SourceRefusedError):
            return self._number > 0 and self._opener.can_be_opened_twice
        has_time = self._was_open or self._clock() - self._began_s < self._timeouts.start_s
        return has_time and isinstance(error, (OSError, cv2.error))

    def _while_read(self, reader: Reader) -> Iterator[Frame | None]:
        """Yield the frames of an open device until it fails, ends or freezes."""
        dropped_before = self._health.dropped
        quiet_since_s, allowed_s = self._clock(), max(self._stall_s(), _FIRST_FRAME_S, self._timeouts.start_s)
        is_first = True
        while True:
            remaining_s = quiet_since_s + allowed_s - self._clock()
            frame = reader.newest(min(_TICK_S, remaining_s) if remaining_s > 0 else _TICK_S)
            self._health.dropped = dropped_before + reader.dropped
            if frame is None and not reader.is_running:
                return
            quiet_s = self._clock() - quiet_since_s
            if frame is not None and self._clock() - frame.captured_s > self._stall_s():
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
                if not is_first:
                    self._gaps_s.append(frame.captured_s - quiet_since_s)
                is_first = False
                yield self._fresh(frame, is_single=self._is_single(reader))
                quiet_since_s, allowed_s = frame.captured_s, self._stall_s()
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

    def _stall_s(self) -> float:
        """Return the seconds without a frame after which the source is stale: a slow one has its own pace."""
        if not self._timeouts.adapts:
            return self._timeouts.stall_s
        if len(self._gaps_s) < _FEWEST_GAPS:
            return max(self._timeouts.stall_s, _FIRST_FRAME_S)
        return max(self._timeouts.stall_s, _PACES * median(self._gaps_s))

    def _is_single(self, reader: Reader) -> bool:
        """Return whether the first frame is the last: an image that a program wrote into a pipe, or a snapshot."""
        return self._number == 0 and self._opener.may_be_single and reader.ends_within(_SINGLE_S)

    def _fresh(self, frame: CapturedFrame, *, is_single: bool) -> Frame:
        """Return a new frame, with which the source is live again."""
        away_s, self._fresh_s = frame.captured_s - self._fresh_s, frame.captured_s
        if self._health.state == STALE:
            self._health.reconnects += 1
            _LOGGER.warning("%s is back after %.1f s", self.name, away_s)
        self._health.state, self._health.reason = LIVE, ""
        self._reasons.clear()
        self._number += 1
        return Frame(
            frame.image, self._number - 1, self.name, frame.time, captured_s=frame.captured_s, is_single=is_single
        )

    def _lose(self, reason: str) -> bool:
        """Mark the source as stale, each reason logged once; return True if it wasn't before."""
        is_new = self._health.state != STALE
        if is_new:
            is_starting = self._number == 0 and self._timeouts.start_s > 0
            how_long = f"for {self._timeouts.start_s:g} s" if is_starting else "until it is back"
            _LOGGER.warning("%s; trying %s", self._said(reason), how_long)
        elif reason not in self._reasons:
            _LOGGER.info("%s", self._said(reason))
        self._reasons.add(reason)
        self._health.state, self._health.reason = STALE, reason
        return is_new

    def _said(self, reason: str) -> str:
        return reason if self.name in reason else f"{self.name}: {reason}"

    def _require_time_left(self) -> None:
        """Raise SourceLostError if no frame came for `give_up_s`, SourceError if none at all came for `start_s`."""
        gone_s = self._clock() - self._fresh_s
        if self._number == 0 and 0 < self._timeouts.start_s <= gone_s:
            reason = self._said(self._health.reason or "no frame")
            raise SourceError(f"{reason} (--start-timeout {self._timeouts.start_s:g})")
        if gone_s >= self._timeouts.give_up_s:
            reason = self._health.reason or "no frame"
            raise SourceLostError(f"{self.name} is given up after {gone_s:.0f} s without a frame: {reason}")
