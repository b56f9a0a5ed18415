"""What a reader must know about the latencies of a report before quoting one, one sentence each."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.analysis.latency_row import TABLED
from benchmarks.analysis.rows import Row, measured
from benchmarks.measure.job import NOT_TIMED
from benchmarks.stats.stability import STEADY

_SAID = {"invoke": "invoke", "frame_to_decision": "frame to decision"}


def latency_caveats(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for rows that were throttled, for those that weren't timed, and for unsteady ones.

    Args:
        rows: all rows of a report.
    """
    found = [f"INVALID times of {row['id']}: {row['invalid']}." for row in rows if row["invalid"]]
    emulated = [row["id"] for row in rows if row["status"] == NOT_TIMED]
    if emulated:
        count = f"{len(emulated)} rows are" if len(emulated) > 1 else f"{emulated[0]} is"
        found.append(f"{count} of an emulated processor: what it answers counts, how long it takes doesn't.")
    return [*found, *_unsteady(list(measured(rows)))]


def _unsteady(rows: Sequence[Row]) -> list[str]:
    """How many rows the table calls unsteady, and the reason of each."""
    reasons = {
        row["id"]: [
            f"{_SAID[kind]} {row[kind]['stability']['verdict']}, {row[kind]['stability']['reason']}"
            for kind in TABLED
            if row[kind] and row[kind]["stability"]["verdict"] != STEADY
        ]
        for row in rows
    }
    unsteady = [f"{name}: {'; '.join(texts)}." for name, texts in reasons.items() if texts]
    if not unsteady:
        return []
    return [
        f"{len(unsteady)} of {len(rows)} timed rows are noisy or drifting, as other work on the machine makes them: "
        "their times may come out otherwise the next time. A speed-up compares calls of the same rounds and has its "
        "own interval; accuracy doesn't depend on it. With nothing else running, measure again.",
        *unsteady,
    ]
