from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.analysis.accuracy_findings import loss_sentence
from benchmarks.analysis.recommendation import agreement_sentence, key_rows, recommend, recommended
from benchmarks.analysis.row import Row, known
from benchmarks.measure.job import KernelAgreement, RuntimeSettings
from benchmarks.stats.latency import judge

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

    first, why, accuracy, stages, against = recommend(rows)

    assert recommended(rows) is rows[1]
    assert first.startswith("Use a_int8.tflite")
    assert not _lacking(first, "40.0 µs", "90.00% right", "250 kB")
    assert not _lacking(why, "fastest of 2", "0.5 percentage points")
    assert "None of 1" in accuracy
    assert not _lacking(stages, "a_int8.tflite (litert)", "1.50 ms", "0.40 ms", "0.90 ms", "0.06 ms")
    assert not _lacking(against, "2.00 times as fast", "2.00 to 2.00", "40.0 µs against 80.0 µs")


def test_a_fast_one_that_loses_too_much_is_named_but_not_recommended(row: Make, compared: Compared) -> None:
    rows = compared(
        [row("a_none.tflite", quantization="none", invoke_ns=80_000), row("a_int8.tflite", wrong=1, invoke_ns=40_000)]
    )

    first, why, faster, *_ = recommend(rows)

    assert recommended(rows) is rows[0]
    assert first.startswith("Use a_none.tflite")
    assert "the float artifact itself" in why
    assert not _lacking(faster, "a_int8.tflite", "loses 10.00 points")


def test_slow_int8_is_reported_with_the_file_to_use_instead(row: Make, compared: Compared) -> None:
    *_, against = recommend(
        compared([row("a_none.tflite", quantization="none", invoke_ns=40_000), row("a_int8.tflite", invoke_ns=60_000)])
    )

    assert not _lacking(against, "SLOWER", "0.67 times", "0.67 to 0.67", "60.0 µs against 40.0 µs", "use a_none.tflite")


def test_differences_below_five_per_cent_are_called_none(row: Make, compared: Compared) -> None:
    first, _, equal, *_, against = recommend(
        compared([row("a_none.tflite", quantization="none", invoke_ns=41_000), row("a_int8.tflite", invoke_ns=40_000)])
    )

    assert first.startswith("Use a_int8.tflite")
    assert not _lacking(equal, "As fast within 5%", "a_none.tflite (litert)")
    assert "not significantly faster" in against


def test_a_difference_within_the_noise_is_called_none_however_large(row: Make, compared: Compared) -> None:
    reference = row("a_none.tflite", quantization="none", invoke_ns=60_000)
    ours = row("a_int8.tflite", invoke_ns=40_000)
    ours = replace(ours, invoke=replace(known(ours.invoke), repeat_medians_ns=(20_000, 80_000)))

    _, _, equal, *_, against = recommend(compared([reference, ours]))

    assert not _lacking(equal, "As fast within 5%", "a_none.tflite (litert)")
    assert not _lacking(against, "not significantly faster", "1.50 times", "interval 0.00 to")


def test_a_throttled_row_is_not_recommended(row: Make, compared: Compared) -> None:
    reference = row("a_none.tflite", quantization="none", invoke_ns=80_000)
    ours = replace(row("a_int8.tflite", invoke_ns=40_000), invalid="throttled")

    assert known(recommended(compared([reference, ours]))).variant == "a_none.tflite"


def test_without_opencv_the_cost_of_a_frame_is_not_known(row: Make) -> None:
    sentences = recommend([row("a.tflite", frame_to_decision_ns=[], end_to_end_ns=[], stage_median_ns={})])

    assert "OpenCV isn't installed" in sentences[-1]


def test_int8_is_only_compared_with_float_on_the_same_runtime(row: Make, compared: Compared) -> None:
    elsewhere = row("a_none.onnx", runtime="onnxruntime", quantization="none", invoke_ns=90_000)

    sentences = recommend(compared([elsewhere, row("a_int8.tflite")]))

    assert not any("int8 is" in sentence for sentence in sentences)


def test_without_a_float_artifact_the_loss_is_not_known(row: Make, compared: Compared) -> None:
    first, unknown, *_ = recommend(compared([row("a_int8.tflite"), row("b_int8.tflite", invoke_ns=30_000)]))

    assert not _lacking(first, "b_int8.tflite", "30.0 µs")
    assert not _lacking(unknown, "isn't known", "quantization none")


def test_rows_without_a_float_artifact_are_counted(row: Make, compared: Compared) -> None:
    rows = [row("a_none.tflite", quantization="none"), row("b_int8.tflite", source_sha256="99" * 32)]

    assert recommend(compared(rows))[-1].startswith("1 more can't be judged")


def test_a_fast_network_that_is_poor_to_begin_with_is_not_recommended(row: Make, compared: Compared) -> None:
    first, why, _, other = recommend(
        compared(
            [
                row("poor.tflite", quantization="none", source_sha256="99" * 32, wrong=4, invoke_ns=2_000),
                row("good.tflite", quantization="none", wrong=1),
            ]
        )
    )

    assert first.startswith("Use good.tflite (litert)")
    assert "fastest of 1" in why
    assert not _lacking(other, "less accurate network", "poor.tflite (litert)", "2.0 µs", "60.00% right")


def test_without_a_measured_row_nothing_is_recommended(row: Make) -> None:
    rows = [row("a.tflite", reason="crashed")]

    assert recommended(rows) is None
    assert [sentence.partition(":")[0] for sentence in recommend(rows)] == ["Nothing could be measured"]


def test_the_key_rows_are_the_recommended_one_its_float_row_and_what_could_be_taken_instead(
    row: Make, compared: Compared
) -> None:
    rows = compared(
        [
            *(row(f"slow{number}.tflite", invoke_ns=90_000 + number) for number in range(9)),
            row("a_none.tflite", quantization="none", wrong=1, invoke_ns=80_000),
            row("a_int8.tflite", wrong=1, invoke_ns=40_000),
            row("as_fast.tflite", wrong=1, invoke_ns=41_000),
            row("lossy.tflite", wrong=8, invoke_ns=10_000),
            row("other_none.tflite", quantization="none", source_sha256="9" * 64, wrong=3, invoke_ns=30_000),
            row("gone.tflite", reason="crashed"),
        ]
    )

    assert [found.variant for found in key_rows(rows)] == [
        "a_int8.tflite", "a_none.tflite", "lossy.tflite", "other_none.tflite", "as_fast.tflite", "slow0.tflite",
    ]  # fmt: skip
    assert key_rows(rows[-1:]) == []
    unknown = compared([row("b.tflite", source_sha256="", quantization=""), row("c.tflite", invoke_ns=20_000)])
    assert [found.variant for found in key_rows(unknown)] == ["c.tflite", "b.tflite"]


def test_files_that_predict_alike_on_two_machines_are_told_from_those_that_do_not(row: Make) -> None:
    int8 = replace(row("b.tflite"), sha256="b")
    machines = {"pi": [row("a.tflite"), int8], "host": [row("a.tflite"), replace(row("b.tflite", wrong=1), sha256="b")]}

    same, other = agreement_sentence(machines).split(". ")

    assert not _lacking(same, "same predictions", "a.tflite (litert)")
    assert not _lacking(other, "b.tflite (litert): 9 of 10")
    assert agreement_sentence({"pi": [int8]}) == ""


NOISY, DRIFTING = [30_000, 40_000, 50_000] * 100, list(range(30_000, 50_000, 40))


@pytest.mark.parametrize(("calls", "caveat"), [(NOISY, "noisy"), (DRIFTING, "drifting")])
def test_a_caveat_of_a_row_is_in_every_sentence_on_its_time(
    row: Make, compared: Compared, calls: list[int], caveat: str
) -> None:
    rows = compared(
        [
            row("a_none.tflite", quantization="none", invoke_ns=80_000),
            _unsteady(row("a_int8.tflite", invoke_ns=40_000), calls),
            _unsteady(row("b_int8.tflite", invoke_ns=40_500, end_to_end_ns=[2_500_000] * 50), calls),
            _unsteady(row("fast_int8.tflite", wrong=1, invoke_ns=10_000), calls),
            _unsteady(row("poor_none.tflite", quantization="none", source_sha256="9" * 64, wrong=4), calls),
        ]
    )

    sentences = recommend(rows)

    times = ("µs", "ms", "As fast", "is faster")
    timed = [sentence for sentence in sentences if any(word in sentence for word in times)]
    assert len(timed) == 8
    assert [sentence for sentence in timed if caveat not in sentence] == []
    assert [sentence for sentence in sentences if sentence not in timed and caveat in sentence] == []
    steady = recommend(compared([row("a_none.tflite", quantization="none"), row("a_int8.tflite", invoke_ns=20_000)]))
    assert [sentence for sentence in steady if caveat in sentence] == []


def _unsteady(made: Row, calls: list[int]) -> Row:
    stability = judge([calls])
    return replace(
        made, **{kind: replace(getattr(made, kind), stability=stability) for kind in ("invoke", "end_to_end")}
    )


def test_a_kernel_that_saturates_is_in_every_sentence_on_its_answers(row: Make, compared: Compared) -> None:
    settings = RuntimeSettings(garbage_collector="off", threads=1, processors=None, xnnpack=None, spinning=None,
                               variables={}, kernel_agreement=KernelAgreement(images=1000, same=991))  # fmt: skip
    ours = replace(row("a_int8.onnx", runtime="onnxruntime", wrong=1), runtime_settings=settings)
    rows = compared([row("a_none.onnx", runtime="onnxruntime", quantization="none", invoke_ns=80_000), ours])

    sentences = [*recommend(rows), loss_sentence(rows[1]), agreement_sentence({"pi": [rows[1]], "host": [rows[1]]})]

    named = [sentence for sentence in sentences if "a_int8.onnx" in sentence]
    assert len(named) == 5
    assert [sentence for sentence in named if "kernel saturates" not in sentence] == []
