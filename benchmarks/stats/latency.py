"""Latencies in nanoseconds -> what can honestly be said about them; pure functions, no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# A p-th percentile is claimed only from n calls of which, with 99 % confidence, at least two were slower than the true
# one: p^n + n (1 - p) p^(n-1) <= 1 %. The same as MLPerf Inference's rule of "early stopping" with one exceedance.
P90_MIN_SAMPLES = 64
P95_MIN_SAMPLES = 130
P99_MIN_SAMPLES = 662


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """A summary of one kind of call; every quantile but the median is a latency that was measured (nearest rank)."""

    samples: int
    median_ns: int
    """Of several repeats: the median of their medians, which one disturbed repeat doesn't move."""
    p90_ns: int | None
    """None below 64 samples."""
    p95_ns: int | None
    """None below 130 samples."""
    p99_ns: int | None
    """None below 662 samples."""
    mean_ns: int
    standard_deviation_ns: int | None
    """Of the sample, around its mean; None of a single call."""
    iqr_ns: int
    """Third quartile minus first."""
    minimum_ns: int
    maximum_ns: int
    repeat_medians_ns: tuple[int, ...]
    """One a repeat, in the order they were made."""


def summarise(latencies_ns: Sequence[int]) -> LatencySummary:
    """Summarise the latencies of one repeat.

    Args:
        latencies_ns: one value a call, nanoseconds, at least one, any order.

    Raises:
        ValueError: there is nothing to summarise.
    """
    if not len(latencies_ns):
        raise ValueError("no latencies: expected at least one timed call")
    ordered = np.sort(np.asarray(latencies_ns, np.int64))
    median_ns = round(float(np.median(ordered)))
    return LatencySummary(
        samples=len(ordered),
        median_ns=median_ns,
        p90_ns=_nearest_rank(ordered, 90) if len(ordered) >= P90_MIN_SAMPLES else None,
        p95_ns=_nearest_rank(ordered, 95) if len(ordered) >= P95_MIN_SAMPLES else None,
        p99_ns=_nearest_rank(ordered, 99) if len(ordered) >= P99_MIN_SAMPLES else None,
        mean_ns=round(float(ordered.mean())),
        standard_deviation_ns=round(float(ordered.std(ddof=1))) if len(ordered) > 1 else None,
        iqr_ns=_nearest_rank(ordered, 75) - _nearest_rank(ordered, 25),
        minimum_ns=int(ordered[0]),
        maximum_ns=int(ordered[-1]),
        repeat_medians_ns=(median_ns,),
    )


def summarise_repeats(repeats_ns: Sequence[Sequence[int]]) -> LatencySummary:
    """Summarise several repeats: the median is that of the repeats' medians, all else is of all calls together.

    Args:
        repeats_ns: one list a repeat, each as `summarise` takes it.

    Raises:
        ValueError: there is no repeat, or an empty one.
    """
    medians = tuple(summarise(repeat).median_ns for repeat in repeats_ns)
    pooled = summarise([value for repeat in repeats_ns for value in repeat])
    return replace(pooled, median_ns=round(float(np.median(medians))), repeat_medians_ns=medians)


def _nearest_rank(ordered: NDArray[np.int64], percent: int) -> int:
    """The smallest value that at least `percent` per cent of the values don't exceed."""
    return int(ordered[math.ceil(percent * len(ordered) / 100) - 1])
