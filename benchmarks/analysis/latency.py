"""Latency of a row: its summaries, the rule that ends the rounds, and what to know before quoting a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from statistics import median

from benchmarks.analysis.row import Latency, Row, measured
from benchmarks.measure.job import NOT_TIMED, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.stats.latency import MEDIAN_SHARE, STEADY, judge, median_width, summarise_repeats

KINDS = ("invoke", "model", "frame_to_decision", "end_to_end")
"""Kinds of timed calls, each wider than the one before: a row has a summary of each."""
TABLED = {"invoke": "invoke", "frame_to_decision": "frame to decision"}
"""Kinds that the table shows and the status of a row covers, with their names in sentences."""


def with_latency(row: Row, repeats: Sequence[Measurement]) -> Row:
    """Return a row with its times and its memory, of measurements, one a repeat; none where nothing was timed."""
    invoke, model, frame_to_decision, end_to_end = (
        _latency([_calls(repeat, kind) for repeat in repeats]) for kind in KINDS
    )
    return replace(
        row,
        invoke=invoke,
        model=model,
        frame_to_decision=frame_to_decision,
        end_to_end=end_to_end,
        repeats=len(repeats),
        load_ns=_median([repeat.load_ns for repeat in repeats]),
        first_invoke_ns=_median([repeat.first_invoke_ns for repeat in repeats]),
        stability=invoke.stability if invoke else None,
        stage_median_ns=_stages([repeat.stage_median_ns for repeat in repeats if repeat.stage_median_ns]),
        memory_before_load_bytes=_median([repeat.memory_before_load_bytes for repeat in repeats]),
        memory_peak_bytes=max((peak for repeat in repeats if (peak := repeat.memory_peak_bytes)), default=None),
    )


def _calls(measurement: Measurement, kind: str) -> list[int]:
    calls: list[int] = getattr(measurement, f"{kind}_ns")
    return calls


def _latency(repeats_ns: Sequence[Sequence[int]]) -> Latency | None:
    if not repeats_ns or not all(repeats_ns):
        return None
    return Latency(**asdict(summarise_repeats(repeats_ns)), stability=judge(repeats_ns))


def _stages(repeats: Sequence[Mapping[str, int]]) -> dict[str, int] | None:
    return {name: round(median(stages[name] for stages in repeats)) for name in repeats[0]} if repeats else None


def _median(values: Sequence[int | None]) -> int | None:
    numbers = [value for value in values if value is not None]
    return round(median(numbers)) if numbers else None


def has_converged(trials: Sequence[Sequence[Trial[Outcome]]]) -> bool:
    """Return whether no median that the table shows has an interval wider than 10 % of it.

    Speed decides nothing here, only width, so that stopping favours no variant.
    """
    repeats = [[trial.outcome.measurement for trial in variant if trial.outcome.measurement] for variant in trials]
    medians = [
        [median(calls) for measurement in variant if (calls := _calls(measurement, kind))]
        for variant in repeats
        for kind in TABLED
    ]
    return all(median_width(values) <= MEDIAN_SHARE for values in medians if values)


def latency_caveats(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for rows that were throttled, for those that weren't timed, and for unsteady ones."""
    caveats = [f"INVALID times of {row.id}: {row.invalid}." for row in rows if row.invalid]
    emulated = [row.id for row in rows if row.status == NOT_TIMED]
    if emulated:
        rows_are = f"{len(emulated)} rows are" if len(emulated) > 1 else f"{emulated[0]} is"
        caveats.append(f"{rows_are} of an emulated processor: its predictions count, its times mean nothing.")
    timed = measured(rows)
    unsteady = [sentence for row in timed if (sentence := _unsteady_sentence(row))]
    if unsteady:
        nouns = f"timed row{'s' * (len(timed) != 1)} {'is' if len(unsteady) == 1 else 'are'}"
        caveats.append(
            f"{len(unsteady)} of {len(timed)} {nouns} noisy or drifting, as other work on the machine makes "
            "them: their times may differ the next time. A speed-up compares calls of the same rounds and has its own "
            "interval. Accuracy doesn't depend on it. With nothing else running, measure again."
        )
    return [*caveats, *unsteady]


def _unsteady_sentence(row: Row) -> str:
    """Name the kinds of the table that are unsteady, each with the reason; empty where none is."""
    latencies = {name: latency for kind, name in TABLED.items() if (latency := tabled_latency(row, kind))}
    parts = [
        f"{name} {latency.stability.verdict}, {latency.stability.reason}"
        for name, latency in latencies.items()
        if latency.stability.verdict != STEADY
    ]
    return f"{row.id}: {'; '.join(parts)}." if parts else ""


def duration_text(time_ns: float) -> str:
    """Return a time for a sentence: 41.2 µs, or from a millisecond on 8.52 ms."""
    return f"{time_ns / 1e3:,.1f} µs" if time_ns < 1e6 else f"{time_ns / 1e6:,.2f} ms"


def tabled_latency(row: Row, kind: str) -> Latency | None:
    """Return the summary of one of `KINDS`."""
    latency: Latency | None = getattr(row, kind)
    return latency
