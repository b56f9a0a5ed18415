from pathlib import Path
from typing import Any

from benchmarks.config import BenchmarkConfig
from benchmarks.measure.job import FAILED, OK, Job, Outcome
from benchmarks.measure.run import variant_tasks
from benchmarks.measure.variants import Variant
from edge.artifact.file import Artifact

ARTIFACT = Artifact(Path("/a.tflite"), "tflite", "cd" * 32, 1000, None)
FILES = ("/images.npy", "/frames.npy")


def _run(jobs: list[tuple[Job, float]]) -> Any:
    def run(job: Job, *, timeout_s: float) -> Outcome:
        jobs.append((job, timeout_s))
        return Outcome(OK)

    return run


def test_one_task_a_variant_that_runs_its_job() -> None:
    jobs: list[tuple[Job, float]] = []
    variants = [
        Variant("a.tflite", ARTIFACT.path, ARTIFACT, "litert"),
        Variant("b.png", Path("/b.png"), None, "", "no model"),
        Variant("a.tflite", ARTIFACT.path, ARTIFACT, "tflite-runtime"),
    ]

    config = BenchmarkConfig(threads=3, timeout_s=7, loadgen_s=2)
    first, broken, _ = variant_tasks(variants, config, input_files=FILES, run=_run(jobs))

    assert (first.name, broken.name) == ("a.tflite @ litert", "b.png")
    assert broken.run(0) == Outcome(FAILED, "no model")
    assert first.run(0) == first.run(1) == Outcome(OK)
    assert [(job.runtime, job.threads, timeout_s) for job, timeout_s in jobs] == [("litert", 3, 7)] * 2
    assert [(job.wants_predictions, job.loadgen_s) for job, _ in jobs] == [(True, 2), (False, 0)]


def test_an_emulated_processor_times_nothing() -> None:
    jobs: list[tuple[Job, float]] = []
    variants = [Variant("a.tflite", ARTIFACT.path, ARTIFACT, "litert")]

    (task,) = variant_tasks(variants, BenchmarkConfig(loadgen_s=2), input_files=FILES, is_timed=False, run=_run(jobs))
    task.run(0)

    assert (jobs[0][0].is_timed, jobs[0][0].loadgen_s, jobs[0][0].wants_predictions) == (False, 0.0, True)
