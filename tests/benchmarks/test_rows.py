from collections.abc import Callable
from pathlib import Path

from benchmarks.config import BenchmarkConfig
from benchmarks.job import FAILED, OK, Job, Measurement, Outcome
from benchmarks.rows import Row, compare_with_float, measure_rows
from benchmarks.variants import Variant
from edge.artifact import Artifact


def test_a_row_holds_summaries_and_the_raw_values(row: Callable[..., Row]) -> None:
    found = row("a_int8.tflite", wrong=2, invoke_ns=41_000)

    assert (found["id"], found["status"], found["size_bytes"]) == ("a_int8.tflite @ litert", OK, 250_000)
    assert (found["right"], found["top1_accuracy"]) == (8, 0.8)
    assert found["invoke"] == {
        "samples": 500, "median_ns": 41_000, "p90_ns": 41_000, "p99_ns": 41_000, "iqr_ns": 0,
        "minimum_ns": 41_000, "maximum_ns": 41_000, "is_steady": True,
    }  # fmt: skip
    assert found["frame_to_decision"]["p99_ns"] is None
    assert len(found["raw"]["invoke_ns"]) == 500
    assert found["raw"]["predictions"] == [9, 8, 2, 3, 4, 5, 6, 7, 8, 9]


def test_loss_and_agreement_are_against_the_float_row(row: Callable[..., Row]) -> None:
    reference = row("a_none.tflite", quantization="none", wrong=1)
    ours, alone = row("a_int8.tflite", wrong=3), row("b_int8.tflite", source_sha256="99" * 32)

    compare_with_float([reference, ours, alone, row("c.tflite", reason="crashed")])

    assert (ours["reference"], ours["loss_pp"], ours["top1_agreement"]) == ("a_none.tflite @ litert", 20.0, 0.8)
    assert (reference["reference"], reference["loss_pp"], reference["top1_agreement"]) == (reference["id"], 0.0, 1.0)
    assert (alone["reference"], alone["loss_pp"], alone["top1_agreement"]) == (None, None, None)


def test_failed_and_measured_rows_have_the_same_keys(row: Callable[..., Row]) -> None:
    assert row("a.tflite").keys() == row("b.tflite", reason="crashed with signal 11").keys()


def test_one_failure_does_not_end_the_table(measurement: Callable[..., Measurement]) -> None:
    artifact = Artifact(Path("/a.tflite"), "tflite", "cd" * 32, 1000, None)
    jobs: list[tuple[Job, float]] = []

    def run(job: Job, *, timeout_s: float) -> Outcome:
        jobs.append((job, timeout_s))
        return Outcome(FAILED, "crashed with signal 11") if len(jobs) == 1 else Outcome(OK, measurement=measurement())

    rows = measure_rows(
        [
            Variant("a.tflite", artifact.path, artifact, "litert"),
            Variant("b.png", Path("/b.png"), None, "", "no model"),
            Variant("a.tflite", artifact.path, artifact, "tflite-runtime"),
        ],
        BenchmarkConfig(threads=3, timeout_s=7),
        labels=list(range(10)),
        input_files=("/images.npy", "/frames.npy"),
        run=run,
    )

    assert [(row["status"], row["reason"]) for row in rows] == [
        (FAILED, "crashed with signal 11"),
        (FAILED, "no model"),
        (OK, ""),
    ]
    assert [(job.runtime, job.threads, timeout_s) for job, timeout_s in jobs] == [
        ("litert", 3, 7),
        ("tflite-runtime", 3, 7),
    ]
