"""Quantization of an ONNX graph's input, which ONNX Runtime doesn't tell."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from edge.artifact.formats.onnx import LAYOUTS
from edge.artifact.formats.protobuf import Message, Values

_SCALE_AND_ZERO_POINT = {"DequantizeLinear": 1, "QLinearConv": 1, "QLinearMatMul": 1, "ConvInteger": 0}
"""Operators that take a quantized tensor first -> position of its scale among their inputs, 0: it has none."""
_MOVES_PIXELS_ONLY = ("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity")
_INT8, _UINT8, _FLOAT = 3, 2, 1


def input_quantization(network: bytes) -> tuple[float, int]:
    """Find scale and zero point of the 8-bit input of a graph.

    Args:
        network: a verified model.

    Returns:
        Scale and zero point; (1.0, 0) where its first operator takes the stored numbers as they are, such as Cast.

    Raises:
        MalformedModelError: the model is malformed.
    """
    graph = Message(network, LAYOUTS).read("ModelProto").get("graph", {})
    constants = {tensor.get("name"): tensor for tensor in graph.get("initializer", [])}
    constants |= {
        node["output"][0]: attribute["t"]
        for node in graph.get("node", [])
        if node.get("op_type") == "Constant" and node.get("output")
        for attribute in node.get("attribute", [])
        if "t" in attribute
    }
    names = [value.get("name") for value in graph.get("input", []) if value.get("name") not in constants]
    for node in graph.get("node", []):
        inputs: Sequence[str] = node.get("input", [])
        if node.get("op_type") in _MOVES_PIXELS_ONLY and inputs and inputs[0] in names:
            names += node.get("output", [])
        place = _SCALE_AND_ZERO_POINT.get(node.get("op_type", ""), 0)
        if place and inputs and inputs[0] in names:
            scale, zero_point = (_scalar(constants.get(name)) for name in (*inputs[place : place + 2], "", "")[:2])
            return float(scale if scale is not None else 1.0), int(zero_point or 0)
    return 1.0, 0


def _scalar(tensor: Values | None) -> float | None:
    """Return the first number of a constant: float32, int8 or uint8, raw or typed."""
    if tensor is None:
        return None
    kind, raw = tensor.get("data_type"), bytes(tensor.get("raw_data", b""))
    if kind == _FLOAT:
        packed = raw[:4] or bytes(tensor["float_data"][0] if tensor.get("float_data") else b"")
        return float(struct.unpack("<f", packed)[0]) if len(packed) == 4 else None
    if kind in (_INT8, _UINT8):
        if raw:
            return float(struct.unpack("<b" if kind == _INT8 else "<B", raw[:1])[0])
        return float(tensor["int32_data"][0]) if tensor.get("int32_data") else None
    return None
