"""ROC curve, area and threshold, against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.stats.roc import auroc, keeping_threshold, roc_curve


@pytest.mark.parametrize(
    ("known", "unknown", "area"),
    [
        # 0.9 beats three, 0.4 one, 0.6 two, 0.8 three: 9 of 12 pairs
        ([0.9, 0.4, 0.6, 0.8], [0.7, 0.3, 0.5], 9 / 12),
        ([2.0, 3.0], [1.0], 1.0),
        ([1.0], [2.0, 3.0], 0.0),
        # one pair won, one tied
        ([0.5], [0.5, 0.4], 0.75),
        ([0.5, 0.5], [0.5], 0.5),
    ],
)
def test_auroc_counts_ordered_pairs_and_half_the_ties(known: list[float], unknown: list[float], area: float) -> None:
    assert auroc(known, unknown) == pytest.approx(area, abs=1e-12)


def test_area_is_the_area_under_the_curve() -> None:
    rng = np.random.default_rng(4)
    known, unknown = rng.normal(1, 1, 83).round(1), rng.normal(0, 1, 51).round(1)  # rounded: with ties

    across, up = roc_curve(known, unknown).T

    trapezoids = np.diff(across) * (up[1:] + up[:-1]) / 2
    assert auroc(known, unknown) == pytest.approx(float(trapezoids.sum()), abs=1e-12)


@pytest.mark.parametrize(
    ("known", "keep", "threshold"),
    [
        (list(range(1, 21)), 0.95, 2),  # 19 of 20 stay
        (list(range(1, 101)), 0.95, 6),  # 95 of 100 stay
        ([4, 1, 3, 2], 0.95, 1),  # 3 of 4 were too few
        ([1, 1, 2, 2], 0.5, 2),
        ([1, 1, 2, 2], 0.75, 1),
        ([7], 0.01, 7),
    ],
)
def test_the_highest_threshold_that_keeps_enough(known: list[float], keep: float, threshold: float) -> None:
    assert keeping_threshold(known, keep=keep) == threshold


@pytest.mark.parametrize("count", [20, 40, 60, 180, 290, 300, 340])
def test_no_rounding_error_costs_a_photograph(count: int) -> None:
    known = list(range(count))
    threshold = keeping_threshold(known)

    assert 100 * sum(score >= threshold for score in known) >= 95 * count
    assert 100 * sum(score > threshold for score in known) < 95 * count


def test_each_threshold_is_a_corner_of_the_curve() -> None:
    # thresholds 0.9, 0.7, 0.4, the last of which one known and one unknown share
    assert roc_curve([0.9, 0.4], [0.4, 0.7]).tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [1, 1]]
