"""The hour's timetable: a calm beginning, each fault once, a calm look at the process, faults at random, a calm end."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import ToolkitError
from tests.hardening.soak.schedule import CAMERA, OUTSIDE, Timeline, at_random, one_of_each

_QUIET_S = 10.0  # at the beginning: the first thousand frames
_CALM_S = 24.0  # the camera may take half of it to come back, and those who watched are gone
_FIRST_GAP_S = 14.0  # a camera may take 12 to come back
_CAMERA_GAP_S, _OUTSIDE_GAP_S = (14.0, 45.0), (2.0, 12.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """Times of faults and of calm."""

    camera: Timeline
    outside: Timeline
    """Faults around the camera: broker, disk, viewers, signals."""
    settled_s: float
    """Time at which each fault has occurred once and is over."""
    ends_s: float

    @classmethod
    def draw(cls, seed: int, duration_s: float) -> Plan:
        """Draw it; the same arguments give the same plan in every process.

        Raises:
            ToolkitError: the time is too short for each fault once.
        """
        first = {kinds: one_of_each(faults, seed=seed, from_s=_QUIET_S, gap_s=_FIRST_GAP_S)
                 for kinds, faults in (("camera", CAMERA), ("outside", OUTSIDE))}  # fmt: skip
        settled_s = max(faults[-1].ends_s for faults in first.values()) + _CALM_S
        if duration_s < settled_s + _CALM_S:
            raise ToolkitError(f"--duration {duration_s:g} is too short: each fault once takes {settled_s + _CALM_S:g}")
        until_s = duration_s - _CALM_S
        timelines = {
            name: Timeline([*first[name], *at_random(kinds, seed=seed, from_s=settled_s, until_s=until_s, gap_s=gap_s,
                                                     first_number=len(first[name]))])
            for name, kinds, gap_s in (("camera", CAMERA, _CAMERA_GAP_S), ("outside", OUTSIDE, _OUTSIDE_GAP_S))
        }  # fmt: skip
        return cls(timelines["camera"], timelines["outside"], settled_s, duration_s)
