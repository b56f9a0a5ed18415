"""A bounded queue and a thread in front of a sink that can be slow or fail: the loop never waits for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from edge.classify.results import Decision, Prediction
from edge.sinks.delivery.failure_log import Trouble
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame

_NO_PIXELS = np.zeros((0, 0, 3), np.uint8)
_Item = tuple[Frame, Prediction, Decision] | Decision


class QueuedSink:
    """Hands everything on to another sink, in a thread of its own (see `edge.sinks.protocol.Sink`).

    If the queue is full, the oldest goes and is counted. If the other sink raises, what it was given is counted as
    lost, and the next attempt waits 0.5 s, then longer; it must be able to start afresh. Frames aren't copied: a source
    gives each an array of its own.
    """

    def __init__(
        self, sink: Sink, *, name: str, size: int, has_pixels: bool, patience_s: float = 0.0, drain_s: float = 0.3
    ) -> None:
        """Start the thread.

        Args:
            sink: what does the work; from now on only the thread touches it.
            name: of the sink, as people call it.
            size: places in the queue.
            has_pixels: whether the sink looks at the frame's image; otherwise the queue doesn't keep images alive.
            patience_s: how long the loop waits for a place before the oldest goes: 0 for a camera, which doesn't wait;
                more for files, which do.
            drain_s: how long the end may take: what isn't written by then is lost.
        """
        self.trouble = Trouble(name)
        self._sink = sink
        self._size = size
        self._has_pixels = has_pixels
        self._patience_s = patience_s
        self._drain_s = drain_s
        self._items: deque[_Item] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name=f"edge.{name}", daemon=True)
        self._thread.start()

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Queue a frame."""
        kept = frame if self._has_pixels else frame._replace(picture=_NO_PIXELS)
        self._put((kept, prediction, decision))

    def idle(self, decision: Decision) -> None:
        """Queue an answer without a frame."""
        self._put(decision)

    def close(self) -> None:
        """Write what is queued and close the sink; after `drain_s` leave the rest and count it."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(self._drain_s)
        with self._changed:
            self.trouble.dropped += len(self._items)
            self._items.clear()
        self.trouble.over()

    def _put(self, item: _Item) -> None:
        with self._changed:
            if len(self._items) >= self._size and self._patience_s and not self.trouble.sentence:
                self._changed.wait_for(lambda: len(self._items) < self._size, self._patience_s)
            if len(self._items) >= self._size:
                self._items.popleft()
                self.trouble.dropped += 1
            self._items.append(item)
            self._changed.notify_all()

    def _work(self) -> None:
        """The thread: one item after the other, until the queue is empty and the end has come."""
        while (item := self._next()) is not None:
            if self._attempt(lambda item=item: _give(self._sink, item)):  # type: ignore[misc]  # bound now, not later
                continue
            with self._changed:
                self.trouble.dropped += 1
                self._changed.wait_for(lambda: self._is_closing, self.trouble.delay_s)
        self._attempt(self._sink.close)

    def _next(self) -> _Item | None:
        """The oldest item as soon as there is one; None at the end, or where the end meets trouble."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._is_closing)
            if not self._items or (self._is_closing and self.trouble.sentence):
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # whatever happens to a sink, classification goes on
            self.trouble.failed(error)
            return False
        self.trouble.worked()
        return True


def _give(sink: Sink, item: _Item) -> None:
    if isinstance(item, Decision):
        sink.idle(item)
    else:
        sink.write(*item)
