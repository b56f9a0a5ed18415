import pytest

from benchmarks.stats.latency import P90_MIN_SAMPLES, P95_MIN_SAMPLES, P99_MIN_SAMPLES, summarise, summarise_repeats


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
def test_nothing_to_summarise(repeats: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="at least one timed call"):
        summarise_repeats(repeats)
