"""Figures of a run in simulated time, with their limits."""

from __future__ import annotations

from dataclasses import asdict
from statistics import median
from typing import Any

from tests.hardening.figures import Figure
from tests.hardening.soak.invariants import RECOVERY_LIMIT_S
from tests.hardening.soak.samples import of_growth
from tests.hardening.soak.simulated_day import DAY_S, SimulatedDay

_SHORTEST_GAP_S, _LONGEST_GAP_S = 0.5, 16.0  # the second: a pause of 10 s, a read of 5 s, a tick


def figures(day: SimulatedDay) -> list[Figure]:
    """Frames and faults, what was wrong, what the process holds."""
    invariants, faults = day.invariants, day.faults
    recovered = [taken for every in invariants.recovery_s.values() for taken in every]
    outside = sum(map(len, faults.recovery_s.values()))
    return [
        Figure("simulated days", day.ran_s / DAY_S),
        Figure("frames classified", invariants.frames),
        Figure("camera faults", invariants.over(day.ran_s)),
        Figure("camera faults survived", invariants.recovered(), "", invariants.over(day.ran_s), "at least"),
        Figure("longest until frames came again", max(recovered, default=0.0), "s", RECOVERY_LIMIT_S),
        Figure("faults of disk, broker, process and clock", outside + len(faults.missed)),
        Figure("of these survived", outside, "", outside + len(faults.missed), "at least"),
        Figure("frames of old pixels", day.checks.old_pixels, limit=0),
        Figure("frames classified without a picture", len(invariants.blind_s), limit=0),
        Figure("moments in a wrong state", day.checks.wrong_states, limit=0),
        Figure("times nobody was told that there is no picture", invariants.untold(day.ran_s), limit=0),
        Figure("times it was told wrongly", len(invariants.wrongly_stale_s), limit=0),
        Figure("wrong answers to black pictures", day.checks.wrong_answers, limit=0),
        Figure("wrong answers that a broker kept", faults.wrongly_kept, limit=0),
        Figure("attempts to open the camera", day.camera.opened),
        Figure("shortest time between two in vain", day.camera.shortest_gap_s, "s", _SHORTEST_GAP_S, "at least"),
        Figure("longest time between two in vain", day.camera.longest_gap_s, "s", _LONGEST_GAP_S),
        Figure("rows written", day.disk.rows),
        *of_growth(day.samples, since="each fault once"),
    ]


def settings(day: SimulatedDay) -> dict[str, Any]:
    """Settings that the figures depend on."""
    return {"duration_s": day.duration_s, "ran_s": day.ran_s, "interrupted": day.is_interrupted}


def details(day: SimulatedDay) -> list[dict[str, Any]]:
    """Return each kind of fault with its recoveries, and both samples of the process."""
    found = {**day.invariants.recovery_s, **day.faults.recovery_s}
    kinds = [{"kind": kind, "count": len(taken), "median_s": round(median(taken), 2), "longest_s": round(max(taken), 2)}
             for kind, taken in found.items()]  # fmt: skip
    return [*kinds, *map(asdict, day.samples)]
