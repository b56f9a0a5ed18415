"""What a reader must know about the latencies of a report before quoting one, one sentence each."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.job import NOT_TIMED
from benchmarks.rows import Row, measured
from benchmarks.stability import STEADY
from benchmarks.timed_facts import KINDS

_SAID = {
    "invoke": "invoke",
    "model": "model",
    "frame_to_decision": "frame to decision",
    "end_to_end": "end to end",
}


def latency_caveats(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for rows that were throttled, for those that weren't timed, and for unsteady ones.

    Args:
        rows: all rows of a report.
    """
    found = [f"INVALID times of {row['id']}: {row['invalid']}." for row in rows if row["invalid"]]
    emulated = [row["id"] for row in rows if row["status"] == NOT_TIMED]
    if emulated:
        found.append(f"The processor is emulated, so nothing was timed: {', '.join(emulated)}.")
    for row in measured(rows):
        unsteady = {
            kind: row[kind]["stability"] for kind in KINDS if row[kind] and row[kind]["stability"]["verdict"] != STEADY
        }
        if unsteady:
            details = "; ".join(
                f"{_SAID[kind]} {stability['verdict']}, {stability['reason']}" for kind, stability in unsteady.items()
            )
            found.append(f"Unsteady, measure again with nothing else running: {row['id']} ({details}).")
    return found
