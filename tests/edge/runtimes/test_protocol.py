"""Choice of a runtime, and messages about one that is missing or too old."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import Artifact, VerifiedArtifact, read_artifact
from edge.artifact.formats.network_summary import NetworkSummary, TensorFacts
from edge.classify.kind import kind_of
from edge.errors import ConfigError, ModelFileError, RuntimeMissingError
from edge.runtimes import RUNTIMES, open_runtime, runtime_for
from edge.runtimes.protocol import explain_too_old, is_newer, least_version, require_one_of_each


def artifact(file_format: str) -> Artifact:
    """A file of this format, of which nothing else matters."""
    return Artifact(Path(f"folder/m.{file_format}"), file_format, "", 1, None)


def install(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    """Let it look as if these libraries were installed, and no others."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in libraries else None)


def test_the_runtimes_are_those_of_the_command_line() -> None:
    assert RUNTIMES == ("litert", "tflite-runtime", "onnxruntime")


@pytest.mark.parametrize(
    ("file_format", "libraries", "expected"),
    [
        ("tflite", ("ai_edge_litert", "tflite_runtime", "onnxruntime"), "litert"),
        ("tflite", ("tflite_runtime", "onnxruntime"), "tflite-runtime"),
        ("onnx", ("ai_edge_litert", "onnxruntime"), "onnxruntime"),
    ],
)
def test_auto_takes_the_first_that_is_installed(
    monkeypatch: pytest.MonkeyPatch, file_format: str, libraries: tuple[str, ...], expected: str
) -> None:
    install(monkeypatch, *libraries)
    assert runtime_for(artifact(file_format)) == expected


@pytest.mark.parametrize(
    ("file_format", "libraries", "words"),
    [
        ("tflite", ("onnxruntime",), r"^nothing here runs m\.tflite: pip install ai-edge-litert$"),
        ("onnx", ("ai_edge_litert",), r"^nothing here runs m\.onnx: pip install 'edge-classify\[onnx\]'$"),
    ],
)
def test_without_a_library_the_sentence_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch, file_format: str, libraries: tuple[str, ...], words: str
) -> None:
    install(monkeypatch, *libraries)
    with pytest.raises(RuntimeMissingError, match=words):
        runtime_for(artifact(file_format))


@pytest.mark.parametrize(
    ("file_format", "name", "words"),
    [
        ("tflite", "onnxruntime", r"^onnxruntime can't run the tflite file m\.tflite: use litert or tflite-runtime, or "
                                  r"give a \.onnx file with --model$"),
        ("onnx", "litert", r"^litert can't run the onnx file m\.onnx: use onnxruntime, or give a \.tflite file"),
    ],
)  # fmt: skip
def test_a_named_runtime_must_fit_the_file(file_format: str, name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        runtime_for(artifact(file_format), name)


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_named_runtime_that_fits_is_taken(name: str) -> None:
    assert runtime_for(artifact("onnx" if name == "onnxruntime" else "tflite"), name) == name


@pytest.mark.parametrize(
    ("name", "library", "words"),
    [
        ("litert", "ai_edge_litert", "the runtime litert needs ai-edge-litert .*: pip install ai-edge-litert"),
        ("tflite-runtime", "tflite_runtime", r"needs Python up to 3\.11 and numpy below 2, .*\[tflite-runtime\]"),
        ("onnxruntime", "onnxruntime", r"isn't usable here .*: pip install 'edge-classify\[onnx\]'"),
    ],
)
def test_a_library_that_can_not_be_imported_is_named_with_its_installation(
    monkeypatch: pytest.MonkeyPatch, fixtures: Path, name: str, library: str, words: str
) -> None:
    for module in (library, f"{library}.interpreter"):
        monkeypatch.setitem(sys.modules, module, None)
    model = fixtures / f"tiny_int8.{'onnx' if name == 'onnxruntime' else 'tflite'}"
    with pytest.raises(RuntimeMissingError, match=words):
        open_runtime(VerifiedArtifact(read_artifact(model), name))


SAID = (
    "Didn't find op for builtin opcode 'FULLY_CONNECTED' version '12'. An older version of this builtin might be "
    "supported. Are you using an old TFLite binary with a newer model? Registration failed."
)


def spec_that_needs(needs: object) -> str:
    """The JSON of a specification."""
    return json.dumps({"schema_version": 1, "provenance": {"needs": needs}})


def test_a_library_that_is_too_old_is_named_with_its_remedy(respec: Callable[..., Path], fixtures: Path) -> None:
    path = respec(fixtures / "tiny_int8.tflite", spec_that_needs({"tensorflow_lite": "2.17.0"}))
    message = explain_too_old(path, SAID, "tflite-runtime", "2.14.0") or ""
    facts = (str(path), "FULLY_CONNECTED version 12", "2.17.0", "tflite-runtime 2.14.0", "--for tflite-runtime")
    assert [fact for fact in facts if fact not in message] == []
    assert "\n" not in message
    litert = explain_too_old(path, SAID, "litert", "2.1.0") or ""
    assert litert.endswith("pip install --upgrade ai-edge-litert")


def test_a_file_that_does_not_say_what_it_needs() -> None:
    message = explain_too_old(Path("gone.tflite"), SAID, "tflite-runtime", "2.14.0") or ""
    assert message.startswith("gone.tflite needs")
    assert "version 12, tflite-runtime 2.14.0" in message


def test_another_complaint_is_not_explained() -> None:
    other = "Model provided has model identifier '', should be 'TFL3'"
    assert explain_too_old(Path("m.tflite"), other, "litert", "2") is None


@pytest.mark.parametrize("needs", [{}, [], "2.17", {"tensorflow_lite": 2}, {"tensorflow_lite": "two\n"}])
def test_a_claim_that_is_no_version_is_left_out(respec: Callable[..., Path], fixtures: Path, needs: object) -> None:
    assert least_version(respec(fixtures / "tiny_int8.tflite", spec_that_needs(needs))) is None


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [("2.17.0", "2.14.0", True), ("2.4.0", "2.14.0", False), ("2.14.0", "2.14.0", False), ("", "2.14.0", False)],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, newer: bool) -> None:
    assert is_newer(version, than) is newer


@pytest.mark.parametrize(
    ("outputs", "is_detector"),
    [
        pytest.param([(1, 10, 4), (1, 10), (1, 10), (1,)], True, id="boxes, classes, scores, count"),
        pytest.param([(1, 40), (1, 10), (1, 10), ()], True, id="four with a count"),
        pytest.param([(1, 50, 4), (1, 50, 80)], True, id="boxes and classes"),
        pytest.param([("n", 4), ("n",)], True, id="boxes without a batch"),
        pytest.param([(1, 10)] * 4, False, id="four heads"),
        pytest.param([(1, 4), (1, 4)], False, id="two heads of four classes"),
    ],
)
def test_several_outputs_are_a_detector_s_or_refused_as_several(outputs: list[Any], is_detector: bool) -> None:
    with pytest.raises(ModelFileError, match=f"m.onnx puts out {len(outputs)} tensors") as refused:
        require_one_of_each(Path("m.onnx"), [(1, 32, 32, 3)], outputs)
    assert ("a detector" in str(refused.value)) == is_detector
    summary = NetworkSummary(
        inputs=(TensorFacts("x", "float32", (1, 32, 32, 3)),),
        outputs=tuple(TensorFacts("y", "float32", shape) for shape in outputs),
        operators=("Gemm",),
        quantization="none",
    )
    assert kind_of(summary).name == ("detector" if is_detector else "other")  # as `describe` calls it
