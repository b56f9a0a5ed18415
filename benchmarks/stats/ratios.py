"""Ratios of two latencies with their 95 % intervals: measured in turns, or apart, such as in two reports."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.stats import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two latencies and its interval."""

    value: float
    low: float | None
    """Lower end of the 95 % interval; None of a single repeat, from which no interval follows."""
    high: float | None

    @property
    def is_significant(self) -> bool | None:
        """True if the interval leaves out 1, None without an interval."""
        return None if self.low is None or self.high is None else not self.low <= 1 <= self.high

    @property
    def sentence(self) -> str:
        """The ratio as a speed: "1.53 times as fast (95 % interval 1.41 to 1.66)"."""
        if self.low is None or self.high is None:
            return f"{self.value:.2f} times as fast, from a single repeat"
        interval = f"(95 % interval {self.low:.2f} to {self.high:.2f})"
        speed = f"{self.value:.2f} times as fast {interval}"
        return speed if self.is_significant else f"not significantly faster or slower: {speed}"

    @property
    def mark(self) -> str:
        """The ratio in a cell of a table: n.s. where it isn't significant, ? where nothing says."""
        return f"{self.value:.2f}" + {True: "", False: " n.s.", None: " ?"}[self.is_significant]

    def to_record(self) -> dict[str, Any]:
        """Return the JSON object of a report."""
        return {
            "ratio": self.value,
            "low": self.low,
            "high": self.high,
            "is_significant": self.is_significant,
            "sentence": self.sentence,
        }

    @classmethod
    def from_record(cls, data: Mapping[str, Any]) -> Ratio:
        """Read the JSON object of a report."""
        return cls(data["ratio"], data["low"], data["high"])


def latency_ratio(ours_ns: Sequence[float], theirs_ns: Sequence[float]) -> Ratio:
    """Return our time over theirs, above 1 if ours is slower, from the medians of the repeats.

    Welch's t on the logarithms gives the interval. A repeat is a process, and the unit of chance: the thousands of
    calls within it share its moment and memory layout, so they are not independent samples.
    """
    ours, theirs = np.log(np.asarray(ours_ns, np.float64)), np.log(np.asarray(theirs_ns, np.float64))
    value = math.exp(ours.mean() - theirs.mean())
    if min(len(ours), len(theirs)) < 2:
        return Ratio(value, None, None)
    if not np.ptp(ours) and not np.ptp(theirs):
        return Ratio(value, value, value)  # a clock too coarse to see any difference between repeats
    from scipy.stats import ttest_ind  # a device that only measures hasn't got it

    low, high = ttest_ind(ours, theirs, equal_var=False).confidence_interval(CONFIDENCE)
    return Ratio(value, math.exp(low), math.exp(high))


def speedup(medians_ns: Sequence[float], reference_ns: Sequence[float]) -> Ratio:
    """Return the reference's time over the variant's, above 1 if the variant is faster.

    Both took turns. The geometric mean of one ratio a repeat is the speed-up; its interval is Student's t on the
    logarithms. The unit is the repeat, not the call (Kalibera and Jones, 2013).

    Raises:
        ValueError: the lists of medians are empty or of different length.
    """
    if len(medians_ns) != len(reference_ns) or not len(medians_ns):
        raise ValueError(f"expected as many medians of both, got {len(medians_ns)} and {len(reference_ns)}")
    logarithms = np.log(np.asarray(reference_ns, np.float64) / np.asarray(medians_ns, np.float64))
    centre = float(logarithms.mean())
    if len(logarithms) == 1:
        return Ratio(math.exp(centre), None, None)
    from scipy.stats import t  # a device that only measures hasn't got it

    error = float(logarithms.std(ddof=1)) / math.sqrt(len(logarithms))
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(logarithms) - 1)) * error
    return Ratio(math.exp(centre), math.exp(centre - half), math.exp(centre + half))
