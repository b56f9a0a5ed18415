"""Latencies in nanoseconds -> what can honestly be said about them; pure functions, no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# A p-th percentile is claimed only from n samples with p^n <= 1 %: with 99 % confidence at least one of n calls was
# then slower than the true percentile. MLPerf Inference rules, "early stopping": 0.90^44 = 0.0097, 0.99^459 = 0.0099.
P90_MIN_SAMPLES = 44
P99_MIN_SAMPLES = 459

_STEADY_IQR_SHARE = 0.25  # of the median; torch.utils.benchmark calls more a "significant environmental influence"


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """A summary of one kind of call; every quantile but the median is a latency that was measured (nearest rank)."""

    samples: int
    median_ns: int
    p90_ns: int | None
    """None below 44 samples."""
    p99_ns: int | None
    """None below 459 samples."""
    iqr_ns: int
    """Third quartile minus first."""
    minimum_ns: int
    maximum_ns: int

    @property
    def is_steady(self) -> bool:
        """Whether the middle half of the calls lies within a quarter of the median."""
        return self.iqr_ns <= _STEADY_IQR_SHARE * self.median_ns


def summarise(latencies_ns: Sequence[int]) -> LatencySummary:
    """Summarise latencies.

    Args:
        latencies_ns: one value a call, nanoseconds, at least one, any order.

    Raises:
        ValueError: there is nothing to summarise.
    """
    if not len(latencies_ns):
        raise ValueError("no latencies: expected at least one timed call")
    ordered = np.sort(np.asarray(latencies_ns, np.int64))
    return LatencySummary(
        samples=len(ordered),
        median_ns=round(float(np.median(ordered))),
        p90_ns=_nearest_rank(ordered, 90) if len(ordered) >= P90_MIN_SAMPLES else None,
        p99_ns=_nearest_rank(ordered, 99) if len(ordered) >= P99_MIN_SAMPLES else None,
        iqr_ns=_nearest_rank(ordered, 75) - _nearest_rank(ordered, 25),
        minimum_ns=int(ordered[0]),
        maximum_ns=int(ordered[-1]),
    )


def _nearest_rank(ordered: np.ndarray[tuple[int], np.dtype[np.int64]], percent: int) -> int:
    """The smallest value that at least `percent` per cent of the values don't exceed."""
    return int(ordered[math.ceil(percent * len(ordered) / 100) - 1])
