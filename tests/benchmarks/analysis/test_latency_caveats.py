from collections.abc import Callable

from benchmarks.analysis.latency_caveats import latency_caveats
from benchmarks.analysis.rows import Row
from benchmarks.measure.job import NOT_TIMED


def test_steady_rows_need_no_word(row: Callable[..., Row]) -> None:
    assert latency_caveats([row("a.tflite"), row("b.tflite", reason="crashed")]) == []


def test_each_kind_of_the_table_that_is_unsteady_is_named(row: Callable[..., Row]) -> None:
    noisy = row("a.tflite", frame_to_decision_ns=[10, 20, 30] * 20, end_to_end_ns=[10, 20, 30] * 20, repeats=1)

    how_many, reason = latency_caveats([noisy, row("b.tflite")])

    assert how_many.startswith("1 of 2 timed rows are noisy or drifting, as other work on the machine makes them")
    assert (
        reason == "a.tflite @ litert: frame to decision noisy, the middle half of the calls is 100% of the median wide."
    )


def test_throttled_and_emulated_rows_are_named(row: Callable[..., Row]) -> None:
    throttled = row("a.tflite") | {"invalid": "the board was slowed down (throttled)"}
    emulated = row("b.tflite", invoke_ns=None) | {"status": NOT_TIMED}

    assert latency_caveats([throttled, emulated]) == [
        "INVALID times of a.tflite @ litert: the board was slowed down (throttled).",
        "b.tflite @ litert is of an emulated processor: what it answers counts, how long it takes doesn't.",
    ]
