"""Sentences on a comparison of two reports: a verdict for each row, a summary, and caveats."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.analysis.quantization_loss import GAIN, LOSS, NO_LOSS, SMALL_LOSS, UNDECIDED
from benchmarks.columns import MISSING
from benchmarks.compare.changes import Change, Changes
from benchmarks.measure.job import OK

_ACCURACY = {
    GAIN: "more accurate",
    NO_LOSS: "no loss shown",
    SMALL_LOSS: "a small real loss",
    UNDECIDED: "a loss isn't excluded",
    LOSS: "LESS ACCURATE",
}


def verdict(change: Change) -> str:
    """Return the changes of one row in a few words."""
    if change.old is None or change.new is None:
        return "only in the new report" if change.new else "only in the old report"
    if _fails_now(change):
        return f"FAILS NOW: {change.new.reason}"
    return ", ".join(filter(None, (_accuracy(change), _latency(change)))) or MISSING


def summary(changes: Changes) -> str:
    """Return the comparison in one line: the rows that are worse beyond the noise, or that none is."""
    tests: dict[str, Callable[[Change], bool]] = {
        "Fail now": _fails_now,
        "Gone": lambda change: change.new is None,
        "Less accurate": lambda change: bool(change.loss and change.loss.verdict in (LOSS, SMALL_LOSS)),
        "Slower": lambda change: _direction(change) > 0,
    }
    improvements: dict[str, Callable[[Change], bool]] = {
        "More accurate": lambda change: bool(change.loss and change.loss.verdict == GAIN),
        "Faster": lambda change: _direction(change) < 0,
    }
    compared = sum(bool(change.loss or change.latency) for change in changes.rows)
    none = f"No row of {compared} is worse beyond the noise." if compared else "No row could be compared."
    return " ".join([*(_parts(changes, tests) or [none]), *_parts(changes, improvements)])


def _parts(changes: Changes, tests: Mapping[str, Callable[[Change], bool]]) -> list[str]:
    names = {title: [change.row.id for change in changes.rows if is_so(change)] for title, is_so in tests.items()}
    return [f"{title}: {', '.join(ids)}." for title, ids in names.items() if ids]


def caveats(changes: Changes, margin_pp: float) -> list[str]:
    """Return the facts to know before quoting a comparison.

    Args:
        changes: comparison from `benchmarks.compare.changes.compare_reports`.
        margin_pp: margin of the new report.
    """
    found = []
    if not changes.has_same_images:
        found.append("The reports counted accuracy on different images: nothing can be said of a loss.")
    if changes.machine_differences:
        names = ", ".join(changes.machine_differences).replace("_", " ")
        found.append(f"The reports are of different machines ({names}): their latencies aren't compared.")
    if any(change.latency and change.latency.low is None for change in changes.rows):
        found.append("A report has a single repeat of some rows: how far repeats lie apart isn't known (--repeats 5).")
    found += [
        "Loss: percentage points of the old report's top-1, with Newcombe's 95 % interval for pairs; real: McNemar's "
        f"exact test, Holm over all rows, below 5 %; small: a loss of {margin_pp:g} points is excluded.",
        "Time: of one invoke, new over old, with the 95 % interval that the repeats' medians give (Welch). It doesn't "
        "hold what differs between two days: measure both one after the other.",
    ]
    return found


def _accuracy(change: Change) -> str:
    if not change.loss:
        return ""
    return "the same answers" if change.loss.agreement == 1 else _ACCURACY[change.loss.verdict]


def _latency(change: Change) -> str:
    if not change.latency:
        return ""
    if change.latency.is_significant is None:
        return "time from a single repeat"
    return {1: "SLOWER", 0: "as fast within the noise", -1: "faster"}[_direction(change)]


def _direction(change: Change) -> int:
    """Return 1: surely slower, -1: surely faster, 0: neither is shown."""
    if not change.latency or not change.latency.is_significant:
        return 0
    return 1 if change.latency.value > 1 else -1


def _fails_now(change: Change) -> bool:
    if change.old is None or change.new is None:
        return False
    return change.old.status == OK != change.new.status
