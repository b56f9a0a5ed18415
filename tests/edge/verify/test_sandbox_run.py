"""Whatever goes wrong in the child is a sentence here."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import Artifact, read_artifact
from edge.errors import ModelFileError
from edge.verify import sandbox_run

ARTIFACT = Artifact(Path("folder/m.tflite"), "tflite", "", 1, None)


@pytest.mark.parametrize("number", [6, 11], ids=["abort", "segmentation fault"])
def test_a_crash_becomes_a_sentence(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(sandbox_run, "_PROGRAM", f"import os; os.kill(os.getpid(), {number})")
    with pytest.raises(ModelFileError) as caught:
        sandbox_run.try_in_child(ARTIFACT, "litert")
    assert str(caught.value) == (
        f"litert crashes on folder/m.tflite (signal {number}): the file is damaged, copy or export it again"
    )


def test_a_child_that_gets_through_is_no_news(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sandbox_run, "_PROGRAM", "pass")
    sandbox_run.try_in_child(ARTIFACT, "litert")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; print('native noise', file=sys.stderr); sys.exit('No subgraph in the model.')", "No subgraph in"),
        ("raise SystemExit(7)", "litert can't run folder/m.tflite"),
    ],
    ids=["its last line", "no line at all"],
)
def test_a_refusal_of_the_child_is_final(monkeypatch: pytest.MonkeyPatch, program: str, words: str) -> None:
    monkeypatch.setattr(sandbox_run, "_PROGRAM", program)
    with pytest.raises(ModelFileError, match=f"^{words}"):
        sandbox_run.try_in_child(ARTIFACT, "litert")


def test_a_library_that_hangs_becomes_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(arguments: list[str], **options: Any) -> None:
        assert options["timeout"] >= 10  # a Pi Zero needs its time
        raise subprocess.TimeoutExpired(arguments, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ModelFileError, match=r"^litert hangs on folder/m\.tflite: the file is damaged$"):
        sandbox_run.try_in_child(ARTIFACT, "litert")


def test_the_child_loads_the_file_and_runs_it_once(fixtures: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    sandbox_run.try_in_child(read_artifact(fixtures / "tiny_int8.tflite"), "litert")


def test_a_cut_network_is_refused_in_the_words_of_the_library() -> None:
    pytest.importorskip("ai_edge_litert")
    cut = ARTIFACT._replace(network=b"\x1c\x00\x00\x00TFL2")
    with pytest.raises(ModelFileError, match=r"^litert \S+ can't load folder/m\.tflite: "):
        sandbox_run.try_in_child(cut, "litert")


def test_a_child_that_can_not_be_started_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(
        ModelFileError, match=r"can't be tried in a child process \(Cannot allocate memory\): end other"
    ):
        sandbox_run.try_in_child(ARTIFACT, "litert")


def test_the_alarm_of_the_child_means_that_it_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_run, "_PROGRAM", "import os; os.kill(os.getpid(), 14)")
    with pytest.raises(ModelFileError, match="^litert hangs on"):
        sandbox_run.try_in_child(ARTIFACT, "litert")
