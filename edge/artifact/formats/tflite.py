"""TFLite's schema, and the check of a network's bounds: every offset, every index, and the order of execution.

Operators with their options, shapes, sizes and quantization are left to the interpreter: it refuses what is wrong with
them, or crashes on it in the child process that tries each file first (docs/hardening.md has the measurement). Numbers
and order are those of schema.fbs (github.com/google-ai-edge/LiteRT), which a test compares with LiteRT's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.flatbuffer import Field, Flatbuffer, Layouts, Values

LAYOUTS: Layouts = {
    "Model": (
        Field("version", "uint32"), Field("operator_codes", "[OperatorCode]"), Field("subgraphs", "[SubGraph]"),
        Field("description", "string"), Field("buffers", "[Buffer]"), Field("metadata_buffer", "[int32]"),
        Field("metadata", "[Metadata]"), Field("signature_defs", "[SignatureDef]"),
    ),
    "OperatorCode": (
        Field("deprecated_builtin_code", "int8"), Field("custom_code", "string"), Field("version", "int32"),
        Field("builtin_code", "int32"),
    ),
    "SubGraph": (
        Field("tensors", "[Tensor]"), Field("inputs", "[int32]"), Field("outputs", "[int32]"),
        Field("operators", "[Operator]"), Field("name", "string"), Field("debug_metadata_index", "int32"),
    ),
    "Tensor": (
        Field("shape", "[int32]"), Field("type", "int8"), Field("buffer", "uint32"), Field("name", "string"),
        Field("quantization", "QuantizationParameters"), Field("is_variable", "bool"), Field("sparsity", ""),
        Field("shape_signature", "[int32]"), Field("has_rank", "bool"),
    ),
    "QuantizationParameters": (
        Field("min", "[float32]"), Field("max", "[float32]"), Field("scale", "[float32]"),
        Field("zero_point", "[int64]"), Field("details_type", "uint8"), Field("details", ""),
        Field("quantized_dimension", "int32"),
    ),
    "Operator": (
        Field("opcode_index", "uint32"), Field("inputs", "[int32]"), Field("outputs", "[int32]"),
        Field("builtin_options_type", "uint8"), Field("builtin_options", "table"),
        Field("custom_options", "[uint8]"), Field("custom_options_format", "int8"),
        Field("mutating_variable_inputs", "[bool]"), Field("intermediates", "[int32]"),
        Field("large_custom_options_offset", "uint64"), Field("large_custom_options_size", "uint64"),
        Field("builtin_options_2_type", "uint8"), Field("builtin_options_2", ""),
        Field("debug_metadata_index", "int32"),
    ),
    "Buffer": (Field("data", "[uint8]"), Field("offset", "uint64"), Field("size", "uint64")),
    "Metadata": (Field("name", "string"), Field("buffer", "uint32")),
    "SignatureDef": (
        Field("inputs", "[TensorMap]"), Field("outputs", "[TensorMap]"), Field("signature_key", "string"),
        Field("deprecated_3", "string"), Field("subgraph_index", "uint32"),
    ),
    "TensorMap": (Field("name", "string"), Field("tensor_index", "uint32")),
    "FullyConnectedOptions": (
        Field("fused_activation_function", "int8"), Field("weights_format", "int8"), Field("keep_num_dims", "bool"),
        Field("asymmetric_quantize_inputs", "bool"), Field("quantized_bias_type", "int8"), Field("quant_spec", ""),
    ),
    "ConcatEmbeddingsOptions": (
        Field("num_channels", "int32"), Field("num_columns_per_channel", "[int32]"),
        Field("embedding_dim_per_channel", "[int32]"),
    ),
    "ReshapeOptions": (Field("new_shape", "[int32]"),),
    "SqueezeOptions": (Field("squeeze_dims", "[int32]"),),
    "VarHandleOptions": (Field("container", "string"), Field("shared_name", "string")),
    "BucketizeOptions": (Field("boundaries", "[float32]"),),
}  # fmt: skip

OPTIONS_WITH_OFFSETS = {
    3: "ConcatEmbeddingsOptions", 8: "FullyConnectedOptions", 17: "ReshapeOptions", 30: "SqueezeOptions",
    111: "VarHandleOptions", 115: "BucketizeOptions",
}  # fmt: skip
"""Number in the union BuiltinOptions -> layout. All other options are plain numbers, whose table alone has bounds."""


def check_network(network: bytes) -> int:
    """Follow every offset and index of a flatbuffer, and check that no operator reads what none has made.

    Args:
        network: the flatbuffer, without what is appended to it.

    Returns:
        The number of its operators.

    Raises:
        MalformedModelError: something leads outside, or the network has loops or unusual parts.
    """
    buffer = Flatbuffer(network, LAYOUTS)
    model = buffer.root("Model")
    graphs, buffers, codes = (model.get(name, []) for name in ("subgraphs", "buffers", "operator_codes"))
    if len(graphs) != 1:  # each loop, branch or call has a graph of its own
        raise MalformedModelError(f"it has {len(graphs)} graphs: a classifier has one")
    if any(content.get("offset", 0) > 1 or content.get("size", 0) > 1 for content in buffers):
        raise MalformedModelError("it has data outside of the flatbuffer")
    tensors, operators = graphs[0].get("tensors", []), graphs[0].get("operators", [])
    _check_indices((tensor.get("buffer", 0) for tensor in tensors), buffers, "buffer")
    _check_indices((entry.get("buffer", 0) for entry in model.get("metadata", [])), buffers, "buffer")
    _check_indices(model.get("metadata_buffer", ()), buffers, "buffer")
    for signature in model.get("signature_defs", []):
        _check_indices([signature.get("subgraph_index", 0)], graphs, "graph")
        entries = (*signature.get("inputs", []), *signature.get("outputs", []))
        _check_indices((entry.get("tensor_index", 0) for entry in entries), tensors, "tensor")
    _check_indices((operator.get("opcode_index", 0) for operator in operators), codes, "operator")
    for operator in operators:
        _check_options(buffer, operator)
    _check_order(graphs[0], buffers)
    return len(operators)


def _check_indices(indices: Iterable[Any], entries: Sequence[Any], name: str) -> None:
    for index in indices:
        if not 0 <= index < len(entries):
            raise MalformedModelError(f"{name} {index} of {len(entries)} is asked for")


def _check_options(buffer: Flatbuffer, operator: Values) -> None:
    if operator.get("large_custom_options_offset", 0) > 1:
        raise MalformedModelError("an operator has options outside of the flatbuffer")
    number, position = operator.get("builtin_options_type", 0), operator.get("builtin_options")
    if position is not None:
        buffer.table(position, OPTIONS_WITH_OFFSETS.get(number))
    elif number:
        raise MalformedModelError("an operator has lost its options")


def _check_order(graph: Values, buffers: list[Values]) -> None:
    """Walk the operators in order: what each reads exists by then, and none writes over a constant or a result.

    The interpreter checks neither. It would compute with whatever the memory held before.
    """
    tensors = graph.get("tensors", [])
    known = {
        number for number, tensor in enumerate(tensors)
        if tensor.get("is_variable") or len(buffers[tensor.get("buffer", 0)].get("data", ()))
    }  # fmt: skip
    known.update(_indices(graph.get("inputs", ()), tensors))
    for operator in graph.get("operators", []):
        if not known.issuperset(_indices(operator.get("inputs", ()), tensors)):
            raise MalformedModelError("an operator reads what none has made")
        results = _indices(operator.get("outputs", ()), tensors)
        if not results or len(set(results)) != len(results) or not known.isdisjoint(results):
            raise MalformedModelError("an operator writes where it may not")
        known.update(results)
        _check_indices((index for index in operator.get("intermediates", ()) if index != -1), tensors, "tensor")
    if not known.issuperset(_indices(graph.get("outputs", ()), tensors)):
        raise MalformedModelError("no operator makes its output")


def _indices(indices: Iterable[Any], tensors: Sequence[Any]) -> list[int]:
    """Return the indices but for -1, which stands for a tensor that is left out."""
    numbers = [int(index) for index in indices if index != -1]
    _check_indices(numbers, tensors, "tensor")
    return numbers
