"""Facts about an ONNX network: tensors, operators by name, and the operator sets that it needs."""

from __future__ import annotations

from collections.abc import Iterable

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.network_summary import FREE, NetworkSummary, TensorFacts
from edge.artifact.formats.onnx import LAYOUTS
from edge.artifact.formats.onnx_input import input_quantization
from edge.artifact.formats.protobuf import Message, Values

ELEMENT_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
}  # fmt: skip
"""Number of TensorProto.DataType -> name."""
_FLOAT16 = 10
_INTEGER_OPERATORS = ("QuantizeLinear", "QLinear", "QGemm")  # beginnings of names
_DYNAMIC_OPERATORS = ("DynamicQuantize", "ConvInteger", "MatMulInteger", "DequantizeLinear")


def summarise(network: bytes) -> NetworkSummary:
    """Read the facts of a model.

    Args:
        network: the model without its metadata.

    Raises:
        MalformedModelError: it is malformed, or has no graph.
    """
    model = Message(network, LAYOUTS).read("ModelProto")
    graph = model.get("graph")
    if graph is None:
        raise MalformedModelError("it has no graph")
    constants = graph.get("initializer", [])
    names = {tensor.get("name") for tensor in constants}
    operators = tuple(_operator(node) for node in graph.get("node", []))
    inputs = [_facts(value) for value in graph.get("input", []) if value.get("name") not in names]
    if len(inputs) == 1 and inputs[0].dtype in ("uint8", "int8"):
        scale, zero_point = input_quantization(network)
        inputs = [TensorFacts(inputs[0].name, inputs[0].dtype, inputs[0].shape, scale, zero_point)]
    sets = {entry.get("domain") or "ai.onnx": entry.get("version", 0) for entry in model.get("opset_import", [])}
    return NetworkSummary(
        inputs=tuple(inputs),
        outputs=tuple(_facts(value) for value in graph.get("output", [])),
        operators=operators,
        quantization=_quantization(operators, constants),
        needs={"opset": sets, "ir_version": model.get("ir_version", 0)},
    )


def _operator(node: Values) -> str:
    """Return an operator's name, behind its domain where that isn't ONNX's own."""
    domain, name = node.get("domain", ""), node.get("op_type", "")
    return name if domain in ("", "ai.onnx") else f"{domain}.{name}"


def _facts(value: Values) -> TensorFacts:
    tensor = value.get("type", {}).get("tensor_type", {})
    number = tensor.get("elem_type", 0)
    sizes = tensor.get("shape", {}).get("dim", [])
    return TensorFacts(
        name=value.get("name", ""),
        dtype=ELEMENT_TYPES.get(number, f"type {number}"),
        shape=tuple(size["dim_value"] if "dim_value" in size else size.get("dim_param") or FREE for size in sizes),
    )


def _quantization(operators: Iterable[str], constants: Iterable[Values]) -> str:
    """Tell the kind of quantization by the operators; only the weights are quantized if nothing quantizes the rest."""
    plain = {name.rpartition(".")[2] for name in operators}
    if any(name.startswith(_INTEGER_OPERATORS) for name in plain):
        return "int8"
    if any(name.startswith(_DYNAMIC_OPERATORS) for name in plain):
        return "dynamic"
    return "float16" if any(tensor.get("data_type") == _FLOAT16 for tensor in constants) else "none"
