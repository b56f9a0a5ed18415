"""Figures of a real-time run, with their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from edge.errors import EXIT_DONE
from tests.hardening.figures import Figure
from tests.hardening.soak.invariants import RECOVERY_LIMIT_S
from tests.hardening.soak.real_time import RealTimeRun
from tests.hardening.soak.samples import GROWTH_LIMIT_MB

_LONGEST_GAP_S = 2.0  # what the runner itself calls stale
_LONGEST_TOLD_S = 5.0  # stall, tick, and a pause of the process in between
_LONGEST_END_S = 1.0
_DETAIL_EVERY_S = 60.0


def figures(result: RealTimeRun) -> list[Figure]:
    """Frames and faults, answers that were wrong, what the process holds."""
    return [*_of_camera(result), *_of_outside(result), *_of_process(result)]


def settings(result: RealTimeRun) -> dict[str, Any]:
    """Settings that the figures depend on."""
    return {
        "duration_s": result.plan.ends_s,
        "ran_s": round(result.ran_s, 1),
        "settled_s": result.plan.settled_s,
        "disk": "tmpfs of its own" if result.has_own_disk else "folder with a limit to the size of files",
        "broker": "mosquitto" if result.has_broker else "none: mosquitto isn't installed",
        "interrupted": result.is_interrupted,
    }


def details(result: RealTimeRun) -> list[dict[str, Any]]:
    """Return each kind of fault with its recoveries, a sample a minute, the end of the log."""
    found = {**result.invariants.recovery_s, **(result.outside.recovery_s if result.outside else {})}
    rows: list[dict[str, Any]] = [
        {"kind": kind, "count": len(taken), "median_s": round(median(taken), 2), "longest_s": round(max(taken), 2)}
        for kind, taken in found.items()
    ]
    due_s = 0.0
    for sample in result.samples:
        if sample.time_s >= due_s:
            rows.append(asdict(sample))
            due_s = sample.time_s + _DETAIL_EVERY_S
    kept = result.outside.wrongly_kept if result.outside else []
    return [*rows, {"stood_still": result.stalls, "wrongly_kept": kept, "log": result.complaints}]


def _of_camera(result: RealTimeRun) -> list[Figure]:
    invariants, ran_s = result.invariants, result.ran_s
    blind = _unexcused(result, invariants.blind_s)
    wrongly_stale = _unexcused(result, invariants.wrongly_stale_s)
    gaps = [until_s - from_s for from_s, until_s in invariants.long_gaps_s if not result.is_excused(from_s, until_s)]
    recovered = [taken for every in invariants.recovery_s.values() for taken in every]
    return [
        Figure("hours", ran_s / 3600),
        Figure("frames classified", invariants.frames),
        Figure("camera faults", invariants.over(ran_s)),
        Figure("camera faults survived", invariants.recovered(), limit=invariants.over(ran_s), limit_kind="at least"),
        Figure("longest until frames came again", max(recovered, default=0.0), "s", RECOVERY_LIMIT_S),
        Figure("frames classified without a picture", blind, limit=0),
        Figure("times nobody was told that there is no picture", invariants.untold(ran_s), limit=0),
        Figure("longest until that was told", max(_seconds_to_stale(result), default=0.0), "s", _LONGEST_TOLD_S),
        Figure("times it was told wrongly", wrongly_stale, limit=0),
        Figure("times the machine stood still (not counted)", len(result.stalls)),
        Figure("longest pause while the camera works", max([invariants.longest_gap_s, *gaps]), "s", _LONGEST_GAP_S),
    ]


def _unexcused(result: RealTimeRun, times_s: Sequence[float]) -> int:
    return sum(not result.is_excused(time_s, time_s) for time_s in times_s)


def _seconds_to_stale(result: RealTimeRun) -> list[float]:
    """Return the seconds from each fault (of a still image: from its freeze timeout) to the answer without an image."""
    frozen_s = result.invariants.timeouts.frozen_s
    kinds = {fault.number: fault.kind for fault in result.plan.camera.faults}
    return [
        told_s - (frozen_s if kinds[number] == "still" else 0) for number, told_s in result.invariants.told_s.items()
    ]


def _of_outside(result: RealTimeRun) -> list[Figure]:
    outside, rows = result.outside, result.rows
    if outside is None:
        return []
    taken = outside.recovery_s
    kept_s = [kept["time_s"] for kept in outside.wrongly_kept]
    disk, broker = taken.get("disk", []), taken.get("broker", [])
    survived = sum(map(len, taken.values()))
    return [
        Figure("faults outside", survived + len(outside.missed)),
        Figure("faults outside survived", survived, limit=survived + len(outside.missed), limit_kind="at least"),
        Figure("longest until rows were written again", max(disk, default=0.0), "s", RECOVERY_LIMIT_S),
        Figure("longest until the broker knew the answer again", max(broker, default=0.0), "s", RECOVERY_LIMIT_S),
        Figure("wrong answers that a broker kept", _unexcused(result, kept_s), limit=0),
        Figure("viewers who saw no picture", outside.unseen, limit=0),
        Figure("rows of CSV", rows.whole),
        Figure("torn rows of CSV", rows.torn, limit=len(disk) + outside.missed.count("disk")),  # where it was full
        Figure("temporary files left", result.leftovers, limit=0),
        Figure("snapshots", result.snapshots_bytes / 1e6, "MB", 2.0),
    ]


def _of_process(result: RealTimeRun) -> list[Figure]:
    found = [
        Figure("runners that ended by themselves", int(result.is_gone), limit=0),
        Figure("exit code", result.exit_code, limit=EXIT_DONE),
        Figure("from SIGTERM to the end", result.end_s, "s", _LONGEST_END_S),
    ]
    if result.thousandth is not None:
        found.append(Figure("memory after 1,000 frames", result.thousandth.memory_bytes / 1e6, "MB"))
    if result.settled is None or result.last is None:
        return found
    return [
        *found,
        *_of_memory([sample.memory_bytes for sample in result.samples if sample.time_s >= result.plan.settled_s]),
        Figure("handles grown since each fault was there", result.last.handles - result.settled.handles, limit=0),
        Figure("threads grown since each fault was there", result.last.threads - result.settled.threads, limit=0),
    ]


def _of_memory(sizes_bytes: Sequence[int]) -> list[Figure]:
    """Return the trend of memory, which goes up and down by some frames that wait here and there."""
    third = len(sizes_bytes) // 3
    if not third:
        return []
    first, last = median(sizes_bytes[:third]), median(sizes_bytes[-third:])
    return [
        Figure("largest memory", max(sizes_bytes) / 1e6, "MB"),
        Figure("memory of the first third", first / 1e6, "MB"),
        Figure("memory grown until the last third", (last - first) / 1e6, "MB", GROWTH_LIMIT_MB),
    ]
