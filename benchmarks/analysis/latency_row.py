"""The timed repeats of a row -> its summaries, its verdict on stability and the values they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.measure.job import Measurement
from benchmarks.stats.latency import summarise_repeats
from benchmarks.stats.stability import judge

KINDS = ("invoke", "model", "frame_to_decision", "end_to_end")
"""Kinds of timed calls, each one wider than the one before: a row has a summary of each."""
TABLED = ("invoke", "frame_to_decision")
"""Those that the table shows, and that a row's status speaks of."""


def timed_facts(repeats: Sequence[Measurement]) -> dict[str, Any]:
    """Return the timed part of a row.

    Args:
        repeats: what was measured in each; none where nothing was timed.

    Returns:
        repeats (how many); load_ns and first_invoke_ns, of the repeats the median; a summary of each of `KINDS`, None
        where it wasn't timed; stability, the verdict on invoke; stage_median_ns; memory.
    """
    summaries: dict[str, Any] = dict.fromkeys(KINDS)
    for kind in KINDS:
        values = [getattr(found, f"{kind}_ns") for found in repeats]
        if values and all(values):
            summary = summarise_repeats(values)
            summaries[kind] = asdict(summary) | {
                "repeat_medians_ns": list(summary.repeat_medians_ns),  # as JSON reads it back
                "stability": asdict(judge(values)),
            }
    return {
        "repeats": len(repeats),
        "load_ns": _median([found.load_ns for found in repeats]),
        "first_invoke_ns": _median([found.first_invoke_ns for found in repeats]),
        **summaries,
        "stability": summaries["invoke"] and summaries["invoke"]["stability"],
        "stage_median_ns": _stages(repeats),
        "memory_before_load_bytes": _median([found.memory_before_load_bytes for found in repeats]),
        "memory_peak_bytes": max((found.memory_peak_bytes or 0 for found in repeats), default=None),
    }


def raw_latencies(repeats: Sequence[Measurement]) -> dict[str, Any]:
    """Return the values that a row's summaries rest on: for each of `KINDS` a list a repeat, and load and first call.

    Args:
        repeats: what was measured in each.
    """
    values: dict[str, Any] = {f"{kind}_ns": [getattr(found, f"{kind}_ns") for found in repeats] for kind in KINDS}
    return values | {
        "load_ns": [found.load_ns for found in repeats],
        "first_invoke_ns": [found.first_invoke_ns for found in repeats],
    }


def _stages(repeats: Sequence[Measurement]) -> dict[str, int] | None:
    timed = [found.stage_median_ns for found in repeats if found.stage_median_ns]
    return {name: round(median(stages[name] for stages in timed)) for name in timed[0]} if timed else None


def _median(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return round(median(known)) if known else None
