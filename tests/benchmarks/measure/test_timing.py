"""The harness against a fake clock whose noise is known."""

import gc
import math
import random
from collections.abc import Callable
from statistics import NormalDist

import pytest

from benchmarks.measure.timing import time_calls, warm_up
from benchmarks.stats.latency import DRIFTING, STEADY, judge, summarise_repeats
from benchmarks.stats.ratios import speedup

SIGMA = 0.1  # of the logarithm: nine calls of ten within 18 % of the median


class TickingClock:
    """Counts up by ten at each reading."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += 10
        return self.now


class FakeMachine:
    """A clock that only the function under test moves, each call by a log-normal time of known median."""

    def __init__(self, median_ns: Callable[[int], float], *, seed: int) -> None:
        self.now = 0
        self.calls = 0
        self._median_ns = median_ns
        self._random = random.Random(seed)

    def clock(self) -> int:
        return self.now

    def function(self, _argument: object) -> None:
        self.now += round(self._median_ns(self.calls) * math.exp(self._random.gauss(0, SIGMA)))
        self.calls += 1


def _repeats(median_ns: Callable[[int], float], *, seed: int, repeats: int = 5, calls: int = 400) -> list[list[int]]:
    machine = FakeMachine(median_ns, seed=seed)
    return [time_calls(machine.function, [0], calls, clock=machine.clock) for _ in range(repeats)]


def test_single_calls_are_timed_over_the_inputs_in_turn_with_the_collector_paused() -> None:
    calls: list[tuple[str, bool]] = []
    noted: list[str] = []

    def function(argument: str) -> str:
        calls.append((argument, gc.isenabled()))
        return argument.upper()

    latencies = time_calls(function, ["a", "b"], 3, note=noted.append, clock=TickingClock())

    assert latencies == [10, 10, 10]
    assert calls == [("a", False), ("b", False), ("a", False)]
    assert noted == ["A", "B", "A"]
    assert gc.isenabled()


def test_warm_up_makes_the_minimum_of_calls() -> None:
    assert warm_up(str, [1, 2], calls=5, duration_s=0, clock=TickingClock()) == 5


def test_warm_up_lasts_the_minimum_of_time() -> None:
    # Readings: 10, so the end is 10 + 35 = 45; after the two calls that need none: 20, 30, 40, and 50 ends it.
    assert warm_up(str, [1, 2], calls=2, duration_s=35, clock=TickingClock()) == 2 + 3


@pytest.mark.parametrize("seed", range(5))
def test_the_true_median_is_found(seed: int) -> None:
    summary = summarise_repeats(_repeats(lambda _: 80_000, seed=seed))

    # A repeat's median scatters by sigma * sqrt(pi / 2 / 400) = 0.63 %, the median of five of them by 0.54 of that.
    # Four of these deviations: 1.4 %.
    assert summary.median_ns == pytest.approx(80_000, rel=0.014)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("percent", [90, 95, 99])
def test_the_true_percentiles_are_found(seed: int, percent: int) -> None:
    summary = summarise_repeats(_repeats(lambda _: 80_000, seed=seed))
    found = {90: summary.p90_ns, 95: summary.p95_ns, 99: summary.p99_ns}[percent]

    # How many of 2,000 calls lie below the true percentile is binomial: four deviations of it, read as percentiles.
    share = percent / 100
    reach = 4 * math.sqrt(share * (1 - share) / 2000)
    low, high = (80_000 * math.exp(SIGMA * NormalDist().inv_cdf(min(share + side * reach, 0.9999))) for side in (-1, 1))
    assert found is not None
    assert low <= found <= high


@pytest.mark.parametrize("seed", range(5))
def test_noise_without_a_trend_is_steady(seed: int) -> None:
    assert judge(_repeats(lambda _: 80_000, seed=seed)).verdict == STEADY


@pytest.mark.parametrize("seed", range(5))
def test_a_machine_that_gets_hot_is_called_drifting(seed: int) -> None:
    repeats = _repeats(lambda call: 80_000 * (1 + 0.15 * call / 2000), seed=seed)  # 15 % slower at the end

    found = judge(repeats)

    assert found.verdict == DRIFTING
    assert "slower" in found.reason


@pytest.mark.parametrize("seed", range(5))
def test_the_true_speedup_is_within_its_interval_and_significant(seed: int) -> None:
    ours = summarise_repeats(_repeats(lambda _: 80_000, seed=seed))
    theirs = summarise_repeats(_repeats(lambda _: 100_000, seed=seed + 100))

    found = speedup(ours.repeat_medians_ns, theirs.repeat_medians_ns)

    # The logarithm of a repeat's ratio scatters by sqrt(2) * 0.63 %, the mean of five by 0.40 %; four of it: 1.6 %.
    assert found.value == pytest.approx(1.25, rel=0.016)
    assert found.is_significant is True
