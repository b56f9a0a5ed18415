"""Facts that a network's bytes tell: held to LiteRT's and ONNX's own names, and to what our exports wrote down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import read_artifact
from edge.artifact.formats import MalformedModelError, onnx_summary, tflite, tflite_summary
from edge.artifact.formats.network_summary import NetworkSummary, TensorFacts


def summary_of(path: Path) -> NetworkSummary:
    """Return the facts about a file."""
    artifact = read_artifact(path)
    return (tflite_summary if artifact.format == "tflite" else onnx_summary).summarise(artifact.network)


def test_names_of_operators_and_types_are_those_of_litert() -> None:
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    operators = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    assert dict(enumerate(tflite_summary.BUILTIN_OPERATORS)) == operators
    types = {number: name.lower() for name, number in vars(schema.TensorType).items() if isinstance(number, int)}
    assert dict(enumerate(tflite_summary.TENSOR_TYPES)) == types


def test_names_of_element_types_are_those_of_onnx_in_numpy() -> None:
    onnx = pytest.importorskip("onnx")
    for number, name in onnx_summary.ELEMENT_TYPES.items():
        assert number == getattr(onnx.TensorProto, {"float32": "FLOAT", "float64": "DOUBLE"}.get(name, name.upper()))


@pytest.mark.parametrize("name", ["tiny_int8.tflite", "tiny_none.tflite", "tiny_int8.onnx", "tiny_none.onnx"])
def test_what_the_export_wrote_down_is_read_back(fixtures: Path, name: str) -> None:
    spec, summary = read_artifact(fixtures / name).spec, summary_of(fixtures / name)
    assert spec
    assert spec.input_tensor
    assert summary.needs.items() <= spec.provenance.needs.items()
    assert summary.quantization == spec.provenance.quantization
    for facts, claim in ((summary.inputs, spec.input_tensor), (summary.outputs, spec.output_tensor)):
        assert claim
        assert facts == (TensorFacts(claim.name, claim.dtype, claim.shape, claim.scale, claim.zero_point),)


def test_operators_are_counted_the_most_frequent_first(fixtures: Path) -> None:
    counts = summary_of(fixtures / "operators_int8.tflite").operator_counts
    assert list(counts.items())[:3] == [("QUANTIZE", 3), ("STRIDED_SLICE", 3), ("CONCATENATION", 2)]
    assert sum(counts.values()) == tflite.check_network((fixtures / "operators_int8.tflite").read_bytes()) == 26
    assert summary_of(fixtures / "operators_none.onnx").operator_counts["Reshape"] == 2


def test_a_free_batch_is_a_question_mark_or_its_name(fixtures: Path) -> None:
    assert summary_of(fixtures / "softmax_int8.tflite").inputs[0].shape == ("?", 28, 28, 1)
    onnx = pytest.importorskip("onnx")
    model = onnx.load(fixtures / "operators_none.onnx")
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    assert onnx_summary.summarise(model.SerializeToString()).inputs[0].shape == ("batch", 28, 28, 1)


@pytest.mark.parametrize(
    ("nodes", "weights", "kind"),
    [
        (["Conv", "Gemm"], np.float32, "none"),
        (["Conv"], np.float16, "float16"),
        (["QuantizeLinear", "DequantizeLinear", "Conv"], np.int8, "int8"),
        (["com.microsoft:QGemm"], np.int8, "int8"),
        (["DynamicQuantizeLinear", "MatMulInteger"], np.int8, "dynamic"),
        (["DequantizeLinear", "Conv"], np.int8, "dynamic"),
    ],
)
def test_the_kind_of_quantization_is_told_by_operators_and_weights(nodes: list[str], weights: Any, kind: str) -> None:
    onnx = pytest.importorskip("onnx")
    made = [
        onnx.helper.make_node(node.rpartition(":")[2], ["x"], ["y"], domain=node.rpartition(":")[0]) for node in nodes
    ]
    graph = onnx.helper.make_graph(made, "g", [], [], [onnx.numpy_helper.from_array(np.zeros(2, weights), "w")])
    summary = onnx_summary.summarise(onnx.helper.make_model(graph).SerializeToString())
    assert summary.quantization == kind
    assert summary.operators == tuple(node.replace(":", ".") for node in nodes)


def test_a_network_cut_short_is_malformed(fixtures: Path) -> None:
    with pytest.raises(MalformedModelError):
        tflite_summary.summarise((fixtures / "tiny_int8.tflite").read_bytes()[:1000])
    with pytest.raises(MalformedModelError):
        onnx_summary.summarise((fixtures / "tiny_int8.onnx").read_bytes()[:1000])
