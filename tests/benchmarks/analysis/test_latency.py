from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.analysis.latency import duration_text, has_converged, latency_caveats
from benchmarks.analysis.row import Row
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.job import FAILED, NOT_TIMED, OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial

CALM = MachineState()


@pytest.mark.parametrize(
    ("invoke_us", "frame_us", "is_known"),
    [
        ((100, 105, 110), (10, 10, 10), True),  # 10 of 105
        ((100, 105, 111), (10, 10, 10), False),  # 11 of 105
        ((100, 100, 100), (10, 10, 12), False),
        ((100,), (10,), True),  # nothing tells
    ],
)
def test_rounds_end_when_both_medians_of_the_table_are_within_ten_per_cent(
    invoke_us: tuple[int, ...], frame_us: tuple[int, ...], is_known: bool, measurement: Callable[..., Measurement]
) -> None:
    trials = [
        Trial(Outcome(OK, measurement=measurement(invoke_ns=invoke * 1000, frame_to_decision_ns=[frame * 1000] * 3)),
              CALM, CALM)
        for invoke, frame in zip(invoke_us, frame_us, strict=True)
    ]  # fmt: skip
    failed = [Trial(Outcome(FAILED, "crashed"), CALM, CALM)]

    assert has_converged([trials, failed]) is is_known


def test_an_untimed_kind_does_not_delay_the_end(measurement: Callable[..., Measurement]) -> None:
    untimed = Outcome(OK, measurement=measurement(invoke_ns=None, frame_to_decision_ns=[]))

    assert has_converged([[Trial(untimed, CALM, CALM)] * 2, []])


def test_steady_rows_have_no_caveat(row: Callable[..., Row]) -> None:
    assert latency_caveats([row("a.tflite"), row("b.tflite", reason="crashed")]) == []


def test_each_unsteady_kind_of_the_table_is_named_with_its_figure(row: Callable[..., Row]) -> None:
    noisy = row("a.tflite", frame_to_decision_ns=[10, 20, 30] * 20, end_to_end_ns=[10, 20, 30] * 20, repeats=1)

    how_many, reason = latency_caveats([noisy, row("b.tflite")])

    assert how_many.startswith("1 of 2 timed rows is ")
    assert latency_caveats([noisy])[0].startswith("1 of 1 timed row is ")
    assert latency_caveats([noisy, noisy])[0].startswith("2 of 2 timed rows are ")
    assert reason.startswith("a.tflite @ litert")
    assert ("frame to decision noisy" in reason, " 100% " in reason) == (True, True)
    assert "end to end" not in reason


def test_throttled_and_emulated_rows_are_named(row: Callable[..., Row]) -> None:
    throttled = replace(row("a.tflite"), invalid="slowed down (throttled)")
    emulated = replace(row("b.tflite", invoke_ns=None), status=NOT_TIMED)

    first, second = latency_caveats([throttled, emulated])

    assert ("INVALID" in first, "a.tflite @ litert" in first, "throttled" in first) == (True, True, True)
    assert second.startswith("b.tflite @ litert")
    assert "emulated" in second


@pytest.mark.parametrize(
    ("time_ns", "text"), [(41_234, "41.2 µs"), (999_949, "999.9 µs"), (8_519_800, "8.52 ms"), (41_111_300, "41.11 ms")]
)
def test_a_time_is_in_the_unit_that_reads_best(time_ns: int, text: str) -> None:
    assert duration_text(time_ns) == text
