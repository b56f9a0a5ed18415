"""A crash in the child is a sentence here; a child that ends by itself is none of our business."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.artifact import Artifact
from edge.errors import ModelFileError
from edge.runtimes import trial

ARTIFACT = Artifact(Path("folder/m.tflite"), "tflite", "", 1, None)


@pytest.mark.parametrize("number", [6, 11], ids=["abort", "segmentation fault"])
def test_a_crash_becomes_a_sentence(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(trial, "_PROGRAM", f"import os; os.kill(os.getpid(), {number})")
    with pytest.raises(ModelFileError) as caught:
        trial.try_in_child(ARTIFACT, "litert")
    assert str(caught.value) == (
        f"litert crashes on folder/m.tflite (signal {number}): the file is damaged, copy or export it again"
    )


@pytest.mark.parametrize("program", ["pass", "raise ValueError"], ids=["done", "a Python error"])
def test_other_ends_are_left_to_the_caller(
    monkeypatch: pytest.MonkeyPatch, program: str, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trial, "_PROGRAM", program)
    trial.try_in_child(ARTIFACT, "litert")
    assert capfd.readouterr() == ("", "")


def test_a_library_that_hangs_becomes_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(arguments: list[str], **options: Any) -> None:
        assert options["timeout"] >= 10  # a Pi Zero needs its time
        raise subprocess.TimeoutExpired(arguments, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ModelFileError, match=r"^litert hangs on folder/m\.tflite: the file is damaged$"):
        trial.try_in_child(ARTIFACT, "litert")


def test_the_child_loads_the_file_and_runs_it_once(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ai_edge_litert")
    path = fixtures / "tiny_int8.tflite"
    run = subprocess.run
    codes: list[int] = []

    def watched(*arguments: Any, **options: Any) -> Any:
        child = run(*arguments, **options)
        codes.append(child.returncode)
        return child

    monkeypatch.setattr(subprocess, "run", watched)
    trial.try_in_child(Artifact(path, "tflite", "", 1, None), "litert")
    trial.try_in_child(Artifact(path.with_name("gone.tflite"), "tflite", "", 1, None), "litert")
    assert codes == [0, 1]
