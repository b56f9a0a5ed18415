"""A guard around a sink that must stay in the loop's own thread, as a window must: it may fail, the loop goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.classify.results import Decision, Prediction
from edge.sinks.delivery.failure_log import Trouble
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame


class GuardedSink:
    """Hands everything on; after a failure nothing for a while (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, sink: Sink, *, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember what to guard.

        Args:
            sink: what does the work; it must be able to start afresh after it raised.
            name: of the sink, as people call it.
            clock: monotonic seconds; tests bring their own.
        """
        self.trouble = Trouble(name)
        self._sink = sink
        self._clock = clock
        self._resume_s = float("-inf")

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Hand a frame on."""
        self._attempt(lambda: self._sink.write(frame, prediction, decision))

    def idle(self, decision: Decision) -> None:
        """Hand an answer without a frame on."""
        self._attempt(lambda: self._sink.idle(decision))

    def close(self) -> None:
        """Close the sink."""
        self._resume_s = float("-inf")
        self._attempt(self._sink.close)
        self.trouble.over()

    def _attempt(self, work: Callable[[], None]) -> None:
        if self._clock() < self._resume_s:
            self.trouble.dropped += 1
            return
        try:
            work()
        except Exception as error:  # noqa: BLE001  # whatever happens to a sink, classification goes on
            self.trouble.failed(error)
            self.trouble.dropped += 1
            self._resume_s = self._clock() + self.trouble.delay_s
        else:
            self.trouble.worked()
