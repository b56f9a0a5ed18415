"""The gate: which limits a report must keep, which rows break them, and the exit code that says so.

Chance never decides in favour of the reader's hopes nor against the build: a loss is allowed only if its whole interval
keeps the limit, as too few images shall not pass; a latency is refused only if its whole interval breaks the limit, as
a busy machine shall not fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.analysis.quantization_loss import answered
from benchmarks.analysis.rows import Row
from benchmarks.config import Limits
from benchmarks.measure.job import FAILED
from benchmarks.stats.ratios import Ratio, latency_ratio
from edge.errors import GateError, InvalidEnvironmentError, ToolkitError

PASSED, BROKEN, VARIANT_FAILED, ENVIRONMENT_INVALID = "passed", "failed", "variant failed", "environment invalid"
LOSS, AGREEMENT, LATENCY, PRESENCE = "loss", "agreement", "latency", "presence"


@dataclass(frozen=True, slots=True)
class Check:
    """One limit held against one row."""

    row: str
    what: str
    """LOSS, AGREEMENT, LATENCY, or PRESENCE: whether there is anything to hold the others against."""
    value: float | None
    """None where it isn't known, which breaks the limit."""
    limit: float | None
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The numbers of one row against another that limits are held against; None: not known."""

    row: str
    reference: str
    loss_pp: float | None = None
    loss_bound_pp: float | None = None
    """Upper end of the loss's 95 % interval; None also where the images weren't the same."""
    agreement: float | None = None
    """0-1."""
    latency: Ratio | None = None


def check(comparison: Comparison, limits: Limits) -> list[Check]:
    """Hold every limit that was asked for against a row, as far as its numbers are known."""
    checks = (_check_loss, _check_agreement, _check_latency)
    return [found for held in checks if (found := held(comparison, limits)) is not None]


def judge_report(rows: Sequence[Row], limits: Limits) -> dict[str, Any]:
    """Hold the limits against every row that has a float artifact beside it.

    Args:
        rows: all rows of a report, with `against_float` filled in.
        limits: what was asked for.

    Returns:
        A JSON object: limits, checks, outcome and a sentence that says why.
    """
    comparisons = [_against_float(row, rows) for row in answered(rows) if row["against_float"]]
    hint = "give each artifact its float artifact (quantization none) beside it"
    return judge(comparisons, limits, failed=failed_rows(rows), invalid=invalid_rows(rows), hint=hint)


def judge(
    comparisons: Sequence[Comparison],
    limits: Limits,
    *,
    failed: Sequence[str],
    invalid: Sequence[str],
    gaps: Sequence[Check] = (),
    hint: str,
) -> dict[str, Any]:
    """Hold the limits against some comparisons.

    A row that couldn't be measured comes first, as the report lacks it; then broken limits; then rows whose latency
    isn't to be trusted, which no latency limit was held against.

    Args:
        comparisons: of rows with rows.
        limits: what was asked for.
        failed: rows without a measurement.
        invalid: rows whose machine was throttled or otherwise unfit while they were timed.
        gaps: limits that should have been held and couldn't be.
        hint: what to do where there is nothing to judge.

    Returns:
        As `judge_report`.
    """
    held = [
        found
        for comparison in comparisons
        for found in check(comparison, limits)
        if found.what != LATENCY or comparison.row not in invalid
    ]
    checks = [*gaps, *held]
    outcome, sentence = _outcome(checks, failed, invalid, hint)
    return {
        "limits": asdict(limits),
        "checks": [asdict(found) for found in checks],
        "outcome": outcome,
        "sentence": sentence,
    }


def failed_rows(rows: Sequence[Row]) -> list[str]:
    """The rows that could not be measured although their library is there."""
    return [row["id"] for row in rows if row["status"] == FAILED]


def invalid_rows(rows: Sequence[Row]) -> list[str]:
    """The rows that were timed on a machine unfit for it: throttled, too hot, changing its clock."""
    return [row["id"] for row in rows if row.get("invalid")]


def repeat_medians(row: Row) -> list[float]:
    """The median of invoke in each repeat of a measured row, nanoseconds."""
    return list(row["invoke"].get("repeat_medians_ns") or [row["invoke"]["median_ns"]])


def raise_for(gate: dict[str, Any]) -> None:
    """Turn the outcome into the error with its exit code.

    Raises:
        ToolkitError: a variant failed (exit code 1).
        GateError: a limit was broken, or there was nothing to judge (3).
        InvalidEnvironmentError: the machine was unfit (5).
    """
    errors: dict[str, Callable[[str], ToolkitError]] = {
        VARIANT_FAILED: ToolkitError, BROKEN: GateError, ENVIRONMENT_INVALID: InvalidEnvironmentError,
    }  # fmt: skip
    if gate["outcome"] != PASSED:
        raise errors[gate["outcome"]](gate["sentence"])


def gate_lines(gate: dict[str, Any]) -> list[str]:
    """A line of text for each broken limit, then the outcome."""
    broken = [f"broken: {found['row']}: {found['sentence']}" for found in gate["checks"] if not found["passed"]]
    return [*broken, f"gate: {gate['sentence']}"]


def _check_loss(comparison: Comparison, limits: Limits) -> Check | None:
    by_interval = limits.loss_by == "interval"
    loss, limit = comparison.loss_bound_pp if by_interval else comparison.loss_pp, limits.max_loss
    if limit is None or loss is None:
        return None
    text = f"the loss {'may be up to' if by_interval else 'is'} {loss:.2f} points against {comparison.reference}"
    return Check(comparison.row, LOSS, loss, limit, loss <= limit, f"{text}, allowed {limit:g}")


def _check_agreement(comparison: Comparison, limits: Limits) -> Check | None:
    limit = limits.min_agreement
    if limit is None or comparison.agreement is None:
        return None
    percent = 100 * comparison.agreement
    text = f"{percent:.2f} % of the answers are those of {comparison.reference}"
    return Check(comparison.row, AGREEMENT, percent, limit, percent >= limit, f"{text}, wanted {limit:g}")


def _check_latency(comparison: Comparison, limits: Limits) -> Check | None:
    limit = limits.max_latency_ratio
    if limit is None or comparison.latency is None:
        return None
    surely = comparison.latency.low
    ratio = comparison.latency.value if surely is None else surely
    text = f"invoke takes {'' if surely is None else 'at least '}{ratio:.2f} times the time of {comparison.reference}"
    return Check(comparison.row, LATENCY, ratio, limit, ratio <= limit, f"{text}, allowed {limit:g}")


def _against_float(row: Row, rows: Sequence[Row]) -> Comparison:
    found = row["against_float"]
    reference = next(other for other in rows if other["id"] == found["reference"])
    same_runtime = reference["runtime"] == row["runtime"]
    return Comparison(
        row=row["id"],
        reference=reference["id"],
        loss_pp=found["loss_pp"],
        loss_bound_pp=found["interval_pp"][1],
        agreement=found["agreement"],
        latency=latency_ratio(repeat_medians(row), repeat_medians(reference)) if same_runtime else None,
    )


def _outcome(checks: Sequence[Check], failed: Sequence[str], invalid: Sequence[str], hint: str) -> tuple[str, str]:
    broken = list(dict.fromkeys(found.row for found in checks if not found.passed))
    if failed:
        return VARIANT_FAILED, f"{len(failed)} rows failed: {', '.join(failed)}"
    if broken:
        return BROKEN, f"limits broken by {', '.join(broken)}"
    if invalid:
        return ENVIRONMENT_INVALID, f"measured on an unfit machine, measure again: {', '.join(invalid)}"
    if not checks:
        return BROKEN, f"nothing to judge: {hint}"
    return PASSED, f"all {len(checks)} limits of {len({found.row for found in checks})} rows kept"
