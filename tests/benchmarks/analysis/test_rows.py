from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.analysis.row import Row, known
from benchmarks.analysis.rows import float_reference, loss_pp, make_rows, measured_row, without_common_machine
from benchmarks.host.machine_state import MachineState, StatePair
from benchmarks.measure.job import FAILED, NOT_TIMED, OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from edge.artifact.file import Artifact
from edge.artifact.spec import FASHION_MNIST_LABELS

LABELS = list(range(10))
CALM = MachineState()
UNTIMED: dict[str, Any] = {
    "model_ns": [], "frame_to_decision_ns": [], "end_to_end_ns": [], "stage_median_ns": {}, "memory_peak_bytes": None,
}  # fmt: skip
Make = Callable[..., Row]


def test_a_row_holds_summaries_and_the_raw_values(row: Make) -> None:
    made = row("a_int8.tflite", wrong=2, invoke_ns=41_000)

    assert (made.id, made.status, made.size_bytes) == ("a_int8.tflite @ litert", OK, 250_000)
    assert (made.right, made.top1_accuracy) == (8, 0.8)
    invoke = asdict(known(made.invoke))
    stability = invoke.pop("stability")
    assert invoke == {
        "samples": 1000, "median_ns": 41_000, "p90_ns": 41_000, "p95_ns": 41_000, "p99_ns": 41_000, "mean_ns": 41_000,
        "standard_deviation_ns": 0, "iqr_ns": 0, "minimum_ns": 41_000, "maximum_ns": 41_000,
        "repeat_medians_ns": (41_000, 41_000),
    }  # fmt: skip
    assert (stability["verdict"], "0%" in stability["reason"]) == ("steady", True)
    assert known(made.model).median_ns == 46_000
    assert (known(made.frame_to_decision).samples, known(made.frame_to_decision).p99_ns) == (100, None)
    assert known(made.end_to_end).p90_ns == 1_500_000
    assert known(made.stability).verdict == "steady"
    raw = known(made.raw)
    assert [len(repeat) for repeat in raw.invoke_ns] == [500, 500]
    assert raw.load_ns == [20_000_000, 20_000_000]
    assert made.predictions == raw.predictions == [9, 8, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_row_without_opencv_lacks_frames_and_stages(row: Make) -> None:
    made = row("a.tflite", frame_to_decision_ns=[], end_to_end_ns=[], stage_median_ns={})

    assert (made.frame_to_decision, made.end_to_end, made.stage_median_ns) == (None, None, None)
    assert made.status == OK


def test_an_emulated_row_has_predictions_and_no_times(row: Make) -> None:
    made = row("a.tflite", wrong=1, load_ns=None, first_invoke_ns=None, invoke_ns=None, **UNTIMED)

    assert (made.status, made.top1_accuracy, made.invoke, made.load_ns) == (NOT_TIMED, 0.9, None, None)
    with pytest.raises(ValueError, match="None"):
        assert made.invoke_median_ns


def test_a_throttled_row_keeps_its_numbers_and_is_invalid(measurement: Callable[..., Measurement]) -> None:
    artifact = Artifact(Path("/a.tflite"), "tflite", "cd" * 32, 1000, None)
    trial = Trial(Outcome(OK, measurement=measurement()), CALM, replace(CALM, throttle_bits=0x4))

    made = measured_row(Variant("a.tflite", artifact.path, artifact, "litert"), [trial], LABELS)

    assert "throttled" in made.invalid
    assert (made.status, made.invoke_median_ns) == (OK, 40_000)
    assert made.states == (StatePair(CALM, replace(CALM, throttle_bits=4)),)


def test_loss_and_agreement_are_against_the_float_row(row: Make, compared: Callable[..., list[Row]]) -> None:
    reference, ours, alone, _ = compared(
        [
            row("a_none.tflite", quantization="none", wrong=1),
            row("a_int8.tflite", wrong=3),
            row("b_int8.tflite", source_sha256="99" * 32),
            row("c.tflite", reason="crashed"),
        ]
    )

    assert (ours.reference, ours.loss_pp, ours.top1_agreement) == ("a_none.tflite @ litert", 20.0, 0.8)
    assert (reference.reference, reference.loss_pp, reference.top1_agreement) == (reference.id, 0.0, 1.0)
    assert (alone.reference, alone.loss_pp, alone.top1_agreement) == (None, None, None)


def test_speed_is_compared_with_float_on_the_same_runtime(row: Make, compared: Callable[..., list[Row]]) -> None:
    reference, ours, elsewhere = compared(
        [
            row("a_none.tflite", quantization="none", invoke_ns=80_000),
            row("a_int8.tflite", invoke_ns=40_000),
            row("a_int8.tflite", runtime="tflite-runtime", invoke_ns=40_000),
        ]
    )

    speedup = known(ours.speedup)
    assert (speedup.value, speedup.is_significant) == (pytest.approx(2.0), True)
    assert elsewhere.speedup is reference.speedup is None


def test_a_variant_without_a_turn_before_ctrl_c_is_a_failed_row(measurement: Callable[..., Measurement]) -> None:
    artifact = Artifact(Path("/a.tflite"), "tflite", "cd" * 32, 1000, None)
    variants = [Variant(name, Path(f"/{name}"), artifact, "litert") for name in ("a.tflite", "b.tflite")]
    trials = [[Trial(Outcome(OK, measurement=measurement()), CALM, CALM)], []]

    rows = make_rows(variants, trials, LABELS, FASHION_MNIST_LABELS, margin_pp=0.5)

    assert [(made.status, made.repeats) for made in rows] == [(OK, 1), (FAILED, 0)]
    assert "interrupted" in rows[1].reason


def test_a_machine_that_all_rows_share_is_not_named_behind_each(row: Make) -> None:
    pi, host = (replace(row("a.tflite"), machine=name, variant=f"a.tflite on {name}") for name in ("Pi", "host"))

    assert [made.variant for made in without_common_machine([pi])] == ["a.tflite"]
    assert [made.variant for made in without_common_machine([pi, host])] == ["a.tflite on Pi", "a.tflite on host"]
    assert [made.variant for made in without_common_machine([row("b.tflite")])] == ["b.tflite"]


@pytest.mark.parametrize(
    ("right", "reference_right", "images", "expected"),
    [(9100, 9150, 10_000, 0.5), (9160, 9150, 10_000, -0.1), (7, 7, 10, 0.0), (0, 10, 10, 100.0)],
)
def test_loss_is_exact_percentage_points(right: int, reference_right: int, images: int, expected: float) -> None:
    assert loss_pp(right, reference_right=reference_right, images=images) == expected


def test_the_reference_is_the_float_artifact_of_the_same_source_format_and_runtime(row: Make) -> None:
    onnx = row("none.onnx", runtime="onnxruntime", quantization="none")
    lite = row("none.tflite", runtime="litert", quantization="none")
    older = row("none.tflite", runtime="tflite-runtime", quantization="none")
    other = row("other.tflite", quantization="none", source_sha256="ff" * 32)
    ours = row("int8.tflite", runtime="tflite-runtime")

    assert float_reference(ours, [other, onnx, lite, older, ours]) is older
    assert float_reference(ours, [other, onnx, lite, ours]) is lite
    assert float_reference(ours, [other, onnx, ours]) is onnx
    assert float_reference(ours, [other, ours]) is None
    assert float_reference(lite, [onnx, lite]) is lite


def test_the_reference_is_of_the_same_machine(row: Make) -> None:
    pi = replace(row("none.tflite", quantization="none"), machine="Pi")

    assert float_reference(replace(row("int8.tflite"), machine="host"), [pi]) is None
    assert float_reference(replace(row("int8.tflite"), machine="Pi"), [pi]) is pi


def test_no_reference_without_a_known_source_or_a_measured_row(row: Make) -> None:
    nameless = row("none.tflite", quantization="none", source_sha256="")
    failed = replace(row("none.tflite", reason="crashed"), quantization="none", source_sha256="ab" * 32)

    assert float_reference(nameless, [nameless]) is None
    assert float_reference(row("int8.tflite"), [failed]) is None


def test_a_reference_gives_its_origin_to_files_that_name_none(measurement: Callable[..., Measurement]) -> None:
    named = {"theirs.tflite": "", "theirs_int8.tflite": "", "ours.tflite": "ab" * 32}
    variants = [
        Variant(name, Path(f"/m/{name}"), Artifact(Path(f"/m/{name}"), "tflite", f"{place}" * 64, 9, None), "litert")
        for place, name in enumerate(named)
    ]
    modes = ("none", "int8", "int8")
    trials = [
        [Trial(Outcome(OK, measurement=measurement(source_sha256=source, quantization=mode)), CALM, CALM)]
        for source, mode in zip(named.values(), modes, strict=True)
    ]

    def rows(reference: str | None) -> list[Row]:
        return make_rows(variants, trials, LABELS, FASHION_MNIST_LABELS, margin_pp=0.5, reference_sha256=reference)

    assert [row.reference for row in rows(None)] == [None, None, None]
    theirs, int8, ours = rows("0" * 64)
    assert (theirs.source_sha256, int8.source_sha256, ours.source_sha256) == ("0" * 64, "0" * 64, "ab" * 32)
    assert (int8.reference, ours.reference) == ("theirs.tflite @ litert", None)
    assert known(int8.against_float).loss_pp == 0
