"""Latencies in nanoseconds -> a summary, and a verdict on their stability; pure functions, no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.stats import CONFIDENCE

# A p-th percentile is claimed only from n calls of which, with 99 % confidence, at least two were slower than the true
# one: p^n + n (1 - p) p^(n-1) <= 1 %. The same as MLPerf Inference's rule of "early stopping" with one exceedance.
P90_MIN_SAMPLES = 64
P95_MIN_SAMPLES = 130
P99_MIN_SAMPLES = 662

STEADY, NOISY, DRIFTING = "steady", "noisy", "drifting"

_IQR_SHARE = 0.25  # of the median; torch.utils.benchmark calls more a "significant environmental influence"
MEDIAN_SHARE = 0.10
"""Largest width of a median's interval, as a share of it: pyperf's limit of instability, of whole processes."""
_DRIFT_SHARE = 0.05  # a smaller trend is lost among the differences between processes
_DRIFT_P = 0.01  # how often a row without a trend may be called drifting
_LEAST_FOR_INTERVAL = 6
_BLOCKS = 10  # Kendall's tau of ten values can reach this p; of five it can not


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """A summary of one kind of call; every quantile but the median is a latency that was measured (nearest rank)."""

    samples: int
    median_ns: int
    """Median; of several repeats the median of their medians, which one disturbed repeat doesn't move."""
    p90_ns: int | None
    """None below 64 samples."""
    p95_ns: int | None
    """None below 130 samples."""
    p99_ns: int | None
    """None below 662 samples."""
    mean_ns: int
    standard_deviation_ns: int | None
    """Standard deviation of the sample; None of a single call."""
    iqr_ns: int
    """Third quartile minus first."""
    minimum_ns: int
    maximum_ns: int
    repeat_medians_ns: tuple[int, ...]
    """One median a repeat, in order."""


def summarise(latencies_ns: Sequence[int]) -> LatencySummary:
    """Summarise the latencies of one repeat, one value a call in nanoseconds, in any order.

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
    """Summarise several repeats; all but the median is of all calls together.

    Raises:
        ValueError: there is no repeat, or an empty one.
    """
    medians = tuple(summarise(repeat).median_ns for repeat in repeats_ns)
    pooled = summarise([value for repeat in repeats_ns for value in repeat])
    return replace(pooled, median_ns=round(float(np.median(medians))), repeat_medians_ns=medians)


def _nearest_rank(ordered: NDArray[np.int64], percent: int) -> int:
    """Return the smallest value that at least `percent` per cent of the values don't exceed."""
    return int(ordered[math.ceil(percent * len(ordered) / 100) - 1])


@dataclass(frozen=True, slots=True)
class Stability:
    """A verdict and what it rests on."""

    verdict: str
    """STEADY, NOISY or DRIFTING, which goes before NOISY."""
    reason: str
    """One clause, with the number that decided."""


def judge(repeats_ns: Sequence[Sequence[int]]) -> Stability:
    """Judge the latencies of one kind of call, one list a repeat, each with one value a call in order.

    Drifting: the medians of ten consecutive blocks of calls have a trend (Kendall's tau, p < 1 %), and the last fifth
    is more than 5 % away from the first. Noisy: the middle half of all calls is wider than 25 % of the median, or the
    interval of the repeats' median is wider than 10 %. Otherwise steady.

    Raises:
        ValueError: there is nothing to judge.
    """
    if not len(repeats_ns) or not all(len(repeat) for repeat in repeats_ns):
        raise ValueError("no latencies: expected repeats of at least one timed call")
    change = _drift(repeats_ns)
    if change is not None:
        word = "slower" if change > 0 else "faster"
        return Stability(DRIFTING, f"calls became {abs(change):.0%} {word} from the first fifth to the last")
    pooled = np.concatenate([np.asarray(repeat, np.float64) for repeat in repeats_ns])
    first, middle, third = np.percentile(pooled, (25, 50, 75), method="inverted_cdf")
    if third - first > _IQR_SHARE * middle:
        return Stability(NOISY, f"the middle half of the calls is {(third - first) / middle:.0%} of the median wide")
    medians = [median(repeat) for repeat in repeats_ns]
    width = median_width(medians)
    reason = f"the interval of the repeats' median is {width:.0%} wide"
    if width > MEDIAN_SHARE:
        return Stability(NOISY, reason)
    return Stability(STEADY, reason if len(medians) > 1 else "a single repeat")


def median_width(medians_ns: Sequence[float]) -> float:
    """Return the width of the 95 % interval of the repeats' median, as a share of it.

    The interval is made of order statistics, which one disturbed repeat among ten doesn't move. Below six repeats there
    is none of 95 %, and all of them are taken: 94 % for five.
    """
    low, high = min(medians_ns), max(medians_ns)
    if len(medians_ns) >= _LEAST_FOR_INTERVAL:
        from scipy.stats import quantile_test  # a device that only measures hasn't got it

        centre = median(medians_ns)
        low, high = quantile_test(medians_ns, q=centre, p=0.5).confidence_interval(CONFIDENCE)
    return float((high - low) / median(medians_ns))


def _drift(repeats_ns: Sequence[Sequence[int]]) -> float | None:
    """Return the change from the first fifth of the blocks to the last, as a share; None without a trend."""
    from scipy.stats import kendalltau  # a device that only measures hasn't got it

    pieces = -(-_BLOCKS // len(repeats_ns))
    if min(map(len, repeats_ns)) < pieces:
        return None
    blocks = [median(block) for repeat in repeats_ns for block in np.array_split(np.asarray(repeat), pieces)]
    edge = max(1, len(blocks) // 5)
    start, end = median(blocks[:edge]), median(blocks[-edge:])
    change = float((end - start) / start)
    if abs(change) <= _DRIFT_SHARE or len(set(blocks)) == 1:
        return None
    return change if kendalltau(range(len(blocks)), blocks).pvalue < _DRIFT_P else None
