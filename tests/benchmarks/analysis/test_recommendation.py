from collections.abc import Callable
from dataclasses import replace

from benchmarks.analysis.recommendation import agreement_sentence, recommend, recommended
from benchmarks.analysis.row import Row, known

Make = Callable[..., Row]
Compared = Callable[..., list[Row]]


def _lacking(sentence: str, *facts: str) -> list[str]:
    return [fact for fact in facts if fact not in sentence]


def test_the_fastest_that_loses_little_is_recommended(row: Make, compared: Compared) -> None:
    rows = compared(
        [
            row("a_none.tflite", quantization="none", wrong=1, invoke_ns=80_000, size_bytes=971_000),
            row("a_int8.tflite", wrong=1, invoke_ns=40_000),
        ]
    )

    first, accuracy, stages, against = recommend(rows)

    assert recommended(rows) is rows[1]
    assert first.startswith("Use a_int8.tflite")
    assert not _lacking(first, "fastest of 2", "0.5 percentage points", "40.0 µs", "90.00% right", "250 kB")
    assert "None of 1" in accuracy
    assert not _lacking(stages, "a_int8.tflite (litert)", "1.50 ms", "0.40 ms", "0.90 ms", "0.06 ms")
    assert not _lacking(against, "2.00 times as fast", "2.00 to 2.00", "40.0 µs against 80.0 µs")


def test_a_fast_one_that_loses_too_much_is_named_but_not_recommended(row: Make, compared: Compared) -> None:
    rows = compared(
        [row("a_none.tflite", quantization="none", invoke_ns=80_000), row("a_int8.tflite", wrong=1, invoke_ns=40_000)]
    )

    first, *_ = recommend(rows)

    assert recommended(rows) is rows[0]
    assert not _lacking(first, "Use a_none.tflite", "the float artifact itself", "a_int8.tflite", "loses 10.00 points")


def test_slow_int8_is_reported_with_the_file_to_use_instead(row: Make, compared: Compared) -> None:
    *_, against = recommend(
        compared([row("a_none.tflite", quantization="none", invoke_ns=40_000), row("a_int8.tflite", invoke_ns=60_000)])
    )

    assert not _lacking(against, "SLOWER", "0.67 times", "0.67 to 0.67", "60.0 µs against 40.0 µs", "use a_none.tflite")


def test_differences_below_five_per_cent_are_called_none(row: Make, compared: Compared) -> None:
    first, *_, against = recommend(
        compared([row("a_none.tflite", quantization="none", invoke_ns=41_000), row("a_int8.tflite", invoke_ns=40_000)])
    )

    assert not _lacking(first, "Use a_int8.tflite", "As fast within 5%", "a_none.tflite (litert)")
    assert "not significantly faster" in against


def test_a_difference_within_the_noise_is_called_none_however_large(row: Make, compared: Compared) -> None:
    reference = row("a_none.tflite", quantization="none", invoke_ns=60_000)
    ours = row("a_int8.tflite", invoke_ns=40_000)
    ours = replace(ours, invoke=replace(known(ours.invoke), repeat_medians_ns=(20_000, 80_000)))

    first, *_, against = recommend(compared([reference, ours]))

    assert not _lacking(first, "As fast within 5%", "a_none.tflite (litert)")
    assert not _lacking(against, "not significantly faster", "1.50 times", "interval 0.00 to")


def test_a_throttled_row_is_not_recommended(row: Make, compared: Compared) -> None:
    reference = row("a_none.tflite", quantization="none", invoke_ns=80_000)
    ours = replace(row("a_int8.tflite", invoke_ns=40_000), invalid="throttled")

    assert known(recommended(compared([reference, ours]))).variant == "a_none.tflite"


def test_without_opencv_the_cost_of_a_frame_is_not_known(row: Make) -> None:
    sentences = recommend([row("a.tflite", frame_to_decision_ns=[], end_to_end_ns=[], stage_median_ns={})])

    assert "OpenCV isn't installed" in sentences[1]


def test_int8_is_only_compared_with_float_on_the_same_runtime(row: Make, compared: Compared) -> None:
    elsewhere = row("a_none.onnx", runtime="onnxruntime", quantization="none", invoke_ns=90_000)

    sentences = recommend(compared([elsewhere, row("a_int8.tflite")]))

    assert not any("int8 is" in sentence for sentence in sentences)


def test_without_a_float_artifact_the_loss_is_not_known(row: Make, compared: Compared) -> None:
    first, *_ = recommend(compared([row("a_int8.tflite"), row("b_int8.tflite", invoke_ns=30_000)]))

    assert not _lacking(first, "b_int8.tflite", "30.0 µs", "isn't known", "quantization none")


def test_rows_without_a_float_artifact_are_counted(row: Make, compared: Compared) -> None:
    rows = [row("a_none.tflite", quantization="none"), row("b_int8.tflite", source_sha256="99" * 32)]

    assert recommend(compared(rows))[-1].startswith("1 more can't be judged")


def test_a_fast_network_that_is_poor_to_begin_with_is_not_recommended(row: Make, compared: Compared) -> None:
    first, _, other = recommend(
        compared(
            [
                row("poor.tflite", quantization="none", source_sha256="99" * 32, wrong=4, invoke_ns=2_000),
                row("good.tflite", quantization="none", wrong=1),
            ]
        )
    )

    assert not _lacking(first, "Use good.tflite (litert)", "fastest of 1")
    assert not _lacking(other, "less accurate network", "poor.tflite (litert)", "2.0 µs", "60.00% right")


def test_without_a_measured_row_nothing_is_recommended(row: Make) -> None:
    rows = [row("a.tflite", reason="crashed")]

    assert recommended(rows) is None
    assert [sentence.partition(":")[0] for sentence in recommend(rows)] == ["Nothing could be measured"]


def test_files_that_predict_alike_on_two_machines_are_told_from_those_that_do_not(row: Make) -> None:
    int8 = replace(row("b.tflite"), sha256="b")
    machines = {"pi": [row("a.tflite"), int8], "host": [row("a.tflite"), replace(row("b.tflite", wrong=1), sha256="b")]}

    same, other = agreement_sentence(machines).split(". ")

    assert not _lacking(same, "same predictions", "a.tflite (litert)")
    assert not _lacking(other, "b.tflite (litert): 9 of 10")
    assert agreement_sentence({"pi": [int8]}) == ""
