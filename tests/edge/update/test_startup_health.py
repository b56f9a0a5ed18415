"""Health of a run on a store: a model on trial, rolled back or refused."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, cast

from edge.health import Health
from edge.update import state as states
from edge.update.state import FailedModel, Model
from edge.update.store import Store
from tests.edge.update.conftest import MakeModel, Start, crash, path_of


def test_trial_and_rollback_are_noted_in_the_health_of_the_run(
    start: Start, store: Store, on_trial: tuple[Model, Model]
) -> None:
    _, new = on_trial
    now_s, health = [0.0], Health()
    with start(health=health, clock=lambda: now_s[0]) as run:
        run.load(path_of)
        assert (health.on_trial, health.rolled_back) == (True, None)
        for sink in run.sinks():
            for now_s[0] in range(61):  # type: ignore[assignment]
                sink.write(*cast("Any", (None, None, None)))
        assert not health.on_trial
    store.change(lambda state: states.installed(state, Model("c" * 64, "tflite", "c", "")))
    lost = Health()
    with start(health=lost) as run:  # its file is missing
        run.load(path_of)
    back = store.read().rolled_back
    assert back
    assert (lost.on_trial, lost.rolled_back) == (False, asdict(back))
    later = Health()
    with start(health=later) as run:
        assert run.load(path_of) == store.path(new)
    assert later.rolled_back
    assert later.published()["rolled_back"]["sha256"] == "c" * 64


def test_an_update_that_is_refused_during_a_run_is_noted_in_its_health(
    start: Start, store: Store, install: MakeModel
) -> None:
    """The update is another process, and nothing else tells the fleet's operator of it."""
    install("good")
    store.change(states.confirmed)
    failed, now_s, health = FailedModel("e" * 64, "too slow", "2026-01-02T12:00:00Z"), [0.0], Health()
    with start(health=health, clock=lambda: now_s[0]) as run:
        run.load(path_of)
        (sink,) = run.sinks()  # no model is on trial
        store.change(lambda state: replace(state, refused=failed))
        now_s[0] = 29.0
        sink.write(*cast("Any", (None, None, None)))
        assert health.refused is None
        now_s[0] = 30.0
        sink.idle(cast("Any", None))  # no camera, and yet a model
        assert health.refused == asdict(failed)
        (store.folder / "state.json").write_text("damaged")
        now_s[0] = 60.0
        sink.idle(cast("Any", None))
        assert health.published()["refused"] == asdict(failed)


def test_a_refusal_before_the_start_is_in_the_health_of_the_run(start: Start, store: Store, install: MakeModel) -> None:
    install("good")
    failed, health = FailedModel("e" * 64, "too slow", "2026-01-02T12:00:00Z"), Health()
    store.change(lambda state: replace(state, refused=failed))
    with start(health=health) as run:
        run.load(path_of)
    assert health.refused == asdict(failed)


def test_a_crash_is_noted_in_the_health_of_the_next_run(start: Start, on_trial: tuple[Model, Model]) -> None:
    run = start()
    run.load(path_of)
    crash(run)
    health = Health()
    with start(health=health) as run:
        run.load(path_of)
    assert health.rolled_back
    assert (health.on_trial, health.rolled_back["sha256"]) == (False, on_trial[1].sha256)
