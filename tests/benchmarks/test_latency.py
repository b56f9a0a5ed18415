import pytest

from benchmarks.latency import summarise


def test_quantiles_of_one_to_a_thousand_by_nearest_rank() -> None:
    summary = summarise(list(range(1000, 0, -1)))  # any order

    assert summary.samples == 1000
    assert summary.median_ns == 500  # 500.5, rounded to even
    assert summary.p90_ns == 900
    assert summary.p99_ns == 990
    assert summary.iqr_ns == 750 - 250
    assert (summary.minimum_ns, summary.maximum_ns) == (1, 1000)


@pytest.mark.parametrize(
    ("samples", "has_p90", "has_p99"),
    [(1, False, False), (43, False, False), (44, True, False), (458, True, False), (459, True, True)],
)
def test_a_percentile_is_refused_where_the_sample_cannot_support_it(samples: int, has_p90: bool, has_p99: bool) -> None:
    summary = summarise([100] * samples)

    assert (summary.p90_ns is not None, summary.p99_ns is not None) == (has_p90, has_p99)


def test_p90_of_44_samples_is_the_40th() -> None:
    assert summarise(range(1, 45)).p90_ns == 40  # 0.9 * 44 = 39.6, rounded up


def test_a_median_between_two_values() -> None:
    assert summarise([10, 20, 30, 60]).median_ns == 25


@pytest.mark.parametrize(
    ("latencies", "is_steady"),
    [
        ([90, 100, 100, 115], True),  # quartiles 90 and 100: 10 of 100
        ([80, 100, 100, 105, 110], True),  # 100 and 105: 5 of 100
        ([70, 70, 100, 100, 100], False),  # 70 and 100: 30 of 100
    ],
)
def test_steady_means_an_iqr_of_at_most_a_quarter_of_the_median(latencies: list[int], is_steady: bool) -> None:
    assert summarise(latencies).is_steady is is_steady


def test_nothing_to_summarise() -> None:
    with pytest.raises(ValueError, match="at least one timed call"):
        summarise([])
