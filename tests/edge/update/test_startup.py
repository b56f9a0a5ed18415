"""Runs on a store: the model that is loaded, and the state of its trial."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from edge.artifact.file import default_model
from edge.artifact.trust import TrustPolicy
from edge.errors import ModelFileError, SourceError, SourceLostError
from edge.update import state as states
from edge.update.state import Model, State, Trial
from edge.update.store import Store
from tests.edge.update.conftest import MakeModel, Start, crash, is_tried, path_of, refuse


def test_an_empty_store_is_the_built_in_model_and_nothing_is_written(start: Start, store: Store) -> None:
    with start() as run:
        assert run.load(path_of) == default_model()
        assert not is_tried(run)
    assert not store.folder.exists()


def test_a_good_model_runs_and_nothing_is_written(start: Start, store: Store, install: MakeModel) -> None:
    model = install("good")
    store.change(states.confirmed)
    (store.folder / ".change.lock").unlink()
    with start() as run:
        assert run.load(path_of) == store.path(model)
        assert not is_tried(run)
    assert not (store.folder / ".change.lock").exists()


def test_a_good_model_whose_file_is_damaged_gives_way_for_this_run(
    start: Start, store: Store, on_trial: tuple[Model, Model], caplog: pytest.LogCaptureFixture
) -> None:
    good, new = on_trial
    before = store.change(states.confirmed)
    store.path(new).write_bytes(b"\0\0\0\0TFL3")
    with start() as run:
        assert run.load(path_of) == store.path(good)
    assert store.read() == before
    (message,) = caplog.messages
    assert all(fact in message for fact in (f"model {new.sha256[:12]}", f"{store.path(new)}", "changed on the disk"))
    store.path(good).unlink()
    with start() as run:
        assert run.load(path_of) == default_model()


def test_a_minute_makes_a_new_model_good(start: Start, store: Store, on_trial: tuple[Model, Model]) -> None:
    good, new = on_trial
    now_s = [0.0]
    with start(clock=lambda: now_s[0]) as run:
        assert run.load(path_of) == store.path(new)
        assert store.read() == State(new, good, Trial(1, "one"))
        for sink in run.sinks():
            for now_s[0] in range(61):  # type: ignore[assignment]
                sink.write(*cast("Any", (None, None, None)))
        assert store.read() == State(new, good)
    assert store.read() == State(new, good)


def test_a_crash_rolls_back_at_the_next_start(
    start: Start, store: Store, on_trial: tuple[Model, Model], caplog: pytest.LogCaptureFixture
) -> None:
    good, new = on_trial
    run = start()
    run.load(path_of)
    crash(run)
    with start() as run:
        assert run.load(path_of) == store.path(good)
        assert not is_tried(run)
    after = store.read()
    assert (after.current, after.last_good, after.trial) == (good, None, None)
    facts = (f"model {new.sha256[:12]} is rolled back", f"to model {good.sha256[:12]}: ", "its last start")
    assert all(fact in caplog.messages[-1] for fact in facts)


def test_a_power_cut_is_not_held_against_it(
    start: Start, store: Store, root: Path, on_trial: tuple[Model, Model]
) -> None:
    good, new = on_trial
    run = start()
    run.load(path_of)
    crash(run)
    (root / "proc/sys/kernel/random/boot_id").write_text("two\n")
    with start() as run:
        assert run.load(path_of) == store.path(new)
        assert store.read() == State(new, good, Trial(2, "two"))


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), SourceLostError("gone"), SourceError("no"), OSError("x")])
def test_an_end_that_is_not_the_models_fault_leaves_it_on_trial(
    start: Start, store: Store, on_trial: tuple[Model, Model], error: BaseException | None
) -> None:
    good, new = on_trial

    def session() -> None:
        with start() as run:
            run.load(path_of)
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            session()
    else:
        session()
    assert store.read() == State(new, good, Trial())


def test_an_error_that_nobody_expected_rolls_back_at_the_next_start(
    start: Start, store: Store, on_trial: tuple[Model, Model]
) -> None:
    with pytest.raises(ZeroDivisionError), start() as run:  # noqa: PT012  # the load must come first
        run.load(path_of)
        1 / 0  # noqa: B018
    with start() as run:
        assert run.load(path_of) == store.path(on_trial[0])


def test_a_new_model_that_can_not_be_loaded_is_rolled_back_at_once(
    start: Start, store: Store, on_trial: tuple[Model, Model], caplog: pytest.LogCaptureFixture
) -> None:
    good, new = on_trial
    with start() as run:
        assert run.load(refuse("new")) == store.path(good)
        assert not is_tried(run)
    after = store.read()
    assert (after.current, after.last_good, after.trial) == (good, None, None)
    facts = (f"rolled back to model {good.sha256[:12]}: ", f"{new.sha256[:4]} is damaged")
    assert all(fact in caplog.messages[-1] for fact in facts)


def test_the_error_of_the_built_in_model_ends_the_run(start: Start, store: Store) -> None:
    with start() as run:
        assert run.load(path_of) == default_model()

    def nothing(path: Path, _: TrustPolicy | None) -> Any:
        raise ModelFileError("no library")

    with pytest.raises(ModelFileError, match="no library"), start() as run:
        run.load(nothing)


def test_a_second_process_meanwhile_runs_the_good_one_and_judges_nothing(
    start: Start, store: Store, on_trial: tuple[Model, Model], caplog: pytest.LogCaptureFixture
) -> None:
    good, new = on_trial
    with start() as first:
        first.load(path_of)
        with start() as second:
            assert second.load(path_of) == store.path(good)
            assert not is_tried(second)
        assert store.read() == State(new, good, Trial(1, "one"))
    assert any(message.endswith(f"this one runs model {good.sha256[:12]}") for message in caplog.messages)


def test_an_update_during_a_trial_is_not_touched_by_its_end(
    start: Start, store: Store, install: MakeModel, on_trial: tuple[Model, Model]
) -> None:
    good, _ = on_trial
    now_s = [0.0]
    with start(clock=lambda: now_s[0]) as run:
        run.load(path_of)
        *_, sink = run.sinks()
        newer = install("newer")
        for now_s[0] in range(61):  # type: ignore[assignment]
            sink.write(*cast("Any", (None, None, None)))
        assert store.read() == State(newer, good, Trial())
    assert store.read() == State(newer, good, Trial())


def test_a_damaged_store_runs_the_built_in_model_with_a_warning(
    start: Start, store: Store, on_trial: tuple[Model, Model], caplog: pytest.LogCaptureFixture
) -> None:
    (store.folder / "state.json").write_text("{")
    with start() as run:
        assert run.load(path_of) == default_model()
    assert all(fact in caplog.messages[0] for fact in ("state.json", "the built-in model runs"))
    assert (store.folder / "state.json").read_text() == "{"


def test_no_trial_starts_that_can_not_be_noted(
    start: Start,
    store: Store,
    on_trial: tuple[Model, Model],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    good, new = on_trial

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with start() as run:
        assert run.load(path_of) == store.path(good)
    assert store.read() == State(new, good, Trial())
    (message,) = caplog.messages
    facts = (f"{store.folder}", "No space left", f"model {good.sha256[:12]} runs")
    assert all(fact in message for fact in facts)
