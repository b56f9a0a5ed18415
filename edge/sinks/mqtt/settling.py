"""Probabilities of a stream that are still on their way: an answer is published early, its probability comes later."""

from __future__ import annotations

from datetime import datetime, timezone

CLIMB_S = 1.5
"""Seconds after a change in which the probability is still climbing; it is published along the way."""
STEP_S, STEP = 0.3, 0.05
"""Seconds and difference of two messages along the way."""
SETTLED_S = 0.4
"""Seconds, two time constants of the smoothing, in which a settled probability stays where it is."""
TOLERANCE = 0.02
"""Difference of two probabilities, 0-1, that nobody sees."""
OFTEN_S = 5.0
"""Least seconds between two corrections of one answer, but for the first; one that never settles waits as long."""


class Settling:
    """Tells when the probability that was published with an answer is to be published again.

    The smoothed probability of a new answer climbs for about a second after the change. Times are those of the frames,
    so that a video that is read faster than it was filmed settles too.
    """

    def __init__(self) -> None:
        self._published = self._anchor = 0.0
        self._began_at: datetime | None = None
        self._published_at = self._anchor_at = datetime.min.replace(tzinfo=timezone.utc)
        self._has_settled = False

    def begin(self, probability: float, time: datetime) -> None:
        """Store the probability that is published with a new answer."""
        self._began_at = time
        self._has_settled = False
        self._note(probability, time)

    def is_due(self, probability: float, time: datetime) -> bool:
        """Take in a frame's probability; True, once, if it is to be published."""
        if self._began_at is None:
            return False
        if time < max(self._anchor_at, self._published_at):  # the clock was set back
            self._began_at = self._published_at = self._anchor_at = time
        if abs(probability - self._anchor) > TOLERANCE:
            self._anchor, self._anchor_at = probability, time
        stays = not self._has_settled and _seconds(self._anchor_at, time) >= SETTLED_S
        difference, waited_s = abs(probability - self._published), _seconds(self._published_at, time)
        is_step = difference >= STEP and waited_s >= STEP_S and _seconds(self._began_at, time) <= CLIMB_S
        if difference < TOLERANCE or not (stays or is_step or waited_s >= OFTEN_S):
            return False
        self._has_settled = self._has_settled or stays
        self._note(probability, time)
        return True

    def _note(self, probability: float, time: datetime) -> None:
        self._published, self._published_at = probability, time
        self._anchor, self._anchor_at = probability, time


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()
