"""The interval of a ratio of two latencies that were measured apart, such as in two reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_ind

from benchmarks.stats.proportions import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times the time one takes that the other takes."""

    value: float
    low: float | None
    """Lower end of the 95 % interval; None where one side has a single repeat: nothing tells how far repeats differ."""
    high: float | None

    @property
    def is_significant(self) -> bool | None:
        """Whether the interval leaves out 1; None where there is no interval."""
        return None if self.low is None or self.high is None else not self.low <= 1 <= self.high


def latency_ratio(ours_ns: Sequence[float], theirs_ns: Sequence[float]) -> Ratio:
    """Compare the medians of repeats by Welch's t on their logarithms; a repeat is a process, and the unit of chance.

    The thousands of calls within a repeat share its moment and its memory layout, so they are no thousands of opinions.

    Args:
        ours_ns: median of each repeat, above 0, at least one.
        theirs_ns: likewise, of the other; the two needn't be of one length.
    """
    ours, theirs = np.log(np.asarray(ours_ns, np.float64)), np.log(np.asarray(theirs_ns, np.float64))
    value = math.exp(ours.mean() - theirs.mean())
    if min(len(ours), len(theirs)) < 2:
        return Ratio(value, None, None)
    if not np.ptp(ours) and not np.ptp(theirs):
        return Ratio(value, value, value)  # a clock too coarse to see any difference between repeats
    low, high = ttest_ind(ours, theirs, equal_var=False).confidence_interval(CONFIDENCE)
    return Ratio(value, math.exp(low), math.exp(high))
