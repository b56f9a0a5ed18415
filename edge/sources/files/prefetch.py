"""Reads a file on while the frame before is classified: decoding and classifying each have a core of their own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

_WAITING = 2  # frames; more would only take memory
_FAREWELL_S = 0.3  # a read that goes on ends within a frame's time; one that hangs is left to its thread

_T = TypeVar("_T")


class Prefetcher(Generic[_T]):
    """The items of an iterator, every one and in order, got by a thread that is at most two of them ahead."""

    def __init__(self, items: Iterator[_T]) -> None:
        """Start the thread; from now on the iterator, and what it holds open, is the thread's."""
        self._items = items
        self._queue: queue.Queue[_T | None] = queue.Queue(_WAITING)
        self._is_told_to_stop = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=__name__, daemon=True)
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
