"""What is said of a file that is newer than the library."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.runtimes.too_new import explain, is_newer, least_version

SAID = (
    "Didn't find op for builtin opcode 'FULLY_CONNECTED' version '12'. An older version of this builtin might be "
    "supported. Are you using an old TFLite binary with a newer model? Registration failed."
)


def spec_that_needs(needs: object) -> str:
    """The JSON of a specification."""
    return json.dumps({"schema_version": 1, "provenance": {"needs": needs}})


def test_need_and_library_and_way_out_in_one_sentence(respec: Callable[..., Path], fixtures: Path) -> None:
    path = respec(fixtures / "tiny_int8.tflite", spec_that_needs({"tensorflow_lite": "2.17.0"}))
    assert explain(path, SAID, "tflite-runtime", "2.14.0") == (
        f"{path} needs FULLY_CONNECTED version 12 (TensorFlow Lite 2.17.0 or later), tflite-runtime 2.14.0 is too old "
        "for it: run it with LiteRT (pip install ai-edge-litert, --runtime litert), or export it with "
        "`python -m export.tflite --for tflite-runtime`"
    )
    litert = explain(path, SAID, "litert", "2.1.0") or ""
    assert litert.endswith("litert 2.1.0 is too old for it: pip install --upgrade ai-edge-litert")


def test_a_file_that_does_not_say_what_it_needs() -> None:
    sentence = explain(Path("gone.tflite"), SAID, "tflite-runtime", "2.14.0") or ""
    assert sentence.startswith("gone.tflite needs FULLY_CONNECTED version 12, tflite-runtime 2.14.0 is too old for it")


def test_another_complaint_is_not_explained() -> None:
    assert explain(Path("m.tflite"), "Model provided has model identifier '', should be 'TFL3'", "litert", "2") is None


@pytest.mark.parametrize("needs", [{}, [], "2.17", {"tensorflow_lite": 2}, {"tensorflow_lite": "two\n"}])
def test_a_claim_that_is_no_version_is_left_out(respec: Callable[..., Path], fixtures: Path, needs: object) -> None:
    assert least_version(respec(fixtures / "tiny_int8.tflite", spec_that_needs(needs))) is None


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [("2.17.0", "2.14.0", True), ("2.4.0", "2.14.0", False), ("2.14.0", "2.14.0", False), ("", "2.14.0", False)],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, newer: bool) -> None:
    assert is_newer(version, than) is newer
