"""Wrappers around sinks that can fail or be slow: a failure log, a guard, and a bounded queue with its thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from edge.classify.results import Decision, Prediction
from edge.errors import ToolkitError
from edge.sinks.protocol import Sink
from edge.system.process import BackgroundThread
from edge.system.unit import file_hint

if TYPE_CHECKING:
    from edge.sources.frame import Frame

_LOGGER = logging.getLogger(__name__)
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 10.0
"""Delay before the next attempt after a failure: doubled at each further one, up to the second."""
_QUIET_S = 60.0  # at most one warning a minute: a sink that fails and recovers often would fill a disk with lines
_NO_PIXELS = np.zeros((0, 0, 3), np.uint8)


class FailureLog:
    """State of a sink that can fail: logs the first failure and the recovery, and counts in between.

    Its fields are single values that any thread may read.
    """

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.dropped = 0
        """Decisions that were never written."""
        self.message = ""
        """Reason of the failure; empty while the sink works."""
        self.delay_s = FIRST_DELAY_S
        """Seconds to wait before the next attempt."""
        self._clock = clock
        self._logged_s = float("-inf")
        self._is_logged = False

    def record_failure(self, error: Exception) -> None:
        """Store the reason; log the first failure in a row, at most once a minute."""
        if self.message:
            self.delay_s = min(2 * self.delay_s, LONGEST_DELAY_S)
            return
        self.message = _one_line(error)
        now_s = self._clock()
        self._is_logged = now_s - self._logged_s >= _QUIET_S
        if self._is_logged:
            self._logged_s = now_s
            _LOGGER.warning("%s: %s; classification goes on, and it is tried again", self.name, self.message)

    def record_success(self) -> None:
        """Clear the failure, and log the recovery if the failure was logged."""
        if not self.message:
            return
        self.message, self.delay_s = "", FIRST_DELAY_S
        if self._is_logged:
            _LOGGER.info("%s: works again; %d answers were not written", self.name, self.dropped)

    def attempt(self, work: Callable[[], None]) -> bool:
        """Call a function and record its failure or success; True if it succeeded."""
        try:
            work()
        except Exception as error:  # noqa: BLE001  # whatever happens to a sink, classification goes on
            self.record_failure(error)
            return False
        self.record_success()
        return True

    def report_losses(self) -> None:
        """Log at the end how many decisions were lost."""
        if self.dropped:
            _LOGGER.warning("%s: %d answers were not written", self.name, self.dropped)


class MonitoredSink(Protocol):
    """A sink whose failures are reported by broker and page."""

    @property
    def failures(self) -> FailureLog:
        """The sink's failure log."""
        ...


class GuardedSink(Sink):
    """Calls a sink in the loop's own thread, as a window needs it, and pauses it after a failure."""

    def __init__(self, sink: Sink, *, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures = FailureLog(name)
        self._sink = sink
        self._clock = clock
        self._resume_s = float("-inf")

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Pass a frame on."""
        self._attempt(lambda: self._sink.write(frame, prediction, decision))

    def idle(self, decision: Decision) -> None:
        """Pass a decision without a frame on."""
        self._attempt(lambda: self._sink.idle(decision))

    def close(self) -> None:
        """Close the sink."""
        self._resume_s = float("-inf")
        self._attempt(self._sink.close)
        self.failures.report_losses()

    def _attempt(self, work: Callable[[], None]) -> None:
        if self._clock() < self._resume_s:
            self.failures.dropped += 1
            return
        if not self.failures.attempt(work):
            self.failures.dropped += 1
            self._resume_s = self._clock() + self.failures.delay_s


_Item = tuple["Frame", Prediction, Decision] | Decision


class QueuedSink(Sink):
    """Bounded queue and thread in front of a sink that can be slow or fail: the loop never waits for it.

    A full queue drops its oldest item and counts it. If the sink raises, the item is counted as lost, and the next
    attempt is delayed; the sink must be able to start again. Frames aren't copied: each has an array of its own.
    """

    def __init__(
        self, sink: Sink, *, name: str, size: int, has_pixels: bool, wait_s: float = 0.0, drain_s: float = 0.3
    ) -> None:
        """Start the thread.

        Args:
            sink: does the work; from now on only the thread calls it.
            name: of the sink, as users know it.
            size: most items in the queue.
            has_pixels: True if the sink reads the frame's image; otherwise the queue doesn't keep images alive.
            wait_s: longest wait for a free place before the oldest item is dropped: 0 for a live source, which can't
                wait.
            drain_s: time limit of `close`; items that aren't written by then are lost.
        """
        self.failures = FailureLog(name)
        self._sink = sink
        self._size = size
        self._has_pixels = has_pixels
        self._wait_s = wait_s
        self._drain_s = drain_s
        self._items: deque[_Item] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = BackgroundThread(self._work, name=f"edge.{name}")
        self._thread.start()

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Queue a frame."""
        kept = frame if self._has_pixels else frame._replace(picture=_NO_PIXELS)
        self._put((kept, prediction, decision))

    def idle(self, decision: Decision) -> None:
        """Queue a decision without a frame."""
        self._put(decision)

    def close(self) -> None:
        """Write the queued items and close the sink; items left after `drain_s` are counted as lost."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(self._drain_s)
        with self._changed:
            self.failures.dropped += len(self._items)
            self._items.clear()
        self.failures.report_losses()

    def _put(self, item: _Item) -> None:
        with self._changed:
            if len(self._items) >= self._size and self._wait_s and not self.failures.message:
                self._changed.wait_for(lambda: len(self._items) < self._size, self._wait_s)
            if len(self._items) >= self._size:
                self._items.popleft()
                self.failures.dropped += 1
            self._items.append(item)
            self._changed.notify_all()

    def _work(self) -> None:
        """Run the thread: one item after the other, until the queue is empty and closing."""
        while (item := self._next()) is not None:
            if self.failures.attempt(lambda item=item: _pass_on(self._sink, item)):  # type: ignore[misc]  # bound now, not later
                continue
            with self._changed:
                self.failures.dropped += 1
                self._changed.wait_for(lambda: self._is_closing, self.failures.delay_s)
        self.failures.attempt(self._sink.close)

    def _next(self) -> _Item | None:
        """Wait for the oldest item; None at the end, also if the sink fails while closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._is_closing)
            if not self._items or (self._is_closing and self.failures.message):
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item


def _pass_on(sink: Sink, item: _Item) -> None:
    if isinstance(item, Decision):
        sink.idle(item)
    else:
        sink.write(*item)


def _one_line(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, ToolkitError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    hint = file_hint(error) if isinstance(error, OSError) else ""
    return (" ".join(text.split())[:200] or type(error).__name__) + hint
