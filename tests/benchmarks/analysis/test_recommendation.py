from collections.abc import Callable

from benchmarks.analysis.recommendation import recommend
from benchmarks.analysis.rows import Row, compare_with_float


def _advise(*rows: Row) -> list[str]:
    compare_with_float(rows)
    return recommend(rows)


def test_the_fastest_that_loses_little_is_recommended(row: Callable[..., Row]) -> None:
    first, stages, against = _advise(
        row("a_none.tflite", quantization="none", wrong=1, invoke_ns=80_000, size_bytes=971_000),
        row("a_int8.tflite", wrong=1, invoke_ns=40_000),
    )

    assert first == (
        "Use a_int8.tflite (litert) on this machine: the fastest of 2 that lose at most 0.5 percentage points, "
        "40.0 µs an image, 90.00% right, 250 kB; it loses 0.00 points."
    )
    assert stages == (
        "From a camera's picture to a written decision a_int8.tflite (litert) takes 1.50 ms: 0.40 ms decode it, "
        "0.90 ms find the garment in it, 0.06 ms are the network, the rest decides and writes."
    )
    assert against == (
        "a_int8.tflite (litert): int8 is 2.00 times as fast as float (95 % interval 2.00 to 2.00), "
        "40.0 µs against 80.0 µs."
    )


def test_a_fast_one_that_loses_too_much_is_named_but_not_recommended(row: Callable[..., Row]) -> None:
    first, *_ = _advise(
        row("a_none.tflite", quantization="none", invoke_ns=80_000), row("a_int8.tflite", wrong=1, invoke_ns=40_000)
    )

    assert first.startswith("Use a_none.tflite (litert)")
    assert "it is the float artifact itself" in first
    assert first.endswith("a_int8.tflite (litert) is faster but loses 10.00 points.")


def test_slow_int8_is_said_plainly(row: Callable[..., Row]) -> None:
    *_, against = _advise(
        row("a_none.tflite", quantization="none", invoke_ns=40_000), row("a_int8.tflite", invoke_ns=60_000)
    )

    assert against == (
        "a_int8.tflite (litert): int8 is SLOWER than float here, 0.67 times as fast (95 % interval 0.67 to 0.67), "
        "60.0 µs against 40.0 µs: on this runtime use a_none.tflite."
    )


def test_small_differences_are_called_none(row: Callable[..., Row]) -> None:
    first, _, against = _advise(
        row("a_none.tflite", quantization="none", invoke_ns=41_000), row("a_int8.tflite", invoke_ns=40_000)
    )

    assert first.endswith("As fast within 5% or the noise: a_none.tflite (litert).")
    assert "not significantly faster than float here" in against


def test_a_difference_within_the_noise_is_called_none_however_large(row: Callable[..., Row]) -> None:
    reference = row("a_none.tflite", quantization="none", invoke_ns=60_000)
    ours = row("a_int8.tflite", invoke_ns=40_000)
    ours["invoke"]["repeat_medians_ns"] = (20_000, 80_000)

    first, *_, against = _advise(reference, ours)

    assert first.endswith("As fast within 5% or the noise: a_none.tflite (litert).")
    assert "not significantly faster than float here, 1.50 times as fast (95 % interval 0.00 to" in against


def test_a_throttled_row_is_not_recommended(row: Callable[..., Row]) -> None:
    reference = row("a_none.tflite", quantization="none", invoke_ns=80_000)
    ours = row("a_int8.tflite", invoke_ns=40_000)
    ours["invalid"] = "the board was slowed down (throttled)"

    assert _advise(reference, ours)[0].startswith("Use a_none.tflite (litert) on this machine")


def test_without_opencv_the_cost_of_a_frame_is_not_known(row: Callable[..., Row]) -> None:
    sentences = _advise(row("a.tflite", frame_to_decision_ns=[], end_to_end_ns=[], stage_median_ns={}))

    assert sentences[1].startswith("What a frame costs besides the network isn't known")


def test_int8_is_only_compared_with_float_on_the_same_runtime(row: Callable[..., Row]) -> None:
    sentences = _advise(
        row("a_none.onnx", runtime="onnxruntime", quantization="none", invoke_ns=90_000), row("a_int8.tflite")
    )

    assert len(sentences) == 2


def test_without_a_float_artifact_the_loss_is_not_known(row: Callable[..., Row]) -> None:
    first, *_ = _advise(row("a_int8.tflite"), row("b_int8.tflite", invoke_ns=30_000))

    assert first.startswith("Fastest here: b_int8.tflite (litert), 30.0 µs an image")
    assert "What it loses isn't known" in first


def test_rows_that_cannot_be_judged_are_counted(row: Callable[..., Row]) -> None:
    sentences = _advise(row("a_none.tflite", quantization="none"), row("b_int8.tflite", source_sha256="99" * 32))

    assert sentences[-1] == "1 more can't be judged: their float artifact wasn't given."


def test_a_fast_network_that_is_poor_to_begin_with_is_not_recommended(row: Callable[..., Row]) -> None:
    first, _, other = _advise(
        row("poor.tflite", quantization="none", source_sha256="99" * 32, wrong=4, invoke_ns=2_000),
        row("good.tflite", quantization="none", wrong=1),
    )

    assert first.startswith("Use good.tflite (litert) on this machine: the fastest of 1")
    assert other.startswith("Of another, less accurate network: poor.tflite (litert), 2.0 µs an image, 60.00% right")


def test_nothing_measured(row: Callable[..., Row]) -> None:
    assert _advise(row("a.tflite", reason="crashed")) == ["Nothing could be measured: the status of each row says why."]
