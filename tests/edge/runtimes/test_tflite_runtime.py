"""The adapter of tflite-runtime, with a made-up library in its place: it needs an environment of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from edge.errors import RuntimeMissingError
from edge.runtimes import tflite_runtime


class FakeInterpreter:
    """Notes how it was made."""

    made: list[tuple[bytes, int]]

    def __init__(self, *, model_content: bytes, num_threads: int) -> None:
        self.made.append((model_content, num_threads))

    def allocate_tensors(self) -> None:
        """Nothing to allocate."""

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"name": "t", "index": 0, "dtype": np.float32, "shape": np.array([1]), "quantization": (0.0, 0)}]

    get_output_details = get_input_details


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A library called tflite_runtime."""
    package, interpreter = ModuleType("tflite_runtime"), ModuleType("tflite_runtime.interpreter")
    monkeypatch.setattr(FakeInterpreter, "made", [], raising=False)
    interpreter.Interpreter = FakeInterpreter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tflite_runtime", package)
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", interpreter)
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"2.14 of {name}")
    return interpreter


def test_the_file_and_the_threads_reach_the_library(library: ModuleType) -> None:
    runtime = tflite_runtime.load(Path("m.tflite"), b"TFL3", threads=3)
    assert FakeInterpreter.made == [(b"TFL3", 3)]
    assert (runtime.name, runtime.version) == ("tflite-runtime", "2.14 of tflite-runtime")
    assert runtime.input_tensor.dtype == "float32"


def test_numpy_2_beside_it_is_a_sentence(library: ModuleType, edge_classify: Callable[..., Any]) -> None:
    del library.Interpreter  # what an import that fails half-way leaves behind
    with pytest.raises(RuntimeMissingError, match="numpy below 2"):
        tflite_runtime.load(Path("m.tflite"), b"", threads=1)
    outcome = edge_classify("--runtime", "tflite-runtime", "--max-frames", 1)
    assert (outcome.code, outcome.out) == (2, "")
    assert "pip install 'edge-classify[tflite-runtime]'" in outcome.sentence
