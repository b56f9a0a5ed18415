"""Whether further rounds would tell more: while a median of the table isn't known well enough."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.analysis.latency_row import TABLED
from benchmarks.measure.job import Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.stats.stability import MEDIAN_SHARE, median_width


def medians_are_known(trials: Sequence[Sequence[Trial[Outcome]]]) -> bool:
    """Whether no median that the table shows has an interval wider than 10 % of it.

    Speed decides nothing here, only width, so that stopping favours no variant.

    Args:
        trials: of each variant, from `benchmarks.measure.rounds.measure_in_rounds`.
    """
    return all(
        median_width(medians) <= MEDIAN_SHARE
        for found in trials
        for kind in TABLED
        if (medians := _medians(found, f"{kind}_ns"))
    )


def _medians(trials: Sequence[Trial[Outcome]], name: str) -> list[float]:
    measured = [trial.outcome.measurement for trial in trials if trial.outcome.measurement]
    return [median(values) for found in measured if (values := getattr(found, name))]
