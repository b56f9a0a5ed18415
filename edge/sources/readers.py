"""Threads that read a source in the background: the newest frame of a device, or every item of a file in order."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from edge.system.process import BackgroundThread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_JOIN_TIMEOUT_S = 0.3  # a working read ends within a frame's time; one that hangs is abandoned with its thread
_PREFETCHED = 2  # items; more would only take memory

_T = TypeVar("_T")


class EndOfStreamError(Exception):
    """Regular end of a stream."""


class Capture(Protocol):
    """An open device or connection."""

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next frame: uint8 BGR, shape (H, W, 3), 0-255, in an array of its own.

        Raises:
            SourceError: no frame came.
            EndOfStreamError: the stream is over, and all is well.
        """
        ...

    def close(self) -> None:
        """Release the device or connection."""
        ...


class Opener(Protocol):
    """A device that can be opened, and found again."""

    name: str
    """Camera or URL, without passwords."""
    can_be_opened_twice: bool
    """True if it may be opened while a read hangs, if only to fail because it is in use."""

    @property
    def may_be_single(self) -> bool:
        """True if its first frame may be all: an image that a program wrote into a pipe, or a snapshot's address."""
        ...

    @property
    def skipped(self) -> int:
        """Number of unreadable frames so far."""
        ...

    def open(self) -> Capture:
        """Open the device; after the first time the very same one, whatever its number has become.

        Raises:
            SourceError: it isn't there, or can't be opened.
        """
        ...


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A frame and the time of its capture."""

    image: NDArray[np.uint8]
    """uint8 BGR, shape (H, W, 3), 0-255."""
    captured_s: float
    time: datetime


class Reader:
    """Thread that opens a device, reads it until a read fails or it is stopped, and releases it at once."""

    def __init__(self, open_capture: Callable[[], Capture], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the thread: opening may take as long as reading."""
        self.dropped = 0
        """Number of frames that a newer one replaced before they were taken."""
        self.is_open = False
        """True once the device could be opened."""
        self.is_running = True
        """False once the device is released."""
        self.error: BaseException | None = None
        """Reason for the end; None if it was stopped."""
        self._open = open_capture
        self._clock = clock
        self._is_stopped = False
        self._newest: CapturedFrame | None = None
        self._changed = threading.Condition()
        # A daemon: a read that hangs in C can't be ended, and must not keep the process.
        self._thread = BackgroundThread(self._run, name=__name__)
        self._thread.start()

    def newest(self, timeout_s: float) -> CapturedFrame | None:
        """Take the newest frame; None if none comes within `timeout_s` seconds, or before the thread ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or not self.is_running, timeout_s)
            frame, self._newest = self._newest, None
            return frame

    def ends_within(self, timeout_s: float) -> bool:
        """Return whether the stream ends within `timeout_s` seconds, before another frame comes."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or not self.is_running, timeout_s)
            return self._newest is None and isinstance(self.error, EndOfStreamError)

    def stop(self) -> None:
        """Make the thread release the device after the read under way."""
        self._is_stopped = True

    def join(self) -> None:
        """Wait for the thread's end, but not for a read that hangs."""
        self._thread.join(_JOIN_TIMEOUT_S)

    def _run(self) -> None:
        try:
            self._read_on()
        except BaseException as error:  # noqa: BLE001  # a thread's end: whoever waits for its frames raises it
            # The traceback refers to the last frames and to this reader, a cycle that only the collector would free.
            traceback.clear_frames(error.__traceback__)
            self.error = error
        finally:
            with self._changed:
                self.is_running = False
                self._changed.notify()

    def _read_on(self) -> None:
        capture = self._open()
        self.is_open = True
        try:
            while not self._is_stopped:
                image = capture.read()
                frame = CapturedFrame(image, self._clock(), datetime.now(timezone.utc))
                with self._changed:
                    self.dropped += self._newest is not None
                    self._newest = frame
                    self._changed.notify()
        finally:
            capture.close()  # at once: while it is held, a camera that is plugged in again gets another number


class Prefetcher(Generic[_T]):
    """Iterates over all items of an iterator, in order, with a thread that fetches at most two in advance."""

    def __init__(self, items: Iterator[_T]) -> None:
        """Start the thread, which from now on owns the iterator."""
        self._items = items
        self._queue: queue.Queue[_T | None] = queue.Queue(_PREFETCHED)
        self._is_stopped = False
        self._error: BaseException | None = None
        self._thread = BackgroundThread(self._run, name=__name__)
        self._thread.start()

    def __iter__(self) -> Iterator[_T]:
        """Yield the items, then raise what the iterator raised."""
        while (item := self._queue.get()) is not None:
            yield item
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Make the thread close the iterator, and wait for that, but not for a read that hangs."""
        self._is_stopped = True
        while not self._queue.empty():  # frees a thread that waits for a place in the queue
            self._queue.get_nowait()
        self._thread.join(_JOIN_TIMEOUT_S)

    def _run(self) -> None:
        try:
            for item in self._items:
                self._queue.put(item)
                if self._is_stopped:
                    break
        except BaseException as error:  # noqa: BLE001  # a thread's end: whoever waits for its items raises it
            self._error = error
        finally:
            if hasattr(self._items, "close"):
                self._items.close()
            if not self._is_stopped:
                self._queue.put(None)
