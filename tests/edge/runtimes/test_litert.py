"""LiteRT on the tiny models: the facts of the file, and scores that later calls don't change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.artifact.file import read_artifact
from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError
from edge.runtimes import litert

interpreter_module = pytest.importorskip("ai_edge_litert.interpreter")


def network(fixtures: Path, mode: str) -> bytes:
    """The flatbuffer of a tiny model."""
    return read_artifact(fixtures / f"tiny_{mode}.tflite").network


@pytest.mark.parametrize(
    ("mode", "dtype", "input_scale"),
    [("int8", "uint8", float(np.float32(1 / 255))), ("none", "float32", 0.0)],
    ids=["int8", "none"],
)
def test_tensor_facts_are_those_of_the_file(fixtures: Path, mode: str, dtype: str, input_scale: float) -> None:
    runtime = litert.load(Path("m.tflite"), network(fixtures, mode), threads=1)
    name = runtime.input_tensor.name
    assert runtime.input_tensor == TensorSpec(name, dtype, (1, 28, 28, 1), scale=input_scale, zero_point=0)
    claimed = read_artifact(fixtures / f"tiny_{mode}.tflite").spec
    assert claimed is not None
    assert claimed.output_tensor is not None
    assert runtime.output_tensor == claimed.output_tensor
    assert (runtime.output_tensor.dtype, runtime.output_tensor.shape) == (dtype, (1, 10))
    assert runtime.output_tensor.is_quantized is (mode == "int8")
    assert runtime.name == "litert"
    assert runtime.version[0].isdigit()


def test_an_output_is_a_copy_and_the_same_input_gives_it_again(fixtures: Path) -> None:
    runtime = litert.load(Path("m.tflite"), network(fixtures, "int8"), threads=2)
    black, white = np.zeros((1, 28, 28, 1), np.uint8), np.full((1, 28, 28, 1), 255, np.uint8)
    first = runtime.invoke(black)
    kept = first.copy()
    second = runtime.invoke(white)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, kept)
    assert np.array_equal(runtime.invoke(black), kept)


def test_the_network_and_the_threads_reach_the_library(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = interpreter_module.Interpreter
    seen: list[tuple[bytes, int]] = []

    def make(*, model_content: bytes, num_threads: int) -> object:
        seen.append((model_content, num_threads))
        return interpreter(model_content=model_content)

    monkeypatch.setattr(interpreter_module, "Interpreter", make)
    litert.load(Path("m.tflite"), network(fixtures, "int8"), threads=3)
    assert seen == [(network(fixtures, "int8"), 3)]


@pytest.mark.parametrize("content", [b"\x1c\x00\x00\x00TFL2", b"no flatbuffer at all"])
def test_a_network_that_litert_refuses(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelFileError, match=r"^litert .*load m\.tflite: "):
        litert.load(Path("m.tflite"), content, threads=1)
    assert capfd.readouterr().err == ""
