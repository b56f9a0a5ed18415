"""The gate: limits that a report must keep, the rows that break them, and the exit code that follows.

A loss passes only if its whole interval is within the limit, as too few images must not pass. A latency fails only if
its whole interval exceeds the limit, as a busy machine must not fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.analysis.row import Comparison, Latency, Row
from benchmarks.config import Limits
from benchmarks.measure.job import FAILED
from benchmarks.stats.ratios import Ratio, latency_ratio
from edge.errors import GateError, InvalidEnvironmentError, ToolkitError

PASSED, BROKEN, VARIANT_FAILED, ENVIRONMENT_INVALID = "passed", "failed", "variant failed", "environment invalid"
LOSS, AGREEMENT, LATENCY, PRESENCE = "loss", "agreement", "latency", "presence"


@dataclass(frozen=True, slots=True)
class Check:
    """Result of one limit on one row."""

    row: str
    what: str
    """LOSS, AGREEMENT, LATENCY, or PRESENCE of anything that the others can be checked on."""
    value: float | None
    """None where it isn't known, which breaks the limit."""
    limit: float | None
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Caveats:
    """Reasons not to rely on a comparison of two rows, in words; empty where there are none."""

    answers: str = ""
    times: str = ""

    @classmethod
    def of(cls, row: Row | None, other: Row | None, *, names: tuple[str, str]) -> Caveats:
        """Join those of two rows, each behind a name; that of the one that a sentence is about may be empty."""
        rows = (row, other)
        answers = [each.answer_caveat if each else "" for each in rows]
        times = [each.time_caveat() if each else "" for each in rows]
        return cls(
            *(
                "; ".join(f"{name} {caveat}".strip() for name, caveat in zip(names, caveats, strict=True) if caveat)
                for caveats in (answers, times)
            )
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Numbers of one row against another, to which the limits apply. None is an unknown number."""

    row: str
    reference: str
    loss_pp: float | None = None
    loss_bound_pp: float | None = None
    """Upper end of the loss's 95 % interval; None also where the images weren't the same."""
    agreement: float | None = None
    """0-1."""
    latency: Ratio | None = None
    caveats: Caveats = Caveats()

    @classmethod
    def of(
        cls, row: str, reference: str, loss: Comparison | None, latency: Ratio | None, caveats: Caveats
    ) -> Candidate:
        """Take the numbers of a comparison, where there is one."""
        if loss is None:
            return cls(row, reference, latency=latency, caveats=caveats)
        return cls(row, reference, loss.loss_pp, loss.interval_pp[1], loss.agreement, latency, caveats)


@dataclass(frozen=True, slots=True)
class Gate:
    """Outcome of all limits on a report."""

    limits: Limits
    checks: tuple[Check, ...]
    outcome: str
    """PASSED, BROKEN, VARIANT_FAILED or ENVIRONMENT_INVALID."""
    sentence: str


def check(candidate: Candidate, limits: Limits) -> list[Check]:
    """Check every limit that is set on a row, as far as its numbers are known."""
    row, other, checks = candidate.row, candidate.reference, []
    answers, times = (f" ({text})" if text else "" for text in (candidate.caveats.answers, candidate.caveats.times))
    by_interval = limits.loss_by == "interval"
    loss, limit = candidate.loss_bound_pp if by_interval else candidate.loss_pp, limits.max_loss
    if limit is not None and loss is not None:
        text = (
            f"the loss {'may be up to' if by_interval else 'is'} {loss:.2f} points against {other}, "
            f"allowed {limit:g}{answers}"
        )
        checks.append(Check(row, LOSS, loss, limit, loss <= limit, text))
    limit = limits.min_agreement
    if limit is not None and candidate.agreement is not None:
        percent = 100 * candidate.agreement
        text = f"{percent:.2f} % of the predictions are those of {other}, wanted {limit:g}{answers}"
        checks.append(Check(row, AGREEMENT, percent, limit, percent >= limit, text))
    limit = limits.max_latency_ratio
    if limit is not None and candidate.latency is not None:
        least = candidate.latency.low
        ratio = candidate.latency.value if least is None else least
        amount = f"{ratio:.2f} times" if least is None else f"at least {ratio:.2f} times"
        text = f"invoke takes {amount} the time of {other}, allowed {limit:g}{times}"
        checks.append(Check(row, LATENCY, ratio, limit, ratio <= limit, text))
    return checks


def judge_report(rows: Sequence[Row], limits: Limits) -> Gate:
    """Check the limits on every row that has a float artifact beside it."""
    by_id = {row.id: row for row in rows}
    candidates = [_candidate(row, by_id, row.against_float) for row in rows if row.against_float]
    hint = "give each artifact its float artifact (quantization none) beside it"
    return judge(candidates, limits, failed=failed_rows(rows), invalid=invalid_rows(rows), hint=hint)


def judge(
    candidates: Sequence[Candidate],
    limits: Limits,
    *,
    failed: Sequence[str],
    invalid: Sequence[str],
    gaps: Sequence[Check] = (),
    hint: str,
) -> Gate:
    """Check the limits on some rows; gaps are limits that should have been checked and couldn't be.

    A row that couldn't be measured decides the outcome first, as the report lacks it. Broken limits come next, and then
    rows whose latency can't be trusted, on which no latency limit is checked.
    """
    results = [
        result
        for candidate in candidates
        for result in check(candidate, limits)
        if result.what != LATENCY or candidate.row not in invalid
    ]
    checks = (*gaps, *results)
    caveats = {candidate.row: candidate.caveats for candidate in candidates}
    return Gate(limits, checks, *_outcome(checks, failed, invalid, hint, caveats))


def failed_rows(rows: Sequence[Row]) -> list[str]:
    """List the rows that could not be measured although their library is installed."""
    return [row.id for row in rows if row.status == FAILED]


def invalid_rows(rows: Sequence[Row]) -> list[str]:
    """List the rows that were timed on a machine unfit for it: throttled, too hot, changing its clock."""
    return [row.id for row in rows if row.invalid]


def raise_for(gate: Gate) -> None:
    """Turn the outcome into the error with its exit code.

    Raises:
        ToolkitError: a variant failed (exit code 1).
        GateError: a limit was broken, or there was nothing to judge (3).
        InvalidEnvironmentError: the machine was unfit (5).
    """
    errors: dict[str, Callable[[str], ToolkitError]] = {
        VARIANT_FAILED: ToolkitError, BROKEN: GateError, ENVIRONMENT_INVALID: InvalidEnvironmentError,
    }  # fmt: skip
    if gate.outcome != PASSED:
        raise errors[gate.outcome](gate.sentence)


def gate_lines(gate: Gate) -> list[str]:
    """Return a line of text for each broken limit, then the outcome."""
    broken = [f"broken: {result.row}: {result.sentence}" for result in gate.checks if not result.passed]
    return [*broken, f"gate: {gate.sentence}"]


def _candidate(row: Row, rows: Mapping[str, Row], loss: Comparison) -> Candidate:
    reference = rows[loss.reference]
    latency = _latency_ratio(row.invoke, reference.invoke) if reference.runtime == row.runtime else None
    return Candidate.of(row.id, reference.id, loss, latency, Caveats.of(row, reference, names=("", reference.id)))


def _latency_ratio(ours: Latency | None, theirs: Latency | None) -> Ratio | None:
    return latency_ratio(ours.repeat_medians_ns, theirs.repeat_medians_ns) if ours and theirs else None


def _outcome(
    checks: Sequence[Check],
    failed: Sequence[str],
    invalid: Sequence[str],
    hint: str,
    caveats: Mapping[str, Caveats],
) -> tuple[str, str]:
    broken = _with_caveats([result for result in checks if not result.passed], caveats)
    if failed:
        return VARIANT_FAILED, f"{len(failed)} row{'s' * (len(failed) != 1)} failed: {', '.join(failed)}"
    if broken:
        return BROKEN, f"limits broken by {', '.join(map(''.join, broken.items()))}"
    if invalid:
        return ENVIRONMENT_INVALID, f"measured on an unfit machine, measure again: {', '.join(invalid)}"
    if not checks:
        return BROKEN, f"nothing to judge: {hint}"
    limits, rows = len(checks), len({result.row for result in checks})
    kept = f"all {limits} limits of {rows} row{'s' * (rows != 1)} kept" if limits > 1 else "the only limit kept"
    doubtful = [f"{row}{caveat}" for row, caveat in _with_caveats(checks, caveats).items() if caveat]
    return PASSED, kept + (f"; not to be relied on: {', '.join(doubtful)}" if doubtful else "")


def _with_caveats(checks: Sequence[Check], caveats: Mapping[str, Caveats]) -> dict[str, str]:
    """Return the rows of some checks, each with the caveats of the figures that were checked, in brackets or empty."""
    rows: dict[str, dict[str, None]] = {}
    for result in checks:
        own = caveats.get(result.row, Caveats())
        rows.setdefault(result.row, {})[own.times if result.what == LATENCY else own.answers] = None
    texts = {row: "; ".join(filter(None, found)) for row, found in rows.items()}
    return {row: text and f" ({text})" for row, text in texts.items()}
