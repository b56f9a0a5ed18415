"""The gate of a comparison: the limits on each row that both reports measured, and those that couldn't be checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.analysis.gate import (
    LATENCY,
    LOSS,
    PRESENCE,
    Candidate,
    Check,
    Gate,
    failed_rows,
    invalid_rows,
    judge,
)
from benchmarks.compare.changes import Change, Changes
from benchmarks.config import Limits
from benchmarks.measure.job import FAILED, NOT_TIMED, OK
from benchmarks.report.schema import Report

REFERENCE = "the old report"


def judge_changes(changes: Changes, old: Report, new: Report, limits: Limits) -> Gate:
    """Check the limits on every row of the old report; a row that went missing must not pass unseen.

    Args:
        changes: comparison from `benchmarks.compare.changes.compare_reports`.
        old: the older report.
        new: the newer one.
        limits: limits to keep.
    """
    invalid = list(dict.fromkeys([*invalid_rows(old.rows), *invalid_rows(new.rows)]))
    candidates = [_candidate(change) for change in changes.rows]
    gaps = [gap for change in changes.rows for gap in _gaps(change, changes, limits, invalid)]
    failed, hint = failed_rows(new.rows), "the old report measured none of the rows"
    return judge(candidates, limits, failed=failed, invalid=invalid, gaps=gaps, hint=hint)


def _candidate(change: Change) -> Candidate:
    loss = change.loss
    return Candidate(
        row=change.row.id,
        reference=REFERENCE,
        loss_pp=loss.loss_pp if loss else None,
        loss_bound_pp=loss.interval_pp[1] if loss else None,
        agreement=loss.agreement if loss else None,
        latency=change.latency,
    )


def _gaps(change: Change, changes: Changes, limits: Limits, invalid: Sequence[str]) -> Iterator[Check]:
    """Yield the limits that can't be checked on a row the old report measured; the gate covers failed ones."""
    old, new, name = change.old, change.new, change.row.id
    if old is None or old.status not in (OK, NOT_TIMED) or (new and new.status == FAILED):
        return
    if new is None:
        yield _gap(name, PRESENCE, "it is in the old report and not in the new one")
        return
    if new.status not in (OK, NOT_TIMED):
        yield _gap(name, PRESENCE, f"the old report measured it, now it is {new.status}: {new.reason}")
        return
    if change.loss is None and (limits.max_loss, limits.min_agreement) != (None, None):
        yield _gap(name, LOSS, "no limit of accuracy can be held: the reports counted different images")
    if change.latency is None and limits.max_latency_ratio is not None and name not in invalid:
        differences = ", ".join(changes.machine_differences).replace("_", " ")
        why = f"the reports are of different machines ({differences})" if differences else "one report didn't time it"
        yield _gap(name, LATENCY, f"the limit of latency can't be held: {why}")


def _gap(row: str, what: str, sentence: str) -> Check:
    return Check(row, what, None, None, passed=False, sentence=sentence)
