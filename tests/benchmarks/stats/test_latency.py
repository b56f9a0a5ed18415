import pytest

from benchmarks.stats.latency import (
    DRIFTING,
    NOISY,
    P90_MIN_SAMPLES,
    P95_MIN_SAMPLES,
    P99_MIN_SAMPLES,
    STEADY,
    judge,
    median_width,
    summarise,
    summarise_repeats,
)


def test_quantiles_of_one_to_a_thousand_by_nearest_rank() -> None:
    summary = summarise(list(range(1000, 0, -1)))  # any order

    assert summary.samples == 1000
    assert summary.median_ns == 500  # 500.5, rounded to even
    assert (summary.p90_ns, summary.p95_ns, summary.p99_ns) == (900, 950, 990)
    assert summary.mean_ns == 500
    assert summary.standard_deviation_ns == 289  # sqrt(1000 * 1001 / 12) = 288.8
    assert summary.iqr_ns == 750 - 250
    assert (summary.minimum_ns, summary.maximum_ns) == (1, 1000)


@pytest.mark.parametrize(
    ("samples", "has"),
    [
        (63, (False, False, False)),
        (64, (True, False, False)),
        (129, (True, False, False)),
        (130, (True, True, False)),
        (661, (True, True, False)),
        (662, (True, True, True)),
    ],
)
def test_a_percentile_is_refused_where_the_sample_cannot_support_it(samples: int, has: tuple[bool, ...]) -> None:
    summary = summarise([100] * samples)

    assert tuple(value is not None for value in (summary.p90_ns, summary.p95_ns, summary.p99_ns)) == has


@pytest.mark.parametrize(
    ("least", "percentile"), [(P90_MIN_SAMPLES, 0.90), (P95_MIN_SAMPLES, 0.95), (P99_MIN_SAMPLES, 0.99)]
)
def test_so_many_samples_are_the_fewest_that_bring_two_slower_calls_with_99_percent(
    least: int, percentile: float
) -> None:
    def at_most_one_slower(calls: int) -> float:
        return float(percentile**calls + calls * (1 - percentile) * percentile ** (calls - 1))

    assert at_most_one_slower(least) <= 0.01 < at_most_one_slower(least - 1)


def test_p90_of_64_samples_is_the_58th() -> None:
    assert summarise(range(1, 65)).p90_ns == 58  # 0.9 * 64 = 57.6, rounded up


def test_a_median_between_two_values_and_the_spread_around_the_mean() -> None:
    summary = summarise([10, 20, 30, 60])

    assert (summary.median_ns, summary.mean_ns) == (25, 30)
    assert summary.standard_deviation_ns == 22  # sqrt((400 + 100 + 0 + 900) / 3) = 21.6


def test_one_call_has_no_standard_deviation() -> None:
    assert summarise([7]).standard_deviation_ns is None


def test_one_disturbed_repeat_does_not_move_the_median() -> None:
    summary = summarise_repeats([[10, 10, 10], [11, 11, 11], [12, 12, 12], [12, 12, 12], [90, 90, 90]])

    assert summary.repeat_medians_ns == (10, 11, 12, 12, 90)
    assert (summary.median_ns, summary.samples, summary.maximum_ns) == (12, 15, 90)
    assert summary.mean_ns == 27  # (10 + 11 + 12 + 12 + 90) / 5


@pytest.mark.parametrize("repeats", [[], [[1], []]])
def test_latencies_without_a_call_have_no_summary(repeats: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        summarise_repeats(repeats)


def test_equal_calls_are_steady() -> None:
    assert judge([[100] * 20] * 5).verdict == STEADY


def test_the_reason_of_a_single_repeat_names_it() -> None:
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

    assert (found.verdict, "interval" in found.reason, "11%" in found.reason) == (NOISY, True, True)


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
    assert f"16% {word}" in found.reason


def test_a_trend_within_one_repeat_is_drift_too() -> None:
    assert judge([list(range(100, 200))]).verdict == DRIFTING


def test_a_trend_of_less_than_five_percent_is_not() -> None:
    assert judge([list(range(1000, 1050))]).verdict == STEADY


@pytest.mark.parametrize("repeats", [[], [[]]])
def test_latencies_without_a_call_have_no_verdict(repeats: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        judge(repeats)
