import math

import pytest

from benchmarks.stats.speedup import Speedup, sentence, speedup


def test_the_interval_is_students_on_the_logarithms_of_the_ratios() -> None:
    # Ratios 2, 2, 8, 8: logarithms ln 2 * (1, 1, 3, 3), mean 2 ln 2, standard deviation ln 2 * sqrt(4 / 3),
    # standard error ln 2 * sqrt(1 / 3); t of 3 degrees of freedom at 97.5 % is 3.182446.
    found = speedup([50, 50, 25, 25], [100, 100, 200, 200])

    half = 3.182446 * math.log(2) / math.sqrt(3)
    assert found.ratio == pytest.approx(4.0)
    assert found.low == pytest.approx(4.0 * math.exp(-half), rel=1e-5)
    assert found.high == pytest.approx(4.0 * math.exp(half), rel=1e-5)
    assert found.is_significant is True  # 4 * exp(-1.2736) = 1.12


def test_slower_and_sure() -> None:
    found = speedup([200, 202, 198, 200, 200], [100, 100, 100, 100, 100])

    assert found.ratio == pytest.approx(0.5, rel=1e-3)
    assert found.is_significant is True


def test_what_all_variants_of_a_round_suffer_alike_cancels() -> None:
    found = speedup([10, 20, 40], [20, 40, 80])

    assert (found.ratio, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_a_difference_within_the_noise_is_called_not_significant() -> None:
    found = speedup([100, 110, 95, 104, 98], [103, 101, 104, 99, 105])

    assert found.is_significant is False
    assert sentence(found).startswith("not significantly faster or slower: 1.01 times as fast (95 % interval 0.")


def test_a_single_repeat_gives_no_interval() -> None:
    found = speedup([50], [100])

    assert (found, found.is_significant) == (Speedup(2.0, None, None), None)
    assert sentence(found) == "2.00 times as fast, from a single repeat"


def test_the_sentence_of_a_clear_case() -> None:
    assert sentence(Speedup(1.53, 1.414, 1.657)) == "1.53 times as fast (95 % interval 1.41 to 1.66)"


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([1, 2], [1])])
def test_repeats_must_pair(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="as many medians"):
        speedup(ours, theirs)
