"""What there is to see right now: the loop pins it up, the page's thread reads it. The loop does no work here."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from edge.classify.results import Decision, Prediction
from edge.health import Health
from edge.sources.frame import Frame

HISTORY_S = 120
"""How far back the charts go."""


@dataclass(frozen=True, slots=True)
class SecondStats:
    """What the charts show of one second: the worst of it."""

    frames: int
    """Classified."""
    latency_ms: float | None
    """From frame to decision; None where no frame was classified."""
    age_ms: float | None
    """From a frame's capture to its decision, or how old the last one has become; None before the first."""


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """The newest frame with all that was said of it."""

    number: int
    """Counts the frames and answers that were pinned up, from 1; a later one has a larger number."""
    frame: Frame
    prediction: Prediction
    decision: Decision


class LiveState:
    """The newest sight and the last two minutes (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, health: Health, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin empty.

        Args:
            health: of the run.
            clock: monotonic seconds, the one that `Health.captured_s` is read from; tests bring their own.
        """
        self.health = health
        self.newest: LiveFrame | None = None
        self.classified_s: float | None = None
        """When the newest frame was classified, by the clock."""
        self.clock = clock
        self.seconds = 0
        """How many are over."""
        self._lock = threading.Lock()
        self._history: deque[SecondStats] = deque(maxlen=HISTORY_S)
        self._second = int(clock())
        self._frames = 0
        self._latency_ms: float | None = None
        self._age_ms: float | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Pin a frame up."""
        now = self.clock()
        number = self.newest.number + 1 if self.newest else 1
        self.newest = LiveFrame(number, frame, prediction, decision)
        self.classified_s = now
        with self._lock:
            self._turn(now)
            self._frames += 1
            self._latency_ms = max(self._latency_ms or 0.0, prediction.latency_ns["total"] / 1e6)
            self._age_ms = _larger(self._age_ms, self.age_ms(now))

    def idle(self, decision: Decision) -> None:
        """Pin up what is said of the newest frame by now."""
        now = self.clock()
        if self.newest is not None and self.newest.decision != decision:
            newest = self.newest
            self.newest = LiveFrame(newest.number + 1, newest.frame, newest.prediction, decision)
        with self._lock:
            self._turn(now)
            self._age_ms = _larger(self._age_ms, self.age_ms(now))

    def close(self) -> None:
        """Nothing is kept back."""

    def age_ms(self, now: float) -> float | None:
        """How long ago the newest classified frame was captured, milliseconds; None before the first."""
        captured_s = self.health.captured_s
        return None if captured_s is None else max(0.0, (now - captured_s) * 1e3)

    def history(self) -> list[SecondStats]:
        """The seconds that are over, oldest first."""
        with self._lock:
            self._turn(self.clock())
            return list(self._history)

    def is_live(self, stall_s: float) -> bool:
        """Whether a frame was classified within so many seconds."""
        return self.classified_s is not None and self.clock() - self.classified_s <= stall_s

    def _turn(self, now: float) -> None:
        """Note the second that is over, if one is, and those in which nothing happened."""
        passed = int(now) - self._second
        if passed <= 0:
            return
        self.seconds += passed
        self._history.append(SecondStats(self._frames, self._latency_ms, self._age_ms))
        for missed in range(1, min(passed, HISTORY_S)):
            age_ms = self.age_ms(self._second + missed + 1)
            self._history.append(SecondStats(0, None, age_ms))
        self._second, self._frames, self._latency_ms, self._age_ms = int(now), 0, None, None


def _larger(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else max(one, other)
