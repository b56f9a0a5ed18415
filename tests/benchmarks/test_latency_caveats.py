from collections.abc import Callable

from benchmarks.job import NOT_TIMED
from benchmarks.latency_caveats import latency_caveats
from benchmarks.rows import Row


def test_steady_rows_need_no_word(row: Callable[..., Row]) -> None:
    assert latency_caveats([row("a.tflite"), row("b.tflite", reason="crashed")]) == []


def test_each_kind_of_call_that_is_unsteady_is_named(row: Callable[..., Row]) -> None:
    noisy = row("a.tflite", end_to_end_ns=[10, 20, 30] * 20, repeats=1)

    assert latency_caveats([noisy]) == [
        "Unsteady, measure again with nothing else running: a.tflite @ litert "
        "(end to end noisy, the middle half of the calls is 100% of the median wide)."
    ]


def test_throttled_and_emulated_rows_are_named(row: Callable[..., Row]) -> None:
    throttled = row("a.tflite") | {"invalid": "the board was slowed down (throttled)"}
    emulated = row("b.tflite", invoke_ns=None) | {"status": NOT_TIMED}

    assert latency_caveats([throttled, emulated]) == [
        "INVALID times of a.tflite @ litert: the board was slowed down (throttled).",
        "The processor is emulated, so nothing was timed: b.tflite @ litert.",
    ]
