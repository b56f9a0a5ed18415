import math

import pytest

from benchmarks.stats.ratios import latency_ratio


def test_welch_by_hand() -> None:
    # Logarithms: ours 0.1, 0.3 (mean 0.2, variance 0.02), theirs 0, 0, 0, 0 (variance 0). Error: sqrt(0.02 / 2) = 0.1.
    # Degrees of freedom are those of the side that varies, 1; t(0.975, 1) = 12.7062. exp(0.2 -+ 1.27062).
    found = latency_ratio([math.exp(0.1), math.exp(0.3)], [1.0] * 4)

    assert found.value == pytest.approx(math.exp(0.2))
    assert (found.low, found.high) == pytest.approx((math.exp(-1.07062), math.exp(1.47062)), rel=1e-5)
    assert found.is_significant is False


def test_repeats_that_hardly_differ_show_a_difference() -> None:
    found = latency_ratio([200, 202, 198, 201, 199], [100, 101, 99, 100.5, 99.5])

    assert found.value == pytest.approx(2.0, rel=1e-3)
    assert found.is_significant is True


def test_one_repeat_says_nothing_of_chance() -> None:
    found = latency_ratio([120], [100, 100, 100])

    assert (found.value, found.low, found.high, found.is_significant) == (pytest.approx(1.2), None, None, None)


def test_repeats_without_any_difference_are_no_division_by_zero() -> None:
    found = latency_ratio([120, 120], [100, 100])

    assert (found.low, found.high) == (pytest.approx(1.2), pytest.approx(1.2))
