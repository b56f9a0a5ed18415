"""Probabilities of a stream that are still on their way: an answer is published early, its probability comes later."""

from __future__ import annotations

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

    The smoothed probability of a new answer climbs for about a second after the change. Seconds are those of the
    frames, so that a video that is read faster than it was filmed settles too.
    """

    def __init__(self) -> None:
        self._published = self._anchor = 0.0
        self._began_s: float | None = None
        self._published_s = self._anchor_s = 0.0
        self._has_settled = False

    def begin(self, probability: float, now_s: float) -> None:
        """Store the probability that is published with a new answer."""
        self._began_s = now_s
        self._has_settled = False
        self._note(probability, now_s)

    def is_due(self, probability: float, now_s: float) -> bool:
        """Take in a frame's probability; True, once, if it is to be published."""
        if self._began_s is None:
            return False
        if now_s < max(self._anchor_s, self._published_s):  # the clock was set back
            self._began_s = self._published_s = self._anchor_s = now_s
        if abs(probability - self._anchor) > TOLERANCE:
            self._anchor, self._anchor_s = probability, now_s
        stays = not self._has_settled and now_s - self._anchor_s >= SETTLED_S
        difference, waited_s = abs(probability - self._published), now_s - self._published_s
        is_step = difference >= STEP and waited_s >= STEP_S and now_s - self._began_s <= CLIMB_S
        if difference < TOLERANCE or not (stays or is_step or waited_s >= OFTEN_S):
            return False
        self._has_settled = self._has_settled or stays
        self._note(probability, now_s)
        return True

    def _note(self, probability: float, now_s: float) -> None:
        self._published, self._published_s = probability, now_s
        self._anchor, self._anchor_s = probability, now_s
