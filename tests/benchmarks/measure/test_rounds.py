"""Tasks of variants, measured in rounds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.config import BenchmarkConfig
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.job import FAILED, OK, Job, JobPhotograph, Outcome
from benchmarks.measure.rounds import RowInputs, Schedule, Task, is_complete, measure_in_rounds, variant_tasks
from benchmarks.measure.variants import Variant
from edge.artifact.file import Artifact

_QUIET: dict[str, Any] = {"read": MachineState, "clock": iter(range(10_000)).__next__}


def _recorder(log: list[str], name: str, status: str = OK) -> Task[Outcome]:
    def run(number: int) -> Outcome:
        log.append(f"{name}{number}")
        return Outcome(status, "" if status == OK else "broken")

    return Task(name, run)


def test_every_task_runs_once_a_round_in_another_order() -> None:
    log: list[str] = []

    trials = measure_in_rounds([_recorder(log, name) for name in "abcdef"], Schedule(5, 0), **_QUIET)

    rounds = [log[start : start + 6] for start in range(0, 30, 6)]
    assert [sorted(entries) for entries in rounds] == [[f"{name}{number}" for name in "abcdef"] for number in range(5)]
    assert len({"".join(entry[0] for entry in entries) for entries in rounds}) == 5
    assert [len(found) for found in trials] == [5] * 6


def test_the_seed_fixes_the_order() -> None:
    logs: list[list[str]] = [[], [], []]
    for log, seed in zip(logs, (1, 1, 2), strict=True):
        measure_in_rounds([_recorder(log, name) for name in "abcdef"], Schedule(2, seed), **_QUIET)

    assert logs[0] == logs[1] != logs[2]


def test_a_failed_task_is_not_repeated() -> None:
    log: list[str] = []

    trials = measure_in_rounds([_recorder(log, "a"), _recorder(log, "b", FAILED)], Schedule(3, 0), **_QUIET)

    assert sorted(log) == ["a0", "a1", "a2", "b0"]
    assert [trial.outcome.reason for trial in trials[1]] == ["broken"]


def test_the_state_is_read_before_and_after() -> None:
    events: list[str] = []

    def read() -> MachineState:
        events.append("state")
        return MachineState(clock_mhz=len(events))

    ((trial,),) = measure_in_rounds([_recorder(events, "a")], Schedule(1, 0), read=read, clock=iter(range(10)).__next__)

    assert events == ["state", "a0", "state"]
    assert (trial.before, trial.after) == (MachineState(clock_mhz=1), MachineState(clock_mhz=3))


def test_ctrl_c_keeps_what_was_measured(caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []

    def interrupt(number: int) -> Outcome:
        if number == 1:
            raise KeyboardInterrupt
        return Outcome(OK)

    with caplog.at_level(logging.WARNING, logger="benchmarks"):
        trials = measure_in_rounds([_recorder(log, "a"), Task("b", interrupt)], Schedule(3, 0), **_QUIET)

    assert len(trials[1]) == 1
    assert 1 <= len(trials[0]) <= 2
    assert "interrupted" in caplog.text


@pytest.mark.parametrize(("seconds_a_task", "left"), [(10, "about 50 s left"), (60, "about 5 min left")])
def test_the_remaining_time_is_logged(seconds_a_task: float, left: str, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]

    def run(_number: int) -> Outcome:
        now[0] += seconds_a_task
        return Outcome(OK)

    clock: Callable[[], float] = lambda: now[0]  # noqa: E731
    with caplog.at_level(logging.INFO, logger="benchmarks"):
        measure_in_rounds([Task("a", run), Task("b", run)], Schedule(3, 0), read=MachineState, clock=clock)

    assert f"[round 1 of 3, {left}]" in caplog.messages[0]
    assert "about 0 s left" in caplog.messages[-1]


def test_progress_is_reported_before_each_turn() -> None:
    told: list[tuple[int, int]] = []

    measure_in_rounds(
        [_recorder([], "a"), _recorder([], "b", FAILED)], Schedule(2, 0),
        note=lambda _name, done, left: told.append((done, left)), **_QUIET,
    )  # fmt: skip

    assert told[0] == (0, 4)
    assert told[-1] == (2, 1)  # b failed in its first turn and has no second
    assert len(told) == 3


def test_ctrl_c_keeps_what_was_measured_and_is_not_complete() -> None:
    turns = 0

    def run(_number: int) -> Outcome:
        nonlocal turns
        turns += 1
        if turns == 4:
            raise KeyboardInterrupt
        return Outcome(OK)

    trials = measure_in_rounds([Task("a", run), Task("b", run)], Schedule(3, 0), **_QUIET)

    assert sum(map(len, trials)) == 3
    assert not is_complete(trials, repeats=3)
    assert is_complete(measure_in_rounds([_recorder([], "a", FAILED)], Schedule(3, 0), **_QUIET), repeats=3)


@pytest.mark.parametrize(("enough_after", "rounds"), [(2, 3), (4, 4), (9, 6)])
def test_rounds_go_on_until_they_converge_or_reach_the_maximum(enough_after: int, rounds: int) -> None:
    log: list[str] = []

    trials = measure_in_rounds(
        [_recorder(log, "a"), _recorder(log, "b", FAILED)], Schedule(3, 0, most=6),
        is_enough=lambda trials: len(trials[0]) >= enough_after, **_QUIET,
    )  # fmt: skip

    assert [len(found) for found in trials] == [rounds, 1]
    assert is_complete(trials, repeats=3)


ARTIFACT = Artifact(Path("/a.tflite"), "tflite", "cd" * 32, 1000, None)
PHOTOGRAPHS = (JobPhotograph("/a.jpg", right=(1,), label=1),)
INPUTS = RowInputs("/images.npy", "/frames.npy", photographs=PHOTOGRAPHS)


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
    first, broken, _ = variant_tasks(variants, config, inputs=INPUTS, run=_run(jobs))

    assert (first.name, broken.name) == ("a.tflite @ litert", "b.png")
    assert broken.run(0) == Outcome(FAILED, "no model")
    assert first.run(0) == first.run(1) == Outcome(OK)
    assert [(job.runtime, job.threads, timeout_s) for job, timeout_s in jobs] == [("litert", 3, 7)] * 2
    assert [(job.wants_predictions, job.loadgen_s) for job, _ in jobs] == [(True, 2), (False, 0)]
    assert {(job.images_file, job.frames_file, job.photographs) for job, _ in jobs} == {
        ("/images.npy", "/frames.npy", PHOTOGRAPHS)
    }


def test_an_emulated_processor_times_nothing() -> None:
    jobs: list[tuple[Job, float]] = []
    variants = [Variant("a.tflite", ARTIFACT.path, ARTIFACT, "litert")]

    (task,) = variant_tasks(variants, BenchmarkConfig(loadgen_s=2), inputs=INPUTS, is_timed=False, run=_run(jobs))
    task.run(0)

    assert (jobs[0][0].is_timed, jobs[0][0].loadgen_s, jobs[0][0].wants_predictions) == (False, 0.0, True)
