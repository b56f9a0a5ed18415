"""Measurement in rounds: each task once a round, the order shuffled anew in each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Generic, Protocol, TypeVar

from benchmarks.config import BenchmarkConfig
from benchmarks.host.machine_state import MachineState, read_state
from benchmarks.measure.child_process import run_job
from benchmarks.measure.job import FAILED, OK, Job, JobPhotograph, Outcome
from benchmarks.measure.variants import Variant
from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import FASHION_MNIST_LABELS

_LOGGER = logging.getLogger(__name__)


class Ended(Protocol):
    """End of an attempt."""

    @property
    def status(self) -> str:
        """OK, or the kind of failure."""

    @property
    def reason(self) -> str:
        """One sentence; empty if all went well."""


_Outcome = TypeVar("_Outcome", bound=Ended)


@dataclass(frozen=True, slots=True)
class Task(Generic[_Outcome]):
    """Something to be measured once a round, in a process of its own."""

    name: str
    run: Callable[[int], _Outcome]
    """Number of the round, from 0 -> how it ended."""


@dataclass(frozen=True, slots=True)
class Trial(Generic[_Outcome]):
    """One attempt, and the state of the machine around it."""

    outcome: _Outcome
    before: MachineState
    after: MachineState


@dataclass(frozen=True, slots=True)
class Schedule:
    """Number and order of the rounds."""

    repeats: int
    """Rounds, at least."""
    seed: int
    most: int = 0
    """Rounds at most, while the medians aren't known."""


def measure_in_rounds(
    tasks: Sequence[Task[_Outcome]],
    schedule: Schedule,
    *,
    is_enough: Callable[[Sequence[Sequence[Trial[_Outcome]]]], bool] = lambda _trials: True,
    note: Callable[[str, int, int], None] = lambda *_: None,
    read: Callable[[], MachineState] = read_state,
    clock: Callable[[], float] = time.monotonic,
) -> list[list[Trial[_Outcome]]]:
    """Run every task once a round, so that what changes with time (heat, other programs) meets all of them alike.

    Returns the trials of each task in order. A task that fails isn't tried again, and Ctrl-C ends the measurement.
    """
    trials: list[list[Trial[_Outcome]]] = [[] for _ in tasks]
    started, done, repeats = clock(), 0, schedule.repeats
    try:
        for number in range(max(repeats, schedule.most)):
            if number >= repeats and is_enough(trials):
                break
            asked = max(repeats, number + 1)
            for index in _order(len(tasks), number, schedule.seed):
                if trials[index] and trials[index][-1].outcome.status != OK:
                    continue
                note(tasks[index].name, done, sum(_still_to_do(found, asked) for found in trials))
                before = read()
                outcome = tasks[index].run(number)
                trials[index].append(Trial(outcome, before, read()))
                done += 1
                left = sum(_still_to_do(found, asked) for found in trials)
                _log_progress(tasks[index].name, outcome, number + 1, asked, left * (clock() - started) / done)
    except KeyboardInterrupt:
        _LOGGER.warning("interrupted: the report holds what was measured until now")
    return trials


def is_complete(trials: Sequence[Sequence[Trial[_Outcome]]], *, repeats: int) -> bool:
    """Return True if every task had all its turns or failed; False after Ctrl-C."""
    return not any(_still_to_do(found, repeats) for found in trials)


def _order(count: int, number: int, seed: int) -> list[int]:
    order = list(range(count))
    Random(f"{seed}/{number}").shuffle(order)  # noqa: S311  # an order, not a secret
    return order


def _still_to_do(trials: Sequence[Trial[_Outcome]], repeats: int) -> int:
    return max(repeats - len(trials), 0) if not trials or trials[-1].outcome.status == OK else 0


def _log_progress(name: str, outcome: Ended, number: int, repeats: int, left_s: float) -> None:
    left = f"about {left_s / 60:.0f} min left" if left_s >= 90 else f"about {left_s:.0f} s left"
    how = "" if outcome.status == OK else f": {outcome.status}: {outcome.reason}"
    _LOGGER.info("[round %d of %d, %s] %s%s", number, repeats, left, name, how)


@dataclass(frozen=True, slots=True)
class RowInputs:
    """Inputs of the rows, as `benchmarks.measure.job.Job` holds them."""

    images_file: str
    frames_file: str
    class_names: tuple[str, ...] = FASHION_MNIST_LABELS
    photographs: tuple[JobPhotograph, ...] = ()
    options: ModelOptions = field(default_factory=ModelOptions)


def variant_tasks(
    variants: Sequence[Variant],
    config: BenchmarkConfig,
    *,
    inputs: RowInputs,
    is_timed: bool = True,
    run: Callable[..., Outcome] = run_job,
) -> list[Task[Outcome]]:
    """Return one task a variant, in the same order; nothing is timed on an emulated processor."""

    def attempt(variant: Variant, number: int) -> Outcome:
        if variant.artifact is None:
            return Outcome(FAILED, variant.reason)
        return run(make_job(variant, config, inputs, number=number, is_timed=is_timed), timeout_s=config.timeout_s)

    return [Task(variant.row_id, partial(attempt, variant)) for variant in variants]


def make_job(
    variant: Variant, config: BenchmarkConfig, inputs: RowInputs, *, number: int = 0, is_timed: bool = True
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
        images_file=inputs.images_file,
        frames_file=inputs.frames_file,
        is_timed=is_timed,
        wants_predictions=number == 0,
        loadgen_s=config.loadgen_s if number == 0 and is_timed else 0.0,
        class_names=inputs.class_names,
        photographs=inputs.photographs,
        options=inputs.options,
    )
