"""Variants -> tasks that each measure one of them once: what a device does, without statistics or drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.config import BenchmarkConfig
from benchmarks.measure.child_process import run_job
from benchmarks.measure.job import FAILED, Job, Outcome
from benchmarks.measure.rounds import Task
from benchmarks.measure.variants import Variant


def variant_tasks(
    variants: Sequence[Variant],
    config: BenchmarkConfig,
    *,
    input_files: tuple[str, str],
    is_timed: bool = True,
    run: Callable[..., Outcome] = run_job,
) -> list[Task[Outcome]]:
    """Return one task a variant, in the same order.

    Args:
        variants: what to measure.
        config: how long.
        input_files: paths of the images' and the frames' .npy.
        is_timed: False on an emulated processor.
        run: runs a job in a process of its own.
    """

    def attempt(variant: Variant, number: int) -> Outcome:
        if variant.artifact is None:
            return Outcome(FAILED, variant.reason)
        return run(make_job(variant, config, input_files, number=number, is_timed=is_timed), timeout_s=config.timeout_s)

    return [Task(variant.row_id, partial(attempt, variant)) for variant in variants]


def make_job(
    variant: Variant, config: BenchmarkConfig, input_files: tuple[str, str], *, number: int = 0, is_timed: bool = True
) -> Job:
    """Return the job that measures a variant in a round; what doesn't change is asked for in the first one only."""
    return Job(
        artifact=str(variant.path),
        runtime=variant.runtime,
        threads=config.threads,
        runs=config.runs,
        frames=config.frames,
        warmup=config.warmup,
        warmup_s=config.warmup_s,
        images_file=input_files[0],
        frames_file=input_files[1],
        is_timed=is_timed,
        wants_predictions=number == 0,
        loadgen_s=config.loadgen_s if number == 0 and is_timed else 0.0,
    )
