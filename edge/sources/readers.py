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

_FAREWELL_S = 0.3  # a read that goes on ends within a frame's time; one that hangs is left to its thread

_PREFETCHED = 2  # items; more would only take memory

_T = TypeVar("_T")


class EndOfStreamError(Exception):
    """A stream is rightly over."""


class Capture(Protocol):
    """An open device or connection."""

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture: uint8 BGR, shape (H, W, 3), 0-255, in an array of its own.

        Raises:
            SourceError: there is none.
            EndOfStreamError: there will be none, and all is well.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A picture and when it came."""

    image: NDArray[np.uint8]
    """uint8 BGR, shape (H, W, 3), 0-255."""
    captured_s: float
    """time.monotonic()."""
    time: datetime
    """UTC."""


class Reader:
    """Opens a device, reads it until that fails or it is told to stop, and lets go of it at once."""

    def __init__(self, open_capture: Callable[[], Capture], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the thread: opening may take as long as reading.

        Args:
            open_capture: opens the device.
            clock: monotonic seconds.
        """
        self.dropped = 0
        """Pictures that a newer one overtook before anybody took them."""
        self.is_open = False
        """Whether the device could be opened at all."""
        self.is_running = True
        """False once the device has been let go."""
        self.error: BaseException | None = None
        """Why it ended; None if it was told to."""
        self._open = open_capture
        self._clock = clock
        self._is_told_to_stop = False
        self._newest: CapturedFrame | None = None
        self._wake = threading.Condition()
        # A daemon: a read that hangs in C can't be ended, and must not keep the process.
        self._thread = BackgroundThread(self._run, name=__name__)
        self._thread.start()

    def newest(self, timeout_s: float) -> CapturedFrame | None:
        """Take the newest picture; wait for it if need be, but no longer than it runs, and not above `timeout_s`."""
        with self._wake:
            self._wake.wait_for(lambda: self._newest is not None or not self.is_running, timeout_s)
            shot, self._newest = self._newest, None
            return shot

    def stop(self) -> None:
        """Have it let go of the device after the read that is under way."""
        self._is_told_to_stop = True

    def join(self) -> None:
        """Wait for that, but not for a read that hangs."""
        self._thread.join(_FAREWELL_S)

    def _run(self) -> None:
        try:
            self._read_on()
        except BaseException as error:  # noqa: BLE001  # a thread's end: whoever waits for its pictures raises it
            # Its traceback leads to the last pictures and back to this reader: they would stay until Python next looks
            # for what refers to itself.
            traceback.clear_frames(error.__traceback__)
            self.error = error
        finally:
            with self._wake:
                self.is_running = False
                self._wake.notify()

    def _read_on(self) -> None:
        capture = self._open()
        self.is_open = True
        try:
            while not self._is_told_to_stop:
                image = capture.read()
                shot = CapturedFrame(image, self._clock(), datetime.now(timezone.utc))
                with self._wake:
                    self.dropped += self._newest is not None
                    self._newest = shot
                    self._wake.notify()
        finally:
            capture.close()  # at once: while it is held, a camera that is plugged in again gets another number


class Prefetcher(Generic[_T]):
    """The items of an iterator, every one and in order, got by a thread that is at most two of them ahead."""

    def __init__(self, items: Iterator[_T]) -> None:
        """Start the thread; from now on the iterator, and what it holds open, is the thread's."""
        self._items = items
        self._queue: queue.Queue[_T | None] = queue.Queue(_PREFETCHED)
        self._is_told_to_stop = False
        self._error: BaseException | None = None
        self._thread = BackgroundThread(self._run, name=__name__)
        self._thread.start()

    def __iter__(self) -> Iterator[_T]:
        """Yield the items; raises what the iterator raised, after the last of them."""
        while (item := self._queue.get()) is not None:
            yield item
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Have the iterator closed by its thread, and wait for that, but not for a read that hangs."""
        self._is_told_to_stop = True
        while not self._queue.empty():  # a thread that waits for room finds it, and sees that it is to stop
            self._queue.get_nowait()
        self._thread.join(_FAREWELL_S)

    def _run(self) -> None:
        try:
            for item in self._items:
                self._queue.put(item)
                if self._is_told_to_stop:
                    break
        except BaseException as error:  # noqa: BLE001  # a thread's end: whoever waits for its items raises it
            self._error = error
        finally:
            if hasattr(self._items, "close"):
                self._items.close()
            if not self._is_told_to_stop:
                self._queue.put(None)
