import pytest

from edge.classify.interval import is_chance_level, wilson_interval


@pytest.mark.parametrize(
    ("right", "count", "expected"),
    [
        # z² = 3.8415; middle (0.8 + 0.1921) / 1.3841 = 0.7167, half 1.96 * 0.1600 / 1.3841 = 0.2266
        pytest.param(8, 10, (0.490161, 0.943319), id="8 of 10"),
        pytest.param(2, 2, (0.342380, 1.0), id="2 of 2"),  # 1 / (1 + z²/2)
        pytest.param(0, 2, (0.0, 0.657620), id="none of 2"),
        pytest.param(100, 100, (0.963007, 1.0), id="all of 100"),
    ],
)
def test_wilson_by_hand(right: int, count: int, expected: tuple[float, float]) -> None:
    assert wilson_interval(right, count) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(("right", "count"), [(0, 1), (1, 1), (3, 7), (94, 100), (9402, 10000)])
def test_scipy_gives_the_same_interval(right: int, count: int) -> None:
    from scipy.stats import binomtest

    trusted = binomtest(right, count).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson_interval(right, count) == pytest.approx((trusted.low, trusted.high), abs=1e-12)


@pytest.mark.parametrize(
    ("right", "count", "classes", "expected"),
    [
        pytest.param(1, 2000, 2000, True, id="0.05 % of 2,000 classes"),
        pytest.param(2, 2, 3, False, id="34 % at least, of three classes"),
        pytest.param(2, 2, 2, True, id="34 % at least, of two classes"),
        pytest.param(8, 10, 2, True, id="49 % at least, of two classes"),
        pytest.param(0, 100, 2, True, id="worse than guessing"),
        # 0.13 - 1.96 * 0.0106 and a bit: 11.06 %
        pytest.param(130, 1000, 10, False, id="surely better than one in ten"),
        pytest.param(115, 1000, 10, True, id="not surely better than one in ten"),
    ],
)
def test_chance_is_what_the_interval_does_not_exclude(right: int, count: int, classes: int, expected: bool) -> None:
    assert is_chance_level(right, count, classes) is expected
