"""TensorFlow Lite Micro itself, where it is installed: its arena, its kernels, and its answers."""

from __future__ import annotations

import faulthandler
import json
import os
from pathlib import Path

import flatbuffers
import numpy as np
import pytest

pytest.importorskip(
    "tflite_micro", reason="TensorFlow Lite Micro needs the extra `micro`: pip install 'edge-classify[micro]'"
)

from ai_edge_litert import schema_py_generated as schema

from edge.artifact.file import builtin_models, read_artifact
from edge.classify.loaded_model import LoadedModel
from edge.datasets import fashion_mnist
from edge.errors import ExportError
from export.micro.__main__ import arena_with_margin
from export.micro.comparison import compare
from export.micro.interpreter import MicroInterpreter, least_arena, version
from export.micro.network import KERNELS, read_network

EDGE = builtin_models()["edge"]
ROOT = Path(__file__).parents[3]


def one_operator(name: str) -> bytes:
    """Return a network of one operator of int8, whose options nobody has filled in."""
    number = getattr(schema.BuiltinOperator, name)
    model, graph, operator, code = schema.ModelT(), schema.SubGraphT(), schema.OperatorT(), schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = number, min(number, 127), 1
    graph.tensors = [schema.TensorT() for _ in range(2)]
    for tensor in graph.tensors:
        tensor.shape, tensor.type, tensor.buffer, tensor.name = [1, 4, 4, 1], schema.TensorType.INT8, 0, b"t"
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [operator]
    model.version, model.buffers, model.subgraphs, model.operatorCodes = 3, [schema.BufferT()], [graph], [code]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_the_least_arena_is_enough_and_a_grid_step_less_is_not() -> None:
    _, network = read_network(EDGE)
    tried: list[int] = []
    least = least_arena(network.content, note=tried.append)
    assert least % 16 == 0
    assert 16_000 < least < 20_000  # 17.5 kB, found by hand
    assert least - 16 in tried
    pixels = np.zeros((1, 28, 28, 1), np.uint8)
    assert MicroInterpreter(network.content, arena_bytes=least).invoke(pixels).shape == (1, 10)


def test_a_network_that_no_arena_is_enough_for_is_refused_in_the_library_s_words() -> None:
    with pytest.raises(ExportError, match="TILE"):
        least_arena(one_operator("TILE"))


def test_the_version_names_its_commit() -> None:
    assert "-g" in version()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each operator is tried in a child: it may crash on its options")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_every_operator_of_the_table_has_a_kernel_and_some_others_have_none() -> None:
    assert {name for name in (*KERNELS, "TILE", "TOPK_V2", "POW") if not has_kernel(name)} == {"TILE", "TOPK_V2", "POW"}


def has_kernel(name: str) -> bool:
    """Return whether the library finds the operator, by what a child process writes before it fails or crashes."""
    network = one_operator(name)
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        faulthandler.disable()
        os.dup2(writing, 2)
        try:
            from tflite_micro import runtime

            runtime.Interpreter.from_bytes(network, arena_size=20_000)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        words = pipe.read()
    os.waitpid(child, 0)
    return b"Didn't find op" not in words


@pytest.mark.real_data
@pytest.mark.usefixtures("fashion_mnist_present")
def test_its_answers_are_litert_s_on_995_of_1000_test_images_at_least() -> None:
    images, _ = fashion_mnist.load("test")
    _, network = read_network(EDGE)
    compared = compare(MicroInterpreter(network.content, arena_bytes=20_480), LoadedModel.load(EDGE), images[:200])
    assert compared.images == 200
    assert compared.same >= 199


def test_what_was_measured_on_all_test_images_keeps_the_promise() -> None:
    rows = json.loads((ROOT / "docs" / "measured" / "portable_micro.json").read_text(encoding="utf-8"))["rows"]
    for row in rows:
        assert row["micro"]["same"] >= 0.995 * row["images"], row["network"]
    assert [row["images"] for row in rows if row["network"] in ("edge", "micro")] == [10_000, 10_000]
    assert [row["sha256"] for row in rows if row["network"] == "edge"] == [read_artifact(EDGE).sha256]


@pytest.mark.e2e
@pytest.mark.real_data
@pytest.mark.usefixtures("fashion_mnist_present")
def test_the_preset_micro_is_93_percent_right_in_64_kb_and_an_arena_of_20(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="exporting needs the extra `export`: pip install 'edge-classify[export]'")
    from export.tflite import main

    path = tmp_path / "micro_int8.tflite"
    assert main([str(ROOT / "pretrained" / "micro"), "--quantize", "int8", "--out", str(path)]) == 0
    artifact, network = read_network(path)
    assert artifact.spec is not None
    parity = artifact.spec.provenance.parity
    assert (parity["dataset"], parity["images"]) == ("fashion-mnist", 10_000)
    assert parity["top1_accuracy"] >= 0.93
    assert network.weights_bytes <= 64_000
    assert arena_with_margin(least_arena(network.content)) <= 20_000
