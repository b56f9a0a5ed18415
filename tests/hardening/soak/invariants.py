"""Judges what a runner says by what its camera did: whether it came back, whether it said what it couldn't see."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from edge.artifact.spec import STALE_LABEL
from tests.hardening.soak.schedule import BLIND, Fault, Timeline

RECOVERY_LIMIT_S = 12.0
"""Limit from a fault's end to the next frame, seconds: a camera is reopened after 10 s at most, and a tick is 1 s."""
_TICK_S = 1.0  # between two moments without a frame
_RECENT_S = 2.0  # answers that somebody who asks a little later may still be told


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Reference for the state of the runner, with the delays it may have."""

    stall_s: float
    frozen_s: float
    slack_s: float
    """Between what happens and what is heard of it."""


class Invariants:
    """Hears every answer of a run; one thread tells it, others may read its figures."""

    def __init__(self, timeline: Timeline, timeouts: Timeouts) -> None:
        """Begin without an answer.

        Args:
            timeline: the camera's faults.
            timeouts: of the run.
        """
        self.frames = 0
        self.blind_s: list[float] = []
        """Times of frames classified without an image."""
        self.wrongly_stale_s: list[float] = []
        """Times of a wrong `stale`."""
        self.longest_gap_s = 0.0
        """Longest time between two frames while the camera works, without the long gaps, seconds."""
        self.long_gaps_s: list[tuple[float, float]] = []
        """Start and end of times without a frame that are longer than the stall timeout, while the camera works."""
        self.recovery_s: dict[str, list[float]] = defaultdict(list)
        """Kind of fault -> from its end to the next frame, each time."""
        self.told_s: dict[int, float] = {}
        """Number of a fault -> from its beginning to the answer that there is no picture."""
        self.recent: deque[tuple[float, str]] = deque(maxlen=64)
        """Times and labels of decisions."""
        self.last_s: float | None = None
        """Time of the newest frame."""
        self._timeline, self.timeouts = timeline, timeouts
        self._seen = -1  # number of the fault that it came back from last
        self._stopped_s = float("-inf")  # until when the process was stopped last

    def hear(self, now_s: float, label: str, *, has_frame: bool) -> None:
        """Take an answer."""
        if not self.recent or self.recent[-1][1] != label:
            self.recent.append((now_s, label))
        if has_frame:
            self._hear_frame(now_s)
        elif label == STALE_LABEL:
            self._hear_stale(now_s)

    def is_live(self, now_s: float) -> bool:
        """Return whether frames arrive."""
        return self.last_s is not None and now_s - self.last_s < self.timeouts.slack_s

    def forgive(self, now_s: float) -> None:
        """The process was stopped until now: the gap isn't its own, and what it had in hand may be too old."""
        self.last_s, self._stopped_s = None, now_s

    def has_said(self, label: str, now_s: float) -> bool:
        """Return whether a label is the decision, or was a moment ago."""
        newest_first = list(reversed(self.recent))
        ends = [now_s, *(time_s for time_s, _ in newest_first)]
        return any(said == label and now_s - end_s <= _RECENT_S
                   for (_, said), end_s in zip(newest_first, ends, strict=False))  # fmt: skip

    def recovered(self) -> int:
        """Return the number of faults it recovered from."""
        return sum(map(len, self.recovery_s.values()))

    def over(self, now_s: float) -> int:
        """Return the number of faults it should have recovered from by now."""
        return sum(fault.ends_s + RECOVERY_LIMIT_S <= now_s for fault in self._timeline.faults)

    def untold(self, now_s: float) -> int:
        """Return the number of long faults that were not reported as `stale`."""
        return sum(
            fault.kind in BLIND and fault.ends_s < now_s and fault.number not in self.told_s
            and fault.ends_s - fault.begins_s > self._allowed_s(fault) + 2 * _TICK_S  # and the time to say it
            for fault in self._timeline.faults
        )  # fmt: skip

    def _hear_frame(self, now_s: float) -> None:
        self.frames += 1
        newest = self._timeline.before(now_s)
        if newest is not None and now_s < newest.ends_s:
            if newest.kind in BLIND and now_s - self._since(newest.begins_s) > self._allowed_s(newest):
                self.blind_s.append(now_s)
        elif newest is not None and newest.number != self._seen:
            self._seen = newest.number
            self.recovery_s[newest.kind].append(now_s - self._since(newest.ends_s))
        elif self.last_s is not None and now_s - self.last_s > self.timeouts.stall_s:
            self.long_gaps_s.append((self.last_s, now_s))
        elif self.last_s is not None:
            self.longest_gap_s = max(self.longest_gap_s, now_s - self.last_s)
        self.last_s = now_s

    def _hear_stale(self, now_s: float) -> None:
        newest = self._timeline.before(now_s)
        if newest is None or newest.kind not in BLIND or now_s > self._since(newest.ends_s) + RECOVERY_LIMIT_S:
            if now_s - self._stopped_s > self.timeouts.slack_s + _TICK_S:
                self.wrongly_stale_s.append(now_s)
        else:
            self.told_s.setdefault(newest.number, now_s - self._since(newest.begins_s))

    def _since(self, time_s: float) -> float:
        """Return the time from which the runner can have recovered."""
        return max(time_s, self._stopped_s)

    def _allowed_s(self, fault: Fault) -> float:
        """Return the seconds after a fault's beginning in which the last image still counts."""
        frozen_s = self.timeouts.frozen_s if fault.kind == "still" else 0.0
        return frozen_s + self.timeouts.stall_s + self.timeouts.slack_s
