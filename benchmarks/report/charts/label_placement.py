"""Finds a free place near each dot of a chart for its label; pure geometry, no drawing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_RINGS = (6.0, 18.0, 34.0, 54.0, 78.0, 106.0, 138.0)  # gaps between dot and label that are tried, in the chart's units
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))  # to the right reads best
_AMBIGUITY_COST = 30.0  # a place this much farther off is better than one beside another dot
_LEADER_FROM = _RINGS[1]  # a label this far off needs a line to its dot


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-parallel rectangle; y grows upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """Area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(width, 0.0) * max(height, 0.0)

    def distance(self, other: Box) -> float:
        """Length of the shortest line between the two; 0 where they touch or overlap."""
        across = max(self.left - other.right, other.left - self.right, 0.0)
        upwards = max(self.bottom - other.top, other.bottom - self.top, 0.0)
        return math.hypot(across, upwards)

    def contains(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        return (
            self.left <= other.left
            and self.bottom <= other.bottom
            and self.right >= other.right
            and self.top >= other.top
        )


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot and the size of its label."""

    x: float
    y: float
    radius: float
    label_width: float
    label_height: float

    @property
    def box(self) -> Box:
        """The square around the dot."""
        return Box(self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)

    @property
    def middle(self) -> Box:
        """The dot's middle, a box without area."""
        return Box(self.x, self.y, self.x, self.y)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a label goes."""

    box: Box
    needs_leader: bool
    """Whether it stands so far off, or so near to another dot, that a line must lead to its own."""


def place_labels(dots: Sequence[Dot], bounds: Box, *, obstacles: Sequence[Box] = ()) -> list[Placement]:
    """Place all labels: inside the bounds, off the dots and off each other, near their own dot and no other.

    Args:
        dots: all in one unit, such as points.
        bounds: labels stay inside.
        obstacles: what else labels keep off.

    Returns:
        One placement for each dot; where there is no free place, the one that covers least.
    """
    taken = [*(dot.box for dot in dots), *obstacles]
    placements = []
    for dot in dots:
        strangers = [other for other in dots if other is not dot]
        box = min(_candidates(dot), key=lambda box: _cost(box, dot, bounds, taken, strangers))
        taken.append(box)
        needs_leader = box.distance(dot.box) >= _LEADER_FROM or _is_ambiguous(box, dot, strangers)
        placements.append(Placement(box, needs_leader))
    return placements


def _cost(box: Box, dot: Dot, bounds: Box, taken: Sequence[Box], strangers: Sequence[Dot]) -> tuple[bool, float, float]:
    """What is wrong with a place, worst first: outside, covering something, far off or nearer to a stranger."""
    covered = sum(box.overlap(other) for other in taken)
    detour = _AMBIGUITY_COST if _is_ambiguous(box, dot, strangers) else 0.0
    return not bounds.contains(box), covered, box.distance(dot.box) + detour


def _is_ambiguous(box: Box, dot: Dot, strangers: Sequence[Dot]) -> bool:
    """Whether a reader could take the label for another dot's."""
    own = box.distance(dot.middle)
    return any(box.distance(other.middle) <= own + _RINGS[0] for other in strangers)


def _candidates(dot: Dot) -> Iterator[Box]:
    """Yield the places around the dot, nearest ring first."""
    for gap in _RINGS:
        for right, up in _DIRECTIONS:
            reach = dot.radius + gap
            if right and up:  # diagonal: the label's corner lies on the ring
                reach /= math.sqrt(2)
            left = dot.x + right * reach - dot.label_width * (1 - right) / 2
            bottom = dot.y + up * reach - dot.label_height * (1 - up) / 2
            yield Box(left, bottom, left + dot.label_width, bottom + dot.label_height)
