"""Holds what a run in simulated time says against what its camera did: old pixels, wrong answers, wrong states."""

from __future__ import annotations

from collections.abc import Iterator

from edge.artifact.spec import NOTHING_LABEL
from edge.classify.results import Decision, Prediction
from edge.health import LIVE, STALE, Health
from edge.sources.frame import Frame
from edge.sources.live.reconnecting import LiveSource
from tests.hardening.soak.camera import stamp
from tests.hardening.soak.invariants import Invariants, Timeouts
from tests.hardening.soak.schedule import Timeline
from tests.hardening.soak.simulated_clock import SimulatedClock

TIMEOUTS = Timeouts(stall_s=2.0, frozen_s=10.0, slack_s=0.5)
"""Limits of a run in simulated time; half a second is a frame."""
_TICK_S = 1.0  # between two moments without a frame
_SURE_S = 3.0  # after which black pictures must have become the answer


class Checks:
    """Holds every answer against what the camera did (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, clock: SimulatedClock, timeline: Timeline, invariants: Invariants, health: Health) -> None:
        """Store the parts to check.

        Args:
            clock: of the run.
            timeline: of the camera's faults.
            invariants: is told every answer.
            health: of the run.
        """
        self.old_pixels = 0
        """Frames that were classified too late, or after a later one."""
        self.wrong_answers = 0
        """Other answers than `nothing` where only black had been seen for long."""
        self.wrong_states = 0
        """Moments at which the run said to be otherwise than it was."""
        self._clock, self._timeline, self._invariants, self._health = clock, timeline, invariants, health
        self._stamp = 0
        self._fresh_s = 0.0

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Check a frame and its answer."""
        now_s, fault = self._clock.now_s, self._timeline.at(self._clock.now_s)
        self._invariants.hear(now_s, decision.label, has_frame=True)
        taken = stamp(frame.image)
        is_late = frame.captured_s is None or now_s - frame.captured_s > TIMEOUTS.stall_s
        self.old_pixels += is_late or 0 < taken < self._stamp
        self._stamp = max(self._stamp, taken)
        if fault is not None and fault.kind == "black" and now_s - fault.begins_s > _SURE_S:
            self.wrong_answers += decision.label != NOTHING_LABEL

    def idle(self, decision: Decision) -> None:
        """Check an answer without a frame."""
        self._invariants.hear(self._clock.now_s, decision.label, has_frame=False)

    def close(self) -> None:
        """Do nothing: no frame is held."""

    def see(self, frame: Frame | None) -> None:
        """Check what the run says of itself when a source gave this."""
        now_s = self._clock.now_s
        if frame is not None:
            self._fresh_s = now_s
            self.wrong_states += self._health.state != LIVE
        elif now_s - self._fresh_s > TIMEOUTS.stall_s + _TICK_S:
            self.wrong_states += self._health.state != STALE


class CheckedSource:
    """Another source, with each of its frames and moments looked at (see `edge.sources.frame.Source`)."""

    is_stream = True
    is_live = True

    def __init__(self, source: LiveSource, checks: Checks) -> None:
        """Store both."""
        self.name = source.name
        self._source, self._checks = source, checks

    @property
    def skipped(self) -> int:
        """The other's."""
        return self._source.skipped

    def frames(self) -> Iterator[Frame | None]:
        """Yield what the other yields."""
        for frame in self._source.frames():
            self._checks.see(frame)
            yield frame

    def close(self) -> None:
        """Close the other."""
        self._source.close()
