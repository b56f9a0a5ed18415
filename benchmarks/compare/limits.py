"""The gate of a comparison: the limits held against each row that both reports measured, and what couldn't be held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.analysis.gate import LATENCY, LOSS, PRESENCE, Check, Comparison, failed_rows, invalid_rows, judge
from benchmarks.analysis.rows import Row
from benchmarks.compare.changes import REMOVED, Report
from benchmarks.config import Limits
from benchmarks.measure.job import FAILED, NOT_TIMED, OK
from benchmarks.stats.ratios import Ratio

REFERENCE = "the old report"


def judge_changes(changes: dict[str, Any], old: Report, new: Report, limits: Limits) -> dict[str, Any]:
    """Hold the limits against every row of the old report; a row that went missing must not pass unseen.

    Args:
        changes: from `benchmarks.compare.changes.compare_reports`.
        old: the older report.
        new: the newer one.
        limits: what was asked for.

    Returns:
        As `benchmarks.analysis.gate.judge`.
    """
    invalid = list(dict.fromkeys([*invalid_rows(old["rows"]), *invalid_rows(new["rows"])]))
    held = [_comparison(row) for row in changes["rows"]]
    gaps = [gap for row in changes["rows"] if _was_measured(row) for gap in _gaps(row, changes, limits, invalid)]
    failed, hint = failed_rows(new["rows"]), "the old report measured none of the rows"
    return judge(held, limits, failed=failed, invalid=invalid, gaps=gaps, hint=hint)


def _comparison(row: Row) -> Comparison:
    answers, latency = row["answers"] or {}, row["latency"]
    return Comparison(
        row=row["id"],
        reference=REFERENCE,
        loss_pp=answers.get("loss_pp"),
        loss_bound_pp=answers["interval_pp"][1] if answers else None,
        agreement=answers.get("agreement"),
        latency=latency and Ratio(latency["value"], latency["low"], latency["high"]),
    )


def _was_measured(row: Row) -> bool:
    return bool(row["old"]) and row["old"]["status"] in (OK, NOT_TIMED)


def _gaps(row: Row, changes: dict[str, Any], limits: Limits, invalid: list[str]) -> Iterator[Check]:
    """What no limit can be held against, of a row the old report measured; the gate sees to failed ones."""
    if row["presence"] == REMOVED:
        yield _gap(row, PRESENCE, "it is in the old report and not in the new one")
        return
    status, reason = row["new"]["status"], row["new"]["reason"]
    if status == FAILED:
        return
    if status not in (OK, NOT_TIMED):
        yield _gap(row, PRESENCE, f"the old report measured it, now it is {status}: {reason}")
        return
    if row["answers"] is None and (limits.max_loss, limits.min_agreement) != (None, None):
        yield _gap(row, LOSS, "no limit of accuracy can be held: the reports counted different images")
    if row["latency"] is None and limits.max_latency_ratio is not None and row["id"] not in invalid:
        yield _gap(row, LATENCY, f"the limit of latency can't be held: {_why_untimed(changes)}")


def _why_untimed(changes: dict[str, Any]) -> str:
    names = ", ".join(changes["machine_differences"]).replace("_", " ")
    return f"the reports are of different machines ({names})" if names else "one of the reports didn't time it"


def _gap(row: Row, what: str, sentence: str) -> Check:
    return Check(row["id"], what, None, None, passed=False, sentence=sentence)
