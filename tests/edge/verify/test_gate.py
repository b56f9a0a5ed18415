"""Checked always, tried once for each network and library."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.artifact.file import Artifact, read_artifact
from edge.errors import ModelFileError
from edge.verify import gate


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Runtimes of the trials, each of which ends well; a cache of its own."""
    found: list[str] = []
    monkeypatch.setattr("edge.verify.sandbox_run.try_in_child", lambda _, runtime: found.append(runtime))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return found


def test_only_the_first_start_pays(fixtures: Path, tried: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = read_artifact(fixtures / "tiny_int8.tflite")
    gate.admit(artifact, "litert")
    gate.admit(artifact, "litert")
    assert tried == ["litert"]
    gate.admit(artifact, "tflite-runtime")
    gate.admit(read_artifact(fixtures / "tiny_none.tflite"), "litert")
    assert tried == ["litert", "tflite-runtime", "litert"]
    monkeypatch.setattr(gate, "version", lambda _: "99")  # an update of the library
    gate.admit(artifact, "litert")
    assert tried[3:] == ["litert"]


def test_what_failed_is_tried_again(fixtures: Path, tried: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(artifact: Artifact, runtime: str) -> None:
        tried.append(runtime)
        raise ModelFileError("crash")

    monkeypatch.setattr("edge.verify.sandbox_run.try_in_child", crash)
    artifact = read_artifact(fixtures / "tiny_int8.tflite")
    for _ in range(2):
        with pytest.raises(ModelFileError, match="crash"):
            gate.admit(artifact, "litert")
    assert tried == ["litert", "litert"]


def test_what_is_damaged_is_never_tried(fixtures: Path, tried: list[str]) -> None:
    artifact = read_artifact(fixtures / "tiny_int8.tflite")
    with pytest.raises(
        ModelFileError, match=r"tiny_int8\.tflite is damaged or forged: byte .*; copy or export it again$"
    ):
        gate.admit(artifact._replace(network=artifact.network[:3000]), "litert")
    assert tried == []


@pytest.mark.parametrize(
    ("name", "count"), [("tiny_int8.tflite", 5), ("tiny_none.tflite", 3), ("tiny_int8.onnx", 18), ("tiny_none.onnx", 6)]
)
def test_operators_are_counted(fixtures: Path, name: str, count: int) -> None:
    assert len(gate.check_network(read_artifact(fixtures / name))) == count
