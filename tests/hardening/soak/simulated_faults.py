"""Faults around a runner in simulated time, injected and checked frame by frame: disk, broker, pauses, time of day."""

from __future__ import annotations

import errno
import io
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from edge.classify.results import Decision, Prediction
from edge.sources.frame import Frame
from tests.hardening.soak.invariants import RECOVERY_LIMIT_S
from tests.hardening.soak.schedule import Fault, Lengths, Timeline
from tests.hardening.soak.simulated_clock import SimulatedBroker, SimulatedClock

OUTSIDE: Lengths = {
    "disk": (1.0, 60.0),  # full
    "broker": (1.0, 120.0),  # away
    "pause": (0.2, 30.0),  # the process is stopped, with a picture in hand
    "clock": (1.0, 2.0),  # the time of day is set
}
_JUMPS_S = (-86_400.0, -3600.0, -1.0, 1.0, 3600.0, 86_400.0)
_LONGEST_STEP_S = 1.0  # between two frames; what is above it is no time in which anything could come back


class SimulatedDisk(io.TextIOBase):
    """A text stream that can be full."""

    def __init__(self) -> None:
        """Begin with room."""
        self.is_full = False
        self.rows = 0
        """Count of rows written so far."""

    def write(self, text: str) -> int:
        """Take a row.

        Raises:
            OSError: it is full.
        """
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.rows += 1
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


@dataclass(slots=True)
class _Waiting:
    """A fault that is over; all isn't as before yet."""

    kind: str
    is_back: Callable[[], bool]
    waited_s: float = 0.0


class SimulatedFaults:
    """Begins and ends the faults of a timeline (see `edge.sinks.protocol.Sink`); the first of the sinks."""

    def __init__(
        self,
        timeline: Timeline,
        clock: SimulatedClock,
        disk: SimulatedDisk,
        broker: SimulatedBroker,
        *,
        topic: str,
        seed: int,
    ) -> None:
        """Store the targets of the faults.

        Args:
            timeline: of these faults.
            clock: of the run.
            disk: takes its rows.
            broker: takes its answers.
            topic: of the answers.
            seed: of how far the time of day is set.
        """
        self.hold: Callable[[], None] = lambda: None
        """Callback that makes the reader hold a waiting image; set by the run."""
        self.stopped: Callable[[float], None] = lambda _: None
        """Callback for the time at which a stopped process goes on; set by the run."""
        self.recovery_s: dict[str, list[float]] = defaultdict(list)
        """Kind -> from a fault's end until all was as before, in seconds with frames, each time."""
        self.missed: list[str] = []
        """Kinds of faults after which it never was."""
        self.wrongly_kept = 0
        """Answers that the broker kept and that weren't the answer."""
        self._timeline, self._clock, self._disk, self._broker = timeline, clock, disk, broker
        self._topic = topic
        self._random = Random(f"{seed}/clock")  # noqa: S311  # a plan, not a secret
        self._now: Fault | None = None
        self._begun = -1  # number of the newest that began
        self._waiting: list[_Waiting] = []
        self._answer = ""
        self._frames = 0
        self._last_s = 0.0

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """See what has come back, then break what is due."""
        step_s = min(self._clock.now_s - self._last_s, _LONGEST_STEP_S)
        self._last_s = self._clock.now_s
        self._frames += 1
        self._look(step_s)
        self._turn()
        self._answer = decision.label

    def idle(self, decision: Decision) -> None:
        """Break what is due."""
        self._turn()
        self._answer = decision.label

    def close(self) -> None:
        """Nothing is kept back."""

    def _look(self, step_s: float) -> None:
        for waiting in list(self._waiting):
            if waiting.is_back():
                self.recovery_s[waiting.kind].append(waiting.waited_s)
                self._waiting.remove(waiting)
                continue
            waiting.waited_s += step_s
            if waiting.waited_s > RECOVERY_LIMIT_S:
                self.missed.append(waiting.kind)
                self._waiting.remove(waiting)

    def _turn(self) -> None:
        fault = self._timeline.at(self._clock.now_s)
        if self._now is not None and self._now != fault:
            self._waiting.append(_Waiting(self._now.kind, self._end(self._now)))
            self._now = None
        if fault is not None and fault.number != self._begun:
            self._now, self._begun = fault, fault.number
            self._begin(fault)

    def _begin(self, fault: Fault) -> None:
        if fault.kind == "disk":
            self._disk.is_full = True
        elif fault.kind == "broker":
            self._broker.go_down()
        elif fault.kind == "pause":
            self.hold()
            self._clock.sleep(fault.ends_s - fault.begins_s)
            self.stopped(self._clock.now_s)
        else:
            self._clock.set_by_s += self._random.choice(_JUMPS_S)

    def _end(self, fault: Fault) -> Callable[[], bool]:
        """End it; what says whether all is as before."""
        if fault.kind == "disk":
            self._disk.is_full, rows = False, self._disk.rows
            return lambda: self._disk.rows > rows
        if fault.kind == "broker":
            self._broker.come_up()
            kept = self._broker.kept.get(f"{self._topic}/decision")
            is_right = kept is not None and json.loads(kept)["label"] == self._answer
            self.wrongly_kept += not is_right
            return lambda: is_right
        frames = self._frames
        return lambda: self._frames > frames
