"""Whether a difference is more than chance: McNemar's exact test, Holm's correction, and a margin of indifference."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import binomtest

from benchmarks.statistics.proportions import Pairs

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

    Args:
        p_values: one of each comparison, 0-1.

    Returns:
        The corrected ones, 0-1, in the same order.
    """
    if not p_values:
        return []
    # Brings pandas along: more than a second on a Pi that only wants --help.
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, method="holm")[1]]


def is_non_inferior(interval: tuple[float, float], *, margin: float) -> bool:
    """Whether a loss above the margin is excluded: the upper bound of the loss's interval lies below the margin.

    "Not significant" isn't this: with few images nothing is significant and nothing is excluded.

    Args:
        interval: of the loss; positive is worse.
        margin: largest loss that doesn't matter, in the interval's unit.
    """
    return interval[1] < margin
