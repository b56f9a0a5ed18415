import math

import pytest

from benchmarks.stats.ratios import Ratio, latency_ratio, speedup


def test_welch_by_hand() -> None:
    # Logarithms: ours 0.1, 0.3 (mean 0.2, variance 0.02), theirs 0, 0, 0, 0 (variance 0). Error: sqrt(0.02 / 2) = 0.1.
    # Degrees of freedom are those of the side that varies, 1; t(0.975, 1) = 12.7062. exp(0.2 -+ 1.27062).
    ratio = latency_ratio([math.exp(0.1), math.exp(0.3)], [1.0] * 4)

    assert ratio.value == pytest.approx(math.exp(0.2))
    assert (ratio.low, ratio.high) == pytest.approx((math.exp(-1.07062), math.exp(1.47062)), rel=1e-5)
    assert ratio.is_significant is False


def test_repeats_that_hardly_differ_show_a_difference() -> None:
    ratio = latency_ratio([200, 202, 198, 201, 199], [100, 101, 99, 100.5, 99.5])

    assert ratio.value == pytest.approx(2.0, rel=1e-3)
    assert ratio.is_significant is True


def test_one_repeat_has_no_interval() -> None:
    assert latency_ratio([120], [100, 100, 100]) == Ratio(pytest.approx(1.2), None, None)
    assert speedup([50], [100]) == Ratio(2.0, None, None)
    assert speedup([50], [100]).is_significant is None


def test_repeats_without_any_difference_are_no_division_by_zero() -> None:
    ratio = latency_ratio([120, 120], [100, 100])

    assert (ratio.low, ratio.high) == (pytest.approx(1.2), pytest.approx(1.2))


def test_the_interval_is_students_on_the_logarithms_of_the_ratios() -> None:
    # Ratios 2, 2, 8, 8: logarithms ln 2 * (1, 1, 3, 3), mean 2 ln 2, standard deviation ln 2 * sqrt(4 / 3),
    # standard error ln 2 * sqrt(1 / 3); t of 3 degrees of freedom at 97.5 % is 3.182446.
    ratio = speedup([50, 50, 25, 25], [100, 100, 200, 200])

    half = 3.182446 * math.log(2) / math.sqrt(3)
    assert ratio.value == pytest.approx(4.0)
    assert ratio.low == pytest.approx(4.0 * math.exp(-half), rel=1e-5)
    assert ratio.high == pytest.approx(4.0 * math.exp(half), rel=1e-5)
    assert ratio.is_significant is True  # 4 * exp(-1.2736) = 1.12


def test_a_variant_that_is_slower_in_every_round_is_significantly_slower() -> None:
    ratio = speedup([200, 202, 198, 200, 200], [100, 100, 100, 100, 100])

    assert ratio.value == pytest.approx(0.5, rel=1e-3)
    assert ratio.is_significant is True


def test_a_slow_round_that_hits_all_variants_cancels() -> None:
    ratio = speedup([10, 20, 40], [20, 40, 80])

    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2.0, 2.0))


@pytest.mark.parametrize(
    ("ratio", "facts", "mark"),
    [
        (Ratio(1.53, 1.414, 1.657), ["1.53 times", "1.41 to 1.66"], "1.53"),
        (Ratio(1.01, 0.96, 1.06), ["not significantly", "1.01 times", "0.96 to 1.06"], "1.01 n.s."),
        (Ratio(2.0, None, None), ["2.00 times", "single repeat"], "2.00 ?"),
    ],
)
def test_a_ratio_in_words_in_a_table_and_in_json(ratio: Ratio, facts: list[str], mark: str) -> None:
    assert [fact for fact in facts if fact not in ratio.sentence] == []
    assert ratio.mark == mark
    record = ratio.to_record()
    assert (record["ratio"], record["is_significant"]) == (ratio.value, ratio.is_significant)
    assert Ratio.from_record(record) == ratio


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([1, 2], [1])])
def test_medians_of_different_rounds_are_refused(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match=f"{len(ours)} and {len(theirs)}"):
        speedup(ours, theirs)
