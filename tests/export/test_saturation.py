"""Pairs of int8 weights whose products fit into 16 bits, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import helper, numpy_helper

from export import saturation


def model(operator: str, weights: NDArray[Any], *, is_quantized: bool = False, **attributes: int) -> onnx.ModelProto:
    """A graph of one layer; quantized, its weights come through a DequantizeLinear."""
    nodes = [helper.make_node(operator, ["image", "real" if is_quantized else "w"], ["out"], **attributes)]
    if is_quantized:
        nodes.insert(0, helper.make_node("DequantizeLinear", ["w", "scale"], ["real"]))
    graph = helper.make_graph(nodes, "layer", [], [], [numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph)


@pytest.mark.parametrize(
    ("operator", "attributes", "weights", "expected"),
    [
        # (output, input, row, column): in the kernel's order 100, 27, -5, 90, so the pairs are (100, 27) and (-5, 90).
        ("Conv", {}, [[[[100, -5]], [[27, 90]]]], 127),
        ("Conv", {}, [[[[-100, 3]], [[-120, 4]]]], 220),
        ("Conv", {"group": 2}, [[[[100, 100]]], [[[100, 100]]]], 0),  # depthwise: added in 32 bits
        ("MatMul", {}, [[100, 1], [50, 2], [127, 3]], 150),  # a column is a channel; the third row has no neighbour
        ("Gemm", {"transB": 1}, [[100, 50, 127], [1, 2, 3]], 150),
        ("MatMul", {}, [[-100], [100]], 0),  # of two signs: they can't add up
        ("Relu", {}, [[127, 127]], 0),
    ],
)
def test_the_largest_pair(operator: str, attributes: dict[str, int], weights: list[Any], expected: int) -> None:
    if operator == "Relu":
        found = model("MatMul", np.array(weights, np.float32))  # float weights are none of int8
    else:
        found = model(operator, np.array(weights, np.int8), is_quantized=True, **attributes)
    assert saturation.largest_pair(found) == expected


def limited(weights: list[list[float]]) -> tuple[list[float], NDArray[np.float32]]:
    """Scales and rounded weights of a dense layer, one row a channel."""
    layer = model("Gemm", np.array(weights, np.float32), transB=1)
    overrides = saturation.limit_pairs(layer)
    return [float(entry["scale"]) for entry in overrides["w"]], numpy_helper.to_array(layer.graph.initializer[0])


def test_a_scale_with_room_for_the_largest_pair_is_taken_where_it_is_exact() -> None:
    scales, rounded = limited([[1.0, 1.0, -0.5, 0.25]])
    assert scales == [2 / 128]  # 1.0 is 64 of these, and two of them are 128
    assert rounded.tolist() == [[1.0, 1.0, -0.5, 0.25]]


def test_the_usual_scale_stays_where_no_pair_is_too_large() -> None:
    scales, rounded = limited([[127.0, -127.0, 64.0, 64.0], [0.0, 0.0, 0.0, 0.0]])
    assert scales == [1.0, 1.0]
    assert rounded.tolist() == [[127.0, -127.0, 64.0, 64.0], [0.0, 0.0, 0.0, 0.0]]


def test_one_offending_pair_among_many_gives_way_and_the_scale_stays() -> None:
    scales, rounded = limited([[127.0, 3.0, *[32.0, -32.0] * 500]])
    assert scales == [1.0]
    assert rounded[0, :2].tolist() == [126.0, 2.0]  # 130 is two too many, shared by both
    assert rounded[0, 2:].tolist() == [32.0, -32.0] * 500


def test_weights_stay_where_they_were_in_a_convolution() -> None:
    weights = np.arange(-12, 12, dtype=np.float32).reshape(2, 3, 2, 2)
    layer = model("Conv", weights)
    saturation.limit_pairs(layer)
    assert np.abs(numpy_helper.to_array(layer.graph.initializer[0]) - weights).max() < 0.1  # steps of 12/127 and less


@settings(max_examples=100, deadline=None, derandomize=True)
@given(arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=st.floats(-3, 3, width=32)))
def test_no_pair_is_too_large_and_no_weight_is_further_off_than_a_whole_bit(weights: NDArray[np.float32]) -> None:
    layer = model("Gemm", weights, transB=1)
    overrides = saturation.limit_pairs(layer)
    scales = np.array([entry["scale"] for entry in overrides["w"]], np.float64)
    rounded = numpy_helper.to_array(layer.graph.initializer[0])
    stored = np.rint(rounded / scales[:, np.newaxis])
    assert saturation.largest_pair(model("Gemm", stored.astype(np.int8), is_quantized=True, transB=1)) <= 128
    # Halving every weight is always allowed: the chosen scale can't do worse than rounding to that grid.
    coarse = np.maximum(np.abs(weights).max(axis=1) / 64, 1e-30)[:, np.newaxis]
    worst = ((np.rint(weights / coarse) * coarse - weights) ** 2).sum(axis=1)
    assert (
        ((rounded - weights) ** 2).sum(axis=1) <= np.maximum(worst, weights.shape[1] * coarse[:, 0] ** 2 / 4) + 1e-9
    ).all()
