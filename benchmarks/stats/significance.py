"""Whether a difference is more than chance: McNemar's exact test, Holm's correction, and a margin of indifference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

from benchmarks.stats.proportions import Pairs

SIGNIFICANT = 0.05
"""A difference is called real below this probability, after Holm's correction."""


def mcnemar_p(pairs: Pairs) -> float:
    """How probable so lopsided a split of the changed answers is if either side were as likely, two-sided, 0-1.

    Images on which both are right or both are wrong say nothing about the difference and don't enter.
    """
    changed = pairs.lost + pairs.gained
    return float(binomtest(pairs.lost, changed).pvalue) if changed else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p-values of one family, so that a false "real" is as rare among many variants as with one.

    Of m values the smallest counts m times, the next m - 1 times and so on, none less than the one before it (S. Holm,
    Scandinavian Journal of Statistics 6 (1979), 65-70). scipy hasn't got it; statsmodels, which the tests compare with,
    would bring pandas and 160 MB for these four lines.

    Args:
        p_values: one of each comparison, 0-1.

    Returns:
        The corrected ones, 0-1, in the same order.
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values)
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1.0)
    return [float(p) for p in corrected]


def is_non_inferior(interval: tuple[float, float], *, margin: float) -> bool:
    """Whether a loss above the margin is excluded: the upper bound of the loss's interval lies below the margin.

    "Not significant" isn't this: with few images nothing is significant and nothing is excluded.

    Args:
        interval: of the loss; positive is worse.
        margin: largest loss that doesn't matter, in the interval's unit.
    """
    return interval[1] < margin
