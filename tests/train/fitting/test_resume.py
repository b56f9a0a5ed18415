from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("keras")

from edge.errors import RunError
from train.config import PRESETS, TrainConfig
from train.fitting import resume


@pytest.fixture
def unfinished(tmp_path: Path) -> TrainConfig:
    """A run that was started with choices of its own and has a state."""
    config = TrainConfig(preset="tiny", name="mine", runs=tmp_path, epochs=7, teacher=Path("runs/wide"))
    (resume.start(config) / resume.STATE).write_bytes(b"state")
    return config


def test_an_unfinished_run_is_gone_on_with_as_it_was_started(unfinished: TrainConfig) -> None:
    expected = replace(unfinished, resume=True)

    assert resume.resumed(TrainConfig(runs=unfinished.runs, resume=True)) == expected
    assert resume.resumed(TrainConfig(runs=unfinished.runs, resume=True, name="mine", epochs=7)) == expected
    assert resume.start(expected) == unfinished.runs / ".mine.partial"


def test_other_choices_than_it_was_started_with_are_refused(unfinished: TrainConfig) -> None:
    with pytest.raises(RunError, match="epochs 7, not 9"):
        resume.resumed(TrainConfig(runs=unfinished.runs, resume=True, epochs=9))


def test_a_preset_that_has_changed_since_is_refused(unfinished: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "tiny", replace(PRESETS["tiny"], batch_size=3))

    with pytest.raises(RunError, match="preset tiny has changed"):
        resume.resumed(TrainConfig(runs=unfinished.runs, resume=True))


def test_starting_anew_over_an_unfinished_run_is_refused_with_the_command_that_goes_on(unfinished: TrainConfig) -> None:
    with pytest.raises(RunError, match=f"--resume --name mine --runs {unfinished.runs}`"):
        resume.start(unfinished)


def test_a_run_that_has_no_state_yet_is_simply_started_again(unfinished: TrainConfig) -> None:
    (unfinished.runs / ".mine.partial" / resume.STATE).unlink()

    assert resume.start(replace(unfinished, epochs=2)).name == ".mine.partial"


def test_resuming_needs_exactly_one_unfinished_run(unfinished: TrainConfig) -> None:
    with pytest.raises(RunError, match="other: .*--resume"):
        resume.resumed(TrainConfig(runs=unfinished.runs, resume=True, name="other"))
    resume.start(replace(unfinished, name="second"))
    with pytest.raises(RunError, match=r"\(mine, second\): .*--name"):
        resume.resumed(TrainConfig(runs=unfinished.runs, resume=True))


def test_the_rest_of_a_finished_run_is_not_offered(unfinished: TrainConfig) -> None:
    (unfinished.runs / "mine").mkdir()

    with pytest.raises(RunError, match="holds no unfinished run"):
        resume.resumed(TrainConfig(runs=unfinished.runs, resume=True))
    with pytest.raises(FileExistsError, match="exists already"):
        resume.start(unfinished)


def test_a_folder_goes_if_nothing_was_reached_and_stays_otherwise(unfinished: TrainConfig) -> None:
    folder = unfinished.runs / ".mine.partial"
    resume.remove_if_empty(folder)
    assert folder.exists()
    (folder / resume.STATE).unlink()
    resume.remove_if_empty(folder)
    assert not folder.exists()


def test_a_start_removes_what_killed_trainings_left_and_keeps_what_can_be_gone_on_with(unfinished: TrainConfig) -> None:
    runs = unfinished.runs
    (runs / ".done.partial").mkdir()
    (runs / "done").mkdir()
    (runs / ".next.12345678.unfinished").mkdir()
    resume.start(replace(unfinished, name="other"))

    assert sorted(path.name for path in runs.iterdir()) == [".mine.partial", ".other.partial", "done"]
    with pytest.raises(FileExistsError):
        resume.start(replace(unfinished, name="done"))
