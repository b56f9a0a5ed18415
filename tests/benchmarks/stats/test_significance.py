import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from benchmarks.stats.proportions import Pairs
from benchmarks.stats.significance import holm, is_non_inferior, mcnemar_p


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


def test_holm_never_sinks_and_never_exceeds_one() -> None:
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
