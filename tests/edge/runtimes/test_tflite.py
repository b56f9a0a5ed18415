"""The interpreter's adapter, with a made-up interpreter: facts, refusals, and the order of calls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError
from edge.runtimes.tflite import TfliteRuntime

INPUT = {"name": "image", "index": 4, "dtype": np.uint8, "shape": np.array([1, 2, 2, 1]), "quantization": (0.5, 3)}
OUTPUT = {"name": "scores", "index": 9, "dtype": np.int8, "shape": np.array([1, 4]), "quantization": (0.25, -7)}


class FakeInterpreter:
    """Adds one to every pixel; notes what it is asked."""

    def __init__(self, inputs: int = 1, outputs: int = 1, error: Exception | None = None) -> None:
        self.calls: list[str] = []
        self.inputs, self.outputs, self.error = inputs, outputs, error
        self.tensor: Any = None
        self.signature = (1, 2, 2, 1)

    def resize_tensor_input(self, index: int, shape: tuple[int, ...], *, strict: bool) -> None:
        assert strict
        self.calls.append(f"resize {index} {shape}")

    def allocate_tensors(self) -> None:
        self.calls.append("allocate")
        os.write(2, b"INFO: native chatter\n")
        if self.error:
            raise self.error

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{**INPUT, "shape_signature": np.array(self.signature)}] * self.inputs

    def get_output_details(self) -> list[dict[str, Any]]:
        return [OUTPUT] * self.outputs

    def set_tensor(self, index: int, tensor: Any) -> None:
        self.calls.append(f"set {index}")
        self.tensor = tensor

    def invoke(self) -> None:
        self.calls.append("invoke")

    def get_tensor(self, index: int) -> Any:
        self.calls.append(f"get {index}")
        return (self.tensor + 1).reshape(1, 4).astype(np.int8)


def load(interpreter: FakeInterpreter) -> TfliteRuntime:
    """The adapter around it."""
    return TfliteRuntime(Path("m.tflite"), name="litert", package="numpy", make_interpreter=lambda: interpreter)


def test_tensor_facts_are_read_from_the_file(capfd: pytest.CaptureFixture[str]) -> None:
    runtime = load(FakeInterpreter())
    assert (runtime.name, runtime.version) == ("litert", np.__version__)
    assert runtime.input_tensor == TensorSpec("image", "uint8", (1, 2, 2, 1), scale=0.5, zero_point=3)
    assert runtime.output_tensor == TensorSpec("scores", "int8", (1, 4), scale=0.25, zero_point=-7)
    assert capfd.readouterr().err == ""


def test_invoke_sets_runs_and_gets() -> None:
    interpreter = FakeInterpreter()
    output = load(interpreter).invoke(np.arange(4, dtype=np.uint8).reshape(1, 2, 2, 1))
    assert output.tolist() == [[1, 2, 3, 4]]
    assert interpreter.calls == ["allocate", "set 4", "invoke", "get 9"]


def test_a_free_size_is_allocated_once_it_is_chosen() -> None:
    interpreter = FakeInterpreter()
    interpreter.signature = (-1, -1, -1, 1)  # the library says 1x1 then, for which convolutions may fail
    runtime = load(interpreter)
    assert (runtime.input_tensor.shape, interpreter.calls) == ((1, 0, 0, 1), [])
    runtime.resize_input((1, 6, 8, 1))
    assert (runtime.input_tensor.shape, interpreter.calls) == ((1, 6, 8, 1), ["resize 4 (1, 6, 8, 1)", "allocate"])


@pytest.mark.parametrize(
    ("signature", "words"),
    [((1, -1, -1, 1), "Didn't find op"), ((1, 2, 2, 1), r"m\.tflite .*\(1, 6, 8, 1\).*\(1, 2, 2, 1\)")],
    ids=["free", "fixed"],
)
def test_a_size_that_the_library_refuses_is_one_sentence(signature: tuple[int, ...], words: str) -> None:
    interpreter = FakeInterpreter()
    interpreter.signature = signature
    runtime = load(interpreter)
    interpreter.error = ValueError("Didn't find op\n for builtin 99")
    with pytest.raises(ModelFileError, match=words):
        runtime.resize_input((1, 6, 8, 1))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("Didn't find op\n  for builtin 99"), "Didn't find op for builtin 99"),
        (RuntimeError("allocation failed"), "allocation failed"),
        (ValueError(""), "no reason given"),
    ],
    ids=["unknown operator", "allocation", "silent"],
)
def test_a_file_that_the_library_refuses_is_one_sentence(error: Exception, reason: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        load(FakeInterpreter(error=error))
    assert str(caught.value) == f"litert {np.__version__} can't load m.tflite: {reason}"
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("inputs", "outputs", "words"),
    [(2, 1, "takes 2 tensors"), (1, 2, "puts out 2 tensors"), (1, 0, "puts out 0 tensors")],
)
def test_a_classifier_has_one_input_and_one_output(inputs: int, outputs: int, words: str) -> None:
    with pytest.raises(ModelFileError, match=rf"m\.tflite {words}"):
        load(FakeInterpreter(inputs, outputs))
