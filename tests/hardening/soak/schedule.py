"""Schedule of faults, drawn from a seed before the run, so that injection and checks share it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

Lengths = Mapping[str, tuple[float, float]]
"""Kind of fault -> shortest and longest, seconds."""

CAMERA: Lengths = {
    "silent": (4.0, 15.0),  # a read waits
    "fail": (0.1, 5.0),  # reads fail, the device is there
    "gone": (0.5, 15.0),  # unplugged
    "black": (1.0, 5.0),
    "still": (14.0, 20.0),  # the very same bytes, for longer than --freeze-timeout allows
    "size": (2.0, 5.0),  # every picture has another
    "odd": (0.5, 5.0),  # arrays that are no pictures
}
OUTSIDE: Lengths = {
    "disk": (1.0, 12.0),  # full
    "broker": (1.0, 12.0),  # killed
    "viewers": (1.0, 8.0),  # that come, watch, and leave without a word
    "hang": (2.0, 12.0),  # viewers that never read
    "pause": (0.2, 1.5),  # SIGSTOP, then SIGCONT
    "signals": (0.2, 0.5),  # a volley of those that must not end it
}
BLIND = ("silent", "fail", "gone", "still", "odd")
"""During these there is nothing to classify."""
SIZES = ((240, 320), (720, 1280), (120, 160))
"""Height and width of the pictures while `size` lasts, one after the other."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    begins_s: float
    """Seconds since the start of the run."""
    ends_s: float
    number: int = 0
    """Counts them, from 0."""


def one_of_each(kinds: Lengths, *, seed: int, from_s: float, gap_s: float) -> list[Fault]:
    """Return each kind of fault once at its full length, the first after a gap."""
    faults: list[Fault] = []
    for number, kind in enumerate(_shuffled(kinds, Random(f"{seed}/first"))):  # noqa: S311  # a plan, not a secret
        begins_s = (faults[-1].ends_s if faults else from_s) + gap_s
        faults.append(Fault(kind, begins_s, begins_s + kinds[kind][1], number))
    return faults


def at_random(
    kinds: Lengths,
    *,
    seed: int,
    from_s: float,
    until_s: float,
    gap_s: tuple[float, float],
    stretch: float = 1.0,
    first_number: int = 0,
) -> Iterator[Fault]:
    """Faults one after the other, all over before the end; in every round each kind once, in an order of its own.

    Args:
        kinds: what there is.
        seed: of order, lengths and gaps.
        from_s: when the first gap begins.
        until_s: when the last fault must be over.
        gap_s: shortest and longest time between two.
        stretch: the longest are so many times as long.
        first_number: of the first fault.
    """
    random = Random(f"{seed}/{'/'.join(kinds)}")  # noqa: S311  # a plan, not a secret
    number, now_s = first_number, from_s
    while True:
        for kind in _shuffled(kinds, random):
            shortest, longest = kinds[kind]
            begins_s = now_s + random.uniform(*gap_s)
            now_s = begins_s + random.uniform(shortest, longest * stretch)
            if now_s > until_s:
                return
            yield Fault(kind, begins_s, now_s, number)
            number += 1


class Timeline:
    """Looks faults up by their time."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Take faults that follow one another."""
        self.faults = tuple(faults)
        self._begins = [fault.begins_s for fault in self.faults]

    def at(self, time_s: float) -> Fault | None:
        """Return the fault at a time; None if there is none."""
        newest = self.before(time_s)
        return newest if newest is not None and time_s < newest.ends_s else None

    def before(self, time_s: float) -> Fault | None:
        """The fault that began last, over or not."""
        place = bisect_right(self._begins, time_s)
        return self.faults[place - 1] if place else None


def _shuffled(kinds: Lengths, random: Random) -> list[str]:
    return random.sample(list(kinds), len(kinds))
