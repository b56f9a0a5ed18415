from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.analysis.rows import Row, compare_with_float, make_row, make_rows, without_common_machine
from benchmarks.measure.job import FAILED, NOT_TIMED, OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from edge.artifact.file import Artifact

LABELS = list(range(10))
UNTIMED: dict[str, Any] = {
    "model_ns": [], "frame_to_decision_ns": [], "end_to_end_ns": [], "stage_median_ns": {}, "memory_peak_bytes": None,
}  # fmt: skip


def test_a_row_holds_summaries_and_the_raw_values(row: Callable[..., Row]) -> None:
    found = row("a_int8.tflite", wrong=2, invoke_ns=41_000)

    assert (found["id"], found["status"], found["size_bytes"]) == ("a_int8.tflite @ litert", OK, 250_000)
    assert (found["right"], found["top1_accuracy"]) == (8, 0.8)
    assert found["invoke"] == {
        "samples": 1000, "median_ns": 41_000, "p90_ns": 41_000, "p95_ns": 41_000, "p99_ns": 41_000, "mean_ns": 41_000,
        "standard_deviation_ns": 0, "iqr_ns": 0, "minimum_ns": 41_000, "maximum_ns": 41_000,
        "repeat_medians_ns": [41_000, 41_000],
        "stability": {"verdict": "steady", "reason": "the interval of the repeats' median is 0% wide"},
    }  # fmt: skip
    assert found["model"]["median_ns"] == 46_000
    assert (found["frame_to_decision"]["samples"], found["frame_to_decision"]["p99_ns"]) == (100, None)
    assert found["end_to_end"]["p90_ns"] == 1_500_000
    assert found["stability"]["verdict"] == "steady"
    assert [len(repeat) for repeat in found["raw"]["invoke_ns"]] == [500, 500]
    assert found["raw"]["load_ns"] == [20_000_000, 20_000_000]
    assert found["raw"]["predictions"] == [9, 8, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_row_without_opencv_lacks_what_needs_it(row: Callable[..., Row]) -> None:
    found = row("a.tflite", frame_to_decision_ns=[], end_to_end_ns=[], stage_median_ns={})

    assert (found["frame_to_decision"], found["end_to_end"], found["stage_median_ns"]) == (None, None, None)
    assert found["status"] == OK


def test_an_emulated_row_has_answers_and_no_times(row: Callable[..., Row]) -> None:
    found = row("a.tflite", wrong=1, load_ns=None, first_invoke_ns=None, invoke_ns=None, **UNTIMED)

    assert (found["status"], found["top1_accuracy"], found["invoke"], found["load_ns"]) == (NOT_TIMED, 0.9, None, None)


def test_a_throttled_row_keeps_its_numbers_and_is_invalid(measurement: Callable[..., Measurement]) -> None:
    calm = {"throttle_bits": 0, "governor": None, "temperature_c": None}
    artifact = Artifact(Path("/a.tflite"), "tflite", "cd" * 32, 1000, None)

    found = make_row(
        Variant("a.tflite", artifact.path, artifact, "litert"),
        [Outcome(OK, measurement=measurement())],
        LABELS,
        states=[(calm, calm | {"throttle_bits": 0x4})],
    )

    assert found["invalid"].startswith("the board was slowed down (throttled)")
    assert (found["status"], found["invoke"]["median_ns"]) == (OK, 40_000)
    assert found["states"][0]["after"]["throttle_bits"] == 4


def test_loss_and_agreement_are_against_the_float_row(row: Callable[..., Row]) -> None:
    reference = row("a_none.tflite", quantization="none", wrong=1)
    ours, alone = row("a_int8.tflite", wrong=3), row("b_int8.tflite", source_sha256="99" * 32)

    compare_with_float([reference, ours, alone, row("c.tflite", reason="crashed")])

    assert (ours["reference"], ours["loss_pp"], ours["top1_agreement"]) == ("a_none.tflite @ litert", 20.0, 0.8)
    assert (reference["reference"], reference["loss_pp"], reference["top1_agreement"]) == (reference["id"], 0.0, 1.0)
    assert (alone["reference"], alone["loss_pp"], alone["top1_agreement"]) == (None, None, None)


def test_failed_and_measured_rows_have_the_same_keys(row: Callable[..., Row]) -> None:
    assert row("a.tflite").keys() == row("b.tflite", reason="crashed with signal 11").keys()


def test_speed_is_compared_with_float_on_the_same_runtime(row: Callable[..., Row]) -> None:
    reference = row("a_none.tflite", quantization="none", invoke_ns=80_000)
    ours = row("a_int8.tflite", invoke_ns=40_000)
    elsewhere = row("a_int8.tflite", runtime="tflite-runtime", invoke_ns=40_000)

    compare_with_float([reference, ours, elsewhere])

    assert (ours["speedup"]["ratio"], ours["speedup"]["is_significant"]) == (pytest.approx(2.0), True)
    assert elsewhere["speedup"] is reference["speedup"] is None


def test_what_ctrl_c_left_out_is_a_failed_row(measurement: Callable[..., Measurement]) -> None:
    artifact = Artifact(Path("/a.tflite"), "tflite", "cd" * 32, 1000, None)
    variants = [Variant(name, Path(f"/{name}"), artifact, "litert") for name in ("a.tflite", "b.tflite")]
    calm = {"throttle_bits": None, "governor": None, "temperature_c": None}

    rows = make_rows(variants, [[Trial(Outcome(OK, measurement=measurement()), calm, calm)], []], LABELS)

    assert [(row["status"], row["repeats"]) for row in rows] == [(OK, 1), (FAILED, 0)]
    assert "interrupted" in rows[1]["reason"]


def test_a_machine_that_all_rows_share_is_not_named_behind_each(row: Callable[..., Row]) -> None:
    pi, host = (row("a.tflite") | {"machine": name, "variant": f"a.tflite on {name}"} for name in ("Pi", "host"))

    assert [found["variant"] for found in without_common_machine([pi])] == ["a.tflite"]
    assert [found["variant"] for found in without_common_machine([pi, host])] == ["a.tflite on Pi", "a.tflite on host"]
    assert [found["variant"] for found in without_common_machine([row("b.tflite")])] == ["b.tflite"]
