import math

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from benchmarks.stats.proportions import Pairs, holm, is_non_inferior, mcnemar_p, paired_loss_interval


def test_the_paired_interval_is_the_published_one() -> None:
    # Newcombe (1998), paired data, method 10, his example 36, 12, 2, 0: difference 0.2, interval 0.0569 to 0.3404.
    # By hand: Wilson of 48/50 is 0.865403 to 0.988955, of 38/50 is 0.625923 to 0.857018.
    # phi: ad - bc = 36*0 - 12*2 = -24, below zero, so not corrected.
    # -24 / sqrt(48*2*38*12) = -24 / 209.227 = -0.114708.
    # Below: sqrt((0.96 - 0.865403)^2 + (0.857018 - 0.76)^2 + 2 * 0.114708 * 0.094597 * 0.097018)
    #        = sqrt(0.0089486 + 0.0094125 + 0.0021055) = 0.143061, and 0.2 - 0.143061 = 0.0569.
    # Above: sqrt((0.988955 - 0.96)^2 + (0.76 - 0.625923)^2 + 2 * 0.114708 * 0.028955 * 0.134077)
    #        = sqrt(0.0008384 + 0.0179766 + 0.0008906) = 0.140427, and 0.2 + 0.140427 = 0.3404.
    pairs = Pairs(both_right=36, lost=12, gained=2, both_wrong=0)

    assert pairs.loss == pytest.approx(0.2)
    assert paired_loss_interval(pairs) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_a_positive_correlation_is_corrected_and_narrows_the_interval() -> None:
    # ad - bc = 60*30 - 6*4 = 1776, less 100/2 is 1726; / sqrt(66*34*64*36) = 1726 / 2273.8 = 0.75908.
    # Both shares near 0.65, each Wilson's half about 0.091 to 0.094: sqrt(2 * 0.0925^2 * (1 - 0.759)) = 0.0642.
    low, high = paired_loss_interval(Pairs(both_right=60, lost=6, gained=4, both_wrong=30))

    assert (low, high) == pytest.approx((0.02 - 0.0642, 0.02 + 0.0642), abs=0.002)


def test_on_ten_thousand_images_it_is_the_usual_interval() -> None:
    # Sixty changed answers, split 34 to 26: 0.08 points plus or minus 1.96 * sqrt(60 - 64/10000) / 10000, 0.152 points.
    low, high = paired_loss_interval(Pairs(both_right=9_384, lost=34, gained=26, both_wrong=556))

    assert (low, high) == pytest.approx((0.0008 - 0.00152, 0.0008 + 0.00152), abs=1e-4)


def test_turned_around_it_is_the_other_variants_interval() -> None:
    low, high = paired_loss_interval(Pairs(both_right=900, lost=12, gained=5, both_wrong=83))

    assert paired_loss_interval(Pairs(900, lost=5, gained=12, both_wrong=83)) == pytest.approx((-high, -low))


@pytest.mark.parametrize(
    "pairs", [Pairs(10, 0, 0, 0), Pairs(0, 10, 0, 0), Pairs(0, 0, 0, 10), Pairs(0, 0, 10, 0)], ids=str
)
def test_extremes_stay_within_their_range(pairs: Pairs) -> None:
    low, high = paired_loss_interval(pairs)

    assert -1 <= low <= pairs.loss <= high <= 1
    assert math.isfinite(low)
    assert high - low > 0.1  # ten images can't prove that nothing changed


@pytest.mark.parametrize(
    ("lost", "gained", "expected"),
    [
        (0, 0, 1.0),
        (5, 0, 2 / 2**5),  # either all five to one side or all to the other
        (1, 8, 2 * (1 + 9) / 2**9),  # 0 or 1 of nine, and the same on the other side: 20 / 512
        (4, 4, 1.0),
        (2, 7, 2 * (1 + 9 + 36) / 2**9),
    ],
)
def test_mcnemar_by_counting_coins(lost: int, gained: int, expected: float) -> None:
    assert mcnemar_p(Pairs(both_right=900, lost=lost, gained=gained, both_wrong=3)) == pytest.approx(expected)


@pytest.mark.parametrize(("discordant", "net"), [(20, 10), (40, 14), (60, 18), (100, 22), (200, 30)])
def test_the_smallest_net_difference_that_is_significant(discordant: int, net: int) -> None:
    # The table of the conventions this report follows.
    def p(difference: int) -> float:
        lost = (discordant + difference) // 2
        return mcnemar_p(Pairs(0, lost, discordant - lost, 0))

    assert p(net) < 0.05 <= p(net - 2)


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.20: times 4, 3, 2, 1 is 0.04, 0.06, 0.06, 0.20; none below the one before it.
    assert holm([0.03, 0.01, 0.20, 0.02]) == pytest.approx([0.06, 0.04, 0.20, 0.06])


def test_holm_is_monotone_and_at_most_one() -> None:
    # 0.020 * 3 = 0.060; 0.025 * 2 = 0.050, lifted to 0.060; 0.9 * 1.
    assert holm([0.025, 0.020, 0.9]) == pytest.approx([0.06, 0.06, 0.9])
    assert holm([0.7, 0.8]) == [1.0, 1.0]
    assert holm([0.3]) == [0.3]
    assert holm([]) == []


@pytest.mark.parametrize("count", [1, 2, 14, 100])
def test_holm_is_that_of_statsmodels(count: int) -> None:
    rng = np.random.default_rng(count)
    # Some equal, some zero, some one.
    values = np.round(rng.random(count) ** 3, 2)

    assert holm(values.tolist()) == pytest.approx(multipletests(values, method="holm")[1].tolist(), abs=1e-15)


def test_the_margin_is_about_the_upper_end_alone() -> None:
    assert is_non_inferior((-3.0, 0.49), margin=0.5)
    assert not is_non_inferior((-3.0, 0.5), margin=0.5)
