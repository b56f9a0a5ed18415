"""Shares of right predictions on the same images: intervals, McNemar's test, Holm's correction, non-inferiority."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.classify.interval import wilson_interval

SIGNIFICANT = 0.05
"""A difference is called real below this probability, after Holm's correction."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts of two variants on the same images, each image counted once."""

    both_right: int
    lost: int
    """Images that the reference has right and the variant wrong."""
    gained: int
    """Images that the reference has wrong and the variant right."""
    both_wrong: int

    @property
    def images(self) -> int:
        """Number of images."""
        return self.both_right + self.lost + self.gained + self.both_wrong

    @property
    def loss(self) -> float:
        """Accuracy lost, as a share, -1 to 1, below zero if the variant is the better one."""
        return (self.lost - self.gained) / self.images


def paired_loss_interval(pairs: Pairs) -> tuple[float, float]:
    """Return the 95 % interval of the loss, a share, by Newcombe's method 10: Wilson's intervals and the correlation.

    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data", Statistics in Medicine 17 (1998), 2635-2650. Neither scipy nor statsmodels has an interval for pairs. Unlike
    the usual one, b - c plus or minus two standard errors, it isn't of width zero where no prediction changed.
    """
    images = pairs.images
    reference, ours = pairs.both_right + pairs.lost, pairs.both_right + pairs.gained
    low_reference, high_reference = wilson_interval(reference, images)
    low_ours, high_ours = wilson_interval(ours, images)
    phi = _phi(pairs)
    below = _joined(reference / images - low_reference, high_ours - ours / images, phi)
    above = _joined(high_reference - reference / images, ours / images - low_ours, phi)
    return max(pairs.loss - below, -1.0), min(pairs.loss + above, 1.0)


def _joined(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(first * first - 2 * phi * first * second + second * second, 0.0))


def _phi(pairs: Pairs) -> float:
    """Correlation of right and wrong between the two, with Newcombe's correction for continuity if it is positive."""
    a, b, c, d = pairs.both_right, pairs.lost, pairs.gained, pairs.both_wrong
    product = (a + b) * (c + d) * (a + c) * (b + d)
    if not product:
        return 0.0
    excess = float(a * d - b * c)
    if excess > 0:
        excess = max(excess - pairs.images / 2, 0.0)
    return excess / math.sqrt(product)


def mcnemar_p(pairs: Pairs) -> float:
    """Return the two-sided p-value, 0-1, of the split of changed predictions into lost and gained.

    Images that both have right or both have wrong say nothing about the difference and don't enter.
    """
    from scipy.stats import binomtest  # as above

    changed = pairs.lost + pairs.gained
    return float(binomtest(pairs.lost, changed).pvalue) if changed else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p-values of one family, so that a false "real" is as rare among many variants as with one.

    Of m values the smallest counts m times, the next m - 1 times and so on, none less than the one before it (S. Holm,
    Scandinavian Journal of Statistics 6 (1979), 65-70). scipy hasn't got it; statsmodels, which the tests compare with,
    would bring pandas and 160 MB for these four lines.
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values)
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1.0)
    return [float(p) for p in corrected]


def is_non_inferior(interval: tuple[float, float], *, margin: float) -> bool:
    """Return whether a loss above the margin is excluded: the upper end of its interval is below it, in the same unit.

    This is not the same as "not significant", as with few images nothing is significant and nothing is excluded.
    """
    return interval[1] < margin
