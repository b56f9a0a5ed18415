"""Crashes, hangs and refusals of the child process are errors of this one."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import Artifact, read_artifact
from edge.errors import ModelFileError
from edge.verify import sandbox_run
from edge.verify.gate import check_network

ARTIFACT = Artifact(Path("folder/m.tflite"), "tflite", "", 1, None)


@pytest.mark.parametrize("number", [6, 11], ids=["abort", "segmentation fault"])
def test_a_crash_is_an_error_with_its_signal(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(sandbox_run, "_PROGRAM", f"import os; os.kill(os.getpid(), {number})")
    with pytest.raises(ModelFileError) as caught:
        sandbox_run.try_in_child(ARTIFACT, "litert")
    message = str(caught.value)
    assert all(fact in message for fact in ("litert", "folder/m.tflite", f"signal {number}", "export it again"))


def test_a_child_that_succeeds_prints_nothing(
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


def test_a_library_that_hangs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(arguments: list[str], **options: Any) -> None:
        assert options["timeout"] >= 10  # a Pi Zero needs its time
        raise subprocess.TimeoutExpired(arguments, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ModelFileError, match=r"^litert hangs on .*m\.tflite"):
        sandbox_run.try_in_child(ARTIFACT, "litert")


@pytest.mark.parametrize(
    ("name", "runtime", "library"),
    [
        ("tiny_int8.tflite", "litert", "ai_edge_litert"),
        ("operators_none.tflite", "litert", "ai_edge_litert"),  # SPLIT, SLICE, GATHER, TRANSPOSE_CONV among them
        ("operators_int8.tflite", "litert", "ai_edge_litert"),
        ("operators_none.onnx", "onnxruntime", "onnxruntime"),
    ],
)
def test_good_networks_pass_the_checks_and_the_child(fixtures: Path, name: str, runtime: str, library: str) -> None:
    pytest.importorskip(library)
    artifact = read_artifact(fixtures / name)
    check_network(artifact)
    sandbox_run.try_in_child(artifact, runtime)


def test_a_cut_network_is_refused_in_the_words_of_the_library() -> None:
    pytest.importorskip("ai_edge_litert")
    cut = ARTIFACT._replace(network=b"\x1c\x00\x00\x00TFL2")
    with pytest.raises(ModelFileError, match=r"^litert \S+ can't load folder/m\.tflite: "):
        sandbox_run.try_in_child(cut, "litert")


def test_a_child_that_can_not_be_started_is_an_error_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(ModelFileError, match=r"\(Cannot allocate memory\).*--require-sha256"):
        sandbox_run.try_in_child(ARTIFACT, "litert")


def test_the_alarm_of_the_child_is_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_run, "_PROGRAM", "import os; os.kill(os.getpid(), 14)")
    with pytest.raises(ModelFileError, match="^litert hangs on"):
        sandbox_run.try_in_child(ARTIFACT, "litert")
