import pytest

from benchmarks.stats.stability import DRIFTING, NOISY, STEADY, judge, median_width


def test_equal_calls_are_steady() -> None:
    assert judge([[100] * 20] * 5).verdict == STEADY


def test_a_single_repeat_says_so() -> None:
    found = judge([[100, 101, 99, 100]])

    assert (found.verdict, found.reason) == (STEADY, "a single repeat")


@pytest.mark.parametrize(
    ("latencies", "verdict"),
    [
        ([90, 100, 100, 115], STEADY),  # quartiles 90 and 100: 10 of 100
        ([80, 100, 100, 105, 110], STEADY),  # 100 and 105: 5 of 100
        ([70, 70, 100, 100, 100], NOISY),  # 70 and 100: 30 of 100
    ],
)
def test_noisy_is_a_middle_half_wider_than_a_quarter_of_the_median(latencies: list[int], verdict: str) -> None:
    assert judge([latencies]).verdict == verdict


def test_noisy_is_also_one_repeat_far_from_the_others() -> None:
    found = judge([[100] * 9, [100] * 9, [111] * 9, [100] * 9, [100] * 9])

    assert (found.verdict, found.reason) == (NOISY, "the interval of the repeats' median is 11% wide")


@pytest.mark.parametrize(
    ("count", "width"),
    [
        (1, 0.0),  # nothing tells
        (5, 0.5),  # all of them: the probability that the median lies outside is 2 / 2^5, 6 %
        (6, 0.5),  # likewise 2 / 2^6, 3 %
        (8, 0.5),  # without the outermost two: 2 (1 + 8) / 2^8, 7 %
        (9, 0.1),  # without the outermost two: 2 (1 + 9) / 2^9, 4 %
    ],
)
def test_one_disturbed_repeat_of_nine_does_not_make_the_median_uncertain(count: int, width: float) -> None:
    medians = [150, 110, 100, 100, 100, 100, 100, 100, 100][:count]

    assert median_width([100] if count == 1 else medians) == pytest.approx(width)


def test_repeats_ten_percent_apart_are_still_steady() -> None:
    assert judge([[100] * 9, [110] * 9, [100] * 9, [105] * 9, [105] * 9]).verdict == STEADY


@pytest.mark.parametrize(("step", "word"), [(2, "slower"), (-2, "faster")])
def test_a_trend_over_the_repeats_is_drift(step: int, word: str) -> None:
    repeats = [[100 + step * (2 * repeat + half) for half in (0, 1) for _ in range(10)] for repeat in range(5)]

    found = judge(repeats)  # blocks 100, 102 ... 118: 101 to 117 is 15.8 %; downwards 99 to 83, 16.2 %

    assert found.verdict == DRIFTING
    assert found.reason == f"calls became 16% {word} from the first fifth to the last"


def test_a_trend_within_one_repeat_is_drift_too() -> None:
    assert judge([list(range(100, 200))]).verdict == DRIFTING


def test_a_trend_of_less_than_five_percent_is_not() -> None:
    assert judge([list(range(1000, 1050))]).verdict == STEADY


@pytest.mark.parametrize("repeats", [[], [[]]])
def test_nothing_to_judge(repeats: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="at least one timed call"):
        judge(repeats)
