"""Quantization of an ONNX input, read from graphs that the onnx package builds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edge.artifact.formats.onnx_input import input_quantization

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # after the check that it is there


def model(nodes: list[Any], constants: dict[str, Any], kind: int = TensorProto.UINT8) -> bytes:
    """Return a graph from `image` to `scores`."""
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("image", kind, [1, 2, 2, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.array(value), name) for name, value in constants.items()],
    )  # fmt: skip
    return bytes(helper.make_model(graph).SerializeToString())


GRID = {"s": np.float32(1 / 128), "z": np.uint8(127)}


def test_the_first_dequantize_node_has_it() -> None:
    node = helper.make_node("DequantizeLinear", ["image", "s", "z"], ["scores"])
    assert input_quantization(model([node], GRID)) == (1 / 128, 127)
    signed = GRID | {"z": np.int8(-5)}
    assert input_quantization(model([node], signed, TensorProto.INT8)) == (1 / 128, -5)


def test_nodes_that_only_move_pixels_are_followed() -> None:
    nodes = [
        helper.make_node("Transpose", ["image"], ["moved"], perm=[0, 3, 1, 2]),
        helper.make_node("DequantizeLinear", ["moved", "s", "z"], ["scores"]),
    ]
    assert input_quantization(model(nodes, GRID)) == (1 / 128, 127)


def test_a_missing_zero_point_is_0() -> None:
    node = helper.make_node("DequantizeLinear", ["image", "s"], ["scores"])
    assert input_quantization(model([node], {"s": np.float32(0.5)})) == (0.5, 0)


def test_constants_may_be_nodes() -> None:
    scale = helper.make_node("Constant", [], ["s"], value=helper.make_tensor("v", TensorProto.FLOAT, [], [0.25]))
    zero = helper.make_node("Constant", [], ["z"], value=helper.make_tensor("v", TensorProto.UINT8, [], [3]))
    node = helper.make_node("DequantizeLinear", ["image", "s", "z"], ["scores"])
    assert input_quantization(model([scale, zero, node], {})) == (0.25, 3)


def test_integer_convolutions_name_it_too() -> None:
    weights = {"w": np.ones((1, 2, 2, 3), np.int8), "ws": np.float32(1), "wz": np.int8(0)}
    inputs = ["image", "s", "z", "w", "ws", "wz", "s", "z"]
    node = helper.make_node("QLinearConv", inputs, ["scores"])
    assert input_quantization(model([node], GRID | weights)) == (1 / 128, 127)


def test_a_cast_takes_the_stored_numbers() -> None:
    node = helper.make_node("Cast", ["image"], ["scores"], to=TensorProto.FLOAT)
    assert input_quantization(model([node], {})) == (1.0, 0)
