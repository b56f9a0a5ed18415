"""The child process with its metrics, error, crash and timeout; each limit on both of its sides, counted by hand."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import default_model
from edge.errors import ModelFileError, RefusedModelError, RuntimeMissingError, SourceError, UpdateError
from edge.update import evaluation_process as child
from edge.update.evaluation_process import Limits, Metrics, Tally, complaints, summary


def tried(new: Path) -> Any:
    """Beside the model inside the package."""
    return child.evaluate_in_child(new, default_model(), sha256="", current_sha256="", samples=None, truths={})


def test_a_good_model_has_metrics_whatever_lies_in_the_working_directory(
    fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "edge.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    metrics = tried(fixtures / "tiny_int8.tflite")
    assert metrics.drawn.frames == 40
    assert min(metrics.drawn.right, metrics.drawn.current_right, metrics.drawn.same) >= 30
    assert metrics.time_ratio > 0


def test_what_the_samples_hold_and_is_left_out_is_logged_by_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "Coat").mkdir()
    for number in range(3):
        (tmp_path / "Coat" / f"{number}.jpg").write_bytes(b"8BPS")
    failed = subprocess.CompletedProcess([], 1, "", "no")
    monkeypatch.setattr(child.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(UpdateError):
        child.evaluate_in_child(
            default_model(), default_model(), sha256="", current_sha256="", samples=tmp_path, truths={}
        )
    assert [f"{tmp_path}: 3 Photoshop images (0.jpg" in message for message in caplog.messages] == [True]


def test_the_error_of_a_file_that_is_no_model_comes_through(tmp_path: Path) -> None:
    path = tmp_path / "new.tflite"
    path.write_bytes(b"\0\0\0\0TFL3" * 100)
    with pytest.raises(UpdateError, match="new.tflite is damaged"):
        tried(path)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            r"the self-test crashed \(signal 11\): the file is",
        ),
        ("import sys; sys.exit(3)", "the self-test failed"),
        ("raise MemoryError('all of it')", "MemoryError: all of it"),
    ],
)
def test_a_crash_or_an_error_of_the_child_is_an_update_error(
    monkeypatch: pytest.MonkeyPatch, program: str, sentence: str
) -> None:
    monkeypatch.setattr(child, "_PROGRAM", program)
    with pytest.raises(UpdateError, match=sentence):
        tried(default_model())


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", RefusedModelError),
        ("os.kill(os.getpid(), signal.SIGKILL)", UpdateError),
        ("os.kill(os.getpid(), signal.SIGTERM)", UpdateError),
        ("os._exit(10)", RefusedModelError),
        ("os._exit(11)", RuntimeMissingError),
        ("os._exit(12)", SourceError),
        ("import not_there", UpdateError),
    ],
)
def test_the_end_of_the_child_tells_whose_fault_it_is(
    monkeypatch: pytest.MonkeyPatch, end: str, kind: type[Exception]
) -> None:
    monkeypatch.setattr(child, "_PROGRAM", f"import os, signal; {end}")
    with pytest.raises(kind) as caught:
        tried(default_model())
    assert type(caught.value) is kind


def caused(cause: Exception) -> ModelFileError:
    """An error about a file, with its cause."""
    error = ModelFileError("no")
    error.__cause__ = cause
    return error


def test_a_file_that_can_not_be_read_is_no_fault_of_its_model() -> None:
    assert not child.is_models_fault(caused(PermissionError()))
    assert child.is_models_fault(caused(FileNotFoundError()))  # of its weights
    assert child.is_models_fault(caused(ValueError()))


def test_a_timeout_with_samples_is_not_taken_for_the_models_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: object, **more: Any) -> None:
        raise subprocess.TimeoutExpired("python", more["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    for samples, kind in ((None, RefusedModelError), (tmp_path, UpdateError)):
        with pytest.raises(UpdateError) as caught:
            child.evaluate_in_child(
                default_model(), default_model(), sha256="", current_sha256="", samples=samples, truths={}
            )
        assert type(caught.value) is kind


def test_a_model_that_hangs_is_an_update_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: object, **more: Any) -> None:
        raise subprocess.TimeoutExpired("python", more["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(UpdateError, match="300 s: the model hangs"):
        tried(default_model())


def test_output_of_libraries_is_not_taken_for_the_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
import json
print("INFO: a library says hello")
count = {"frames": 2, "right": 1, "current_right": None, "same": None}
print(json.dumps({"drawn": count, "samples": count, "time_ratio": 1.5, "labels": ["a"], "current_labels": ["b"]}))
"""
    monkeypatch.setattr(child, "_PROGRAM", program)
    metrics = tried(default_model())
    assert metrics.drawn == metrics.samples == Tally(2, 1, None, None)
    assert (metrics.labels, metrics.current_labels) == (("a",), ("b",))


LABELS = ("Coat", "Bag")
FINE = Metrics(Tally(40, 38, 37, 36), None, 1.0, LABELS, LABELS)


def complaints_of(metrics: Metrics, **more: Any) -> list[str]:
    """Complaints under the default limits."""
    return complaints(metrics, Limits(), **{"allows_new_labels": False, **more})


def test_a_good_model_keeps_all_limits() -> None:
    assert complaints_of(FINE) == []
    drawn, time = summary(FINE)
    assert [fact in drawn for fact in ("38 of 40 right", "37", "36")] == [True] * 3
    assert "1.00 times" in time


@pytest.mark.parametrize(
    ("at_the_limit", "beyond", "facts"),
    [
        ({"drawn": Tally(40, 30, 37, 36)}, {"drawn": Tally(40, 29, 37, 36)},
         ("29 of 40 drawn", "75%")),
        ({"drawn": Tally(40, 38, 37, 30)}, {"drawn": Tally(40, 38, 37, 29)},
         ("like the current model", "29 of 40", "75%")),
        ({"samples": Tally(100, 68, 70, 50)}, {"samples": Tally(100, 67, 70, 50)},
         ("67 of 100 samples", "70", "2%")),
        ({"samples": Tally(100, 75, None, None)}, {"samples": Tally(100, 74, None, None)},
         ("74 of 100 samples", "75%")),
        ({"time_ratio": 3.0}, {"time_ratio": 3.04}, ("3.0 times", "at most 3")),
        ({"time_ratio": 3.0}, {"time_ratio": 12.3}, ("12.3 times", "at most 3")),
    ],
)  # fmt: skip
def test_each_limit_is_kept_at_it_and_not_beyond(
    at_the_limit: dict[str, Any], beyond: dict[str, Any], facts: tuple[str, ...]
) -> None:
    assert complaints_of(replace(FINE, **at_the_limit)) == []
    (sentence,) = complaints_of(replace(FINE, **beyond))
    assert all(fact in sentence for fact in facts)


def test_other_labels_need_their_flag() -> None:
    other = replace(FINE, labels=("Coat", "Hat"), drawn=Tally(40, None, None, None))
    assert complaints_of(other, allows_new_labels=True) == []
    (sentence,) = complaints_of(other)
    assert all(fact in sentence for fact in ("Coat, Hat", "Coat, Bag", "--allow-new-labels"))
    assert summary(other)[0] == "drawn frames    40 answered, for timing and sanity alone"
    assert "--samples" in summary(other)[-1]
    with_samples = replace(other, samples=Tally(8, 7, None, None))
    assert summary(with_samples)[1] == "samples         7 of 8 right"
    assert not any("--samples" in line for line in summary(with_samples))


def test_every_limit_that_is_not_kept_is_a_complaint() -> None:
    assert len(complaints_of(replace(FINE, drawn=Tally(40, 4, 37, 4), time_ratio=9.0))) == 3
