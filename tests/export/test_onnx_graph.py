"""The same network gives the same graph, whatever the converter called its tensors."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper

from export.onnx_graph import tidy


def network(*names: str, swapped: bool = False) -> onnx.ModelProto:
    """image -> Conv -> Relu, with names and an order of constants of one's own, and more operator sets than it uses."""
    weight, bias, middle, last = names
    constants = [
        numpy_helper.from_array(np.ones((2, 1, 1, 1), np.float32), weight),
        numpy_helper.from_array(np.zeros(2, np.float32), bias),
        numpy_helper.from_array(np.zeros(3, np.float32), "of nobody"),
    ]
    shape = [1, 3, 3, 1]
    nodes = [
        helper.make_node("Transpose", ["image"], [f"{middle} before"], perm=[0, 3, 1, 2], doc_string="a long story"),
        helper.make_node(
            "Conv", [f"{middle} before", weight, bias], [middle], f"node {middle}", kernel_shape=[1, 1], group=1
        ),
        helper.make_node("ReduceMean", [middle], [last], axes=[2, 3], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "converted from b'__inference_<lambda>_644'",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 2])],
        constants[::-1] if swapped else constants,
    )
    sets = [
        helper.make_opsetid(domain, version) for domain, version in (("", 17), ("ai.onnx.ml", 2), ("com.microsoft", 1))
    ]
    return helper.make_model(graph, opset_imports=sets[::-1] if swapped else sets, ir_version=8)


def test_names_and_order_of_the_converter_leave_no_trace() -> None:
    one = tidy(network("w", "b", "c", "Identity:0"), name="edge", output="logits")
    other = tidy(network("const__54", "const__53", "x", "y", swapped=True), name="edge", output="logits")
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


def test_the_graph_describes_its_input_and_output() -> None:
    graph = tidy(network("w", "b", "c", "Identity:0"), name="edge", output="logits").graph
    assert graph.name == "edge"
    assert [node.name for node in graph.node] == ["Transpose_1", "Conv_1", "ReduceMean_1"]
    assert [tensor.name for tensor in graph.initializer] == ["Conv_1.weight", "Conv_1.bias"]
    assert (graph.input[0].name, graph.output[0].name) == ("image", "logits")
    assert "3x3x1" in graph.input[0].doc_string
    assert "2 classes" in graph.output[0].doc_string


def test_only_the_operator_sets_that_are_used_are_imported() -> None:
    sets = tidy(network("w", "b", "c", "d"), name="edge", output="logits").opset_import
    assert [(entry.domain, entry.version) for entry in sets] == [("", 17)]
