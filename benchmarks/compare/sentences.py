"""What a comparison of two reports means, in words: a verdict for each row, a summary, and what to keep in mind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.analysis.quantization_loss import GAIN, LOSS, NO_LOSS, SMALL_LOSS, UNDECIDED
from benchmarks.analysis.rows import Row
from benchmarks.columns import MISSING
from benchmarks.compare.changes import ADDED, REMOVED
from benchmarks.measure.job import OK

_ACCURACY = {
    GAIN: "more accurate",
    NO_LOSS: "no loss shown",
    SMALL_LOSS: "a small real loss",
    UNDECIDED: "a loss isn't excluded",
    LOSS: "LESS ACCURATE",
}


def verdict(row: Row) -> str:
    """What changed in one row, in a few words.

    Args:
        row: from `benchmarks.compare.changes.compare_reports`.
    """
    if row["presence"] in (ADDED, REMOVED):
        return {ADDED: "only in the new report", REMOVED: "only in the old report"}[row["presence"]]
    if _fails_now(row):
        return f"FAILS NOW: {row['new']['reason']}"
    return ", ".join(filter(None, (_accuracy(row), _latency(row)))) or MISSING


def summary(changes: dict[str, Any]) -> str:
    """The comparison in one line: which rows are worse beyond the noise, or that none is."""
    rows = changes["rows"]
    tests: dict[str, Callable[[Row], bool]] = {
        "Fail now": _fails_now,
        "Gone": lambda row: row["presence"] == REMOVED,
        "Less accurate": _is_less_accurate,
        "Slower": lambda row: _direction(row) > 0,
    }
    parts = [f"{title}: {', '.join(names)}." for title, is_so in tests.items() if (names := _names(rows, is_so))]
    better = [
        f"{title}: {', '.join(names)}."
        for title, names in (
            ("More accurate", _names(rows, lambda row: bool(row["answers"]) and row["answers"]["verdict"] == GAIN)),
            ("Faster", _names(rows, lambda row: _direction(row) < 0)),
        )
        if names
    ]
    compared = sum(bool(row["answers"] or row["latency"]) for row in rows)
    none = f"No row of {compared} is worse beyond the noise." if compared else "No row could be compared."
    worse = " ".join(parts) or none
    return " ".join([worse, *better])


def caveats(changes: dict[str, Any], margin_pp: float) -> list[str]:
    """What a reader must know of this comparison.

    Args:
        changes: from `benchmarks.compare.changes.compare_reports`.
        margin_pp: of the new report.
    """
    found = []
    if not changes["has_same_images"]:
        found.append("The reports counted accuracy on different images: nothing can be said of a loss.")
    if changes["machine_differences"]:
        names = ", ".join(changes["machine_differences"]).replace("_", " ")
        found.append(f"The reports are of different machines ({names}): their latencies aren't compared.")
    if any(row["latency"] and row["latency"]["low"] is None for row in changes["rows"]):
        found.append("A report has a single repeat of some rows: how far repeats lie apart isn't known (--repeats 5).")
    found += [
        "Loss: percentage points of the old report's top-1, with Newcombe's 95 % interval for pairs; real: McNemar's "
        f"exact test, Holm over all rows, below 5 %; small: a loss of {margin_pp:g} points is excluded.",
        "Time: of one invoke, new over old, with the 95 % interval that the repeats' medians give (Welch). It doesn't "
        "hold what differs between two days: measure both one after the other.",
    ]
    return found


def _accuracy(row: Row) -> str:
    answers = row["answers"]
    if not answers:
        return ""
    return "the same answers" if answers["agreement"] == 1 else _ACCURACY[answers["verdict"]]


def _latency(row: Row) -> str:
    latency = row["latency"]
    if not latency:
        return ""
    if latency["is_significant"] is None:
        return "time from a single repeat"
    return {1: "SLOWER", 0: "as fast within the noise", -1: "faster"}[_direction(row)]


def _direction(row: Row) -> int:
    """1: surely slower, -1: surely faster, 0: neither is shown."""
    latency = row["latency"]
    if not latency or not latency["is_significant"]:
        return 0
    return 1 if latency["value"] > 1 else -1


def _fails_now(row: Row) -> bool:
    return bool(row["old"] and row["new"]) and row["old"]["status"] == OK != row["new"]["status"]


def _is_less_accurate(row: Row) -> bool:
    return bool(row["answers"]) and row["answers"]["verdict"] in (LOSS, SMALL_LOSS)


def _names(rows: Sequence[Row], is_so: Callable[[Row], bool]) -> list[str]:
    return [row["id"] for row in rows if is_so(row)]
