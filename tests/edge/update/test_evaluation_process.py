"""The child process: its figures, its sentence, its crash and its silence; and that it imports what its parent does."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import default_model
from edge.errors import UpdateError
from edge.update import evaluation_process as child
from edge.update.metrics import Count


def tried(new: Path) -> Any:
    """Beside the model inside the package."""
    return child.self_test(new, default_model(), sha256="", current_sha256="", samples=None, truths={})


def test_a_good_model_has_figures_whatever_lies_in_the_working_directory(
    fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "edge.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    figures = tried(fixtures / "tiny_int8.tflite")
    assert figures.drawn.frames == 40
    assert min(figures.drawn.right, figures.drawn.current_right, figures.drawn.same) >= 30
    assert figures.time_ratio > 0


def test_what_is_no_model_is_the_libraries_sentence(tmp_path: Path) -> None:
    path = tmp_path / "new.tflite"
    path.write_bytes(b"\0\0\0\0TFL3" * 100)
    with pytest.raises(UpdateError, match="new.tflite carries no specification"):
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
def test_a_bad_end_is_a_sentence(monkeypatch: pytest.MonkeyPatch, program: str, sentence: str) -> None:
    monkeypatch.setattr(child, "_PROGRAM", program)
    with pytest.raises(UpdateError, match=sentence):
        tried(default_model())


def test_a_model_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: object, **more: Any) -> None:
        raise subprocess.TimeoutExpired("python", more["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(UpdateError, match="wasn't over after 300 s: the model hangs or is far too slow"):
        tried(default_model())


def test_what_libraries_print_is_not_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
import json
print("INFO: a library says hello")
count = {"frames": 2, "right": 1, "current_right": None, "same": None}
print(json.dumps({"drawn": count, "samples": count, "time_ratio": 1.5, "labels": ["a"], "current_labels": ["b"]}))
"""
    monkeypatch.setattr(child, "_PROGRAM", program)
    figures = tried(default_model())
    assert figures.drawn == figures.samples == Count(2, 1, None, None)
    assert (figures.labels, figures.current_labels) == (("a",), ("b",))
