import logging
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.measure.job import FAILED, OK, Outcome
from benchmarks.measure.rounds import Task, is_complete, measure_in_rounds

_QUIET: dict[str, Any] = {"read": dict, "clock": iter(range(10_000)).__next__}


def _recorder(log: list[str], name: str, status: str = OK) -> Task[Outcome]:
    def run(number: int) -> Outcome:
        log.append(f"{name}{number}")
        return Outcome(status, "" if status == OK else "broken")

    return Task(name, run)


def test_every_task_runs_once_a_round_in_another_order() -> None:
    log: list[str] = []

    trials = measure_in_rounds([_recorder(log, name) for name in "abcdef"], repeats=5, seed=0, **_QUIET)

    rounds = [log[start : start + 6] for start in range(0, 30, 6)]
    assert [sorted(entries) for entries in rounds] == [[f"{name}{number}" for name in "abcdef"] for number in range(5)]
    assert len({"".join(entry[0] for entry in entries) for entries in rounds}) == 5
    assert [len(found) for found in trials] == [5] * 6


def test_the_seed_fixes_the_order() -> None:
    logs: list[list[str]] = [[], [], []]
    for log, seed in zip(logs, (1, 1, 2), strict=True):
        measure_in_rounds([_recorder(log, name) for name in "abcdef"], repeats=2, seed=seed, **_QUIET)

    assert logs[0] == logs[1] != logs[2]


def test_what_fails_is_not_tried_again() -> None:
    log: list[str] = []

    trials = measure_in_rounds([_recorder(log, "a"), _recorder(log, "b", FAILED)], repeats=3, seed=0, **_QUIET)

    assert sorted(log) == ["a0", "a1", "a2", "b0"]
    assert [trial.outcome.reason for trial in trials[1]] == ["broken"]


def test_the_state_is_read_before_and_after() -> None:
    events: list[str] = []

    def read() -> dict[str, Any]:
        events.append("state")
        return {"reading": len(events)}

    ((trial,),) = measure_in_rounds(
        [_recorder(events, "a")], repeats=1, seed=0, read=read, clock=iter(range(10)).__next__
    )

    assert events == ["state", "a0", "state"]
    assert (trial.before, trial.after) == ({"reading": 1}, {"reading": 3})


def test_ctrl_c_keeps_what_was_measured(caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []

    def interrupt(number: int) -> Outcome:
        if number == 1:
            raise KeyboardInterrupt
        return Outcome(OK)

    with caplog.at_level(logging.WARNING, logger="benchmarks"):
        trials = measure_in_rounds([_recorder(log, "a"), Task("b", interrupt)], repeats=3, seed=0, **_QUIET)

    assert len(trials[1]) == 1
    assert 1 <= len(trials[0]) <= 2
    assert "interrupted" in caplog.text


@pytest.mark.parametrize(("seconds_a_task", "left"), [(10, "about 50 s left"), (60, "about 5 min left")])
def test_the_time_that_is_left(seconds_a_task: float, left: str, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]

    def run(_number: int) -> Outcome:
        now[0] += seconds_a_task
        return Outcome(OK)

    clock: Callable[[], float] = lambda: now[0]  # noqa: E731
    with caplog.at_level(logging.INFO, logger="benchmarks"):
        measure_in_rounds([Task("a", run), Task("b", run)], repeats=3, seed=0, read=dict, clock=clock)

    assert f"[round 1 of 3, {left}]" in caplog.messages[0]
    assert "about 0 s left" in caplog.messages[-1]


def test_who_watches_is_told_before_each_turn_how_many_are_left() -> None:
    told: list[tuple[int, int]] = []

    measure_in_rounds(
        [_recorder([], "a"), _recorder([], "b", FAILED)], repeats=2, seed=0,
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

    trials = measure_in_rounds([Task("a", run), Task("b", run)], repeats=3, seed=0, **_QUIET)

    assert sum(map(len, trials)) == 3
    assert not is_complete(trials, repeats=3)
    assert is_complete(measure_in_rounds([_recorder([], "a", FAILED)], repeats=3, seed=0, **_QUIET), repeats=3)


@pytest.mark.parametrize(("enough_after", "rounds"), [(2, 3), (4, 4), (9, 6)])
def test_rounds_go_on_until_it_is_enough_but_not_for_ever(enough_after: int, rounds: int) -> None:
    log: list[str] = []

    trials = measure_in_rounds(
        [_recorder(log, "a"), _recorder(log, "b", FAILED)], repeats=3, most=6, seed=0,
        is_enough=lambda trials: len(trials[0]) >= enough_after, **_QUIET,
    )  # fmt: skip

    assert [len(found) for found in trials] == [rounds, 1]
    assert is_complete(trials, repeats=3)
