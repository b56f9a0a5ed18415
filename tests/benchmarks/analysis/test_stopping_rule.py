from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.analysis.stopping_rule import medians_are_known
from benchmarks.measure.job import FAILED, OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial

CALM: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("invoke_us", "frame_us", "is_known"),
    [
        ((100, 105, 110), (10, 10, 10), True),  # 10 of 105
        ((100, 105, 111), (10, 10, 10), False),  # 11 of 105
        ((100, 100, 100), (10, 10, 12), False),
        ((100,), (10,), True),  # nothing tells
    ],
)
def test_both_medians_of_the_table_count(
    invoke_us: tuple[int, ...], frame_us: tuple[int, ...], is_known: bool, measurement: Callable[..., Measurement]
) -> None:
    trials = [
        Trial(Outcome(OK, measurement=measurement(invoke_ns=invoke * 1000, frame_to_decision_ns=[frame * 1000] * 3)),
              CALM, CALM)
        for invoke, frame in zip(invoke_us, frame_us, strict=True)
    ]  # fmt: skip
    failed = [Trial(Outcome(FAILED, "crashed"), CALM, CALM)]

    assert medians_are_known([trials, failed]) is is_known


def test_what_is_not_timed_is_not_waited_for(measurement: Callable[..., Measurement]) -> None:
    untimed = Outcome(OK, measurement=measurement(invoke_ns=None, frame_to_decision_ns=[]))

    assert medians_are_known([[Trial(untimed, CALM, CALM)] * 2, []])
