"""ONNX's schema, and the check of a network's bounds: every length, no loop, and no file beside it.

Operators, shapes, constants and quantization are left to ONNX Runtime: it refuses what is wrong with them, or crashes
on it in the child process that tries each file first (docs/hardening.md has the measurement). Numbers are those of
onnx.proto (github.com/onnx/onnx), which a test compares with the onnx package's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.protobuf import Field, Layouts, Message, Values, pieces

_METADATA_PROPS, _BYTES = 14, 2  # field of a ModelProto, and how it is stored
_MAX_METADATA = 64

LAYOUTS: Layouts = {
    "ModelProto": {
        1: Field("ir_version", "int"), 2: Field("producer_name", "string"), 3: Field("producer_version", "string"),
        4: Field("domain", "string"), 5: Field("model_version", "int"), 6: Field("doc_string", "string"),
        7: Field("graph", "GraphProto"), 8: Field("opset_import", "OperatorSetIdProto", is_list=True),
        20: Field("training_info", ""), 25: Field("functions", ""),
    },
    "OperatorSetIdProto": {1: Field("domain", "string"), 2: Field("version", "int")},
    "GraphProto": {
        1: Field("node", "NodeProto", is_list=True), 2: Field("name", "string"),
        5: Field("initializer", "TensorProto", is_list=True), 10: Field("doc_string", "string"),
        11: Field("input", "ValueInfoProto", is_list=True), 12: Field("output", "ValueInfoProto", is_list=True),
        13: Field("value_info", "ValueInfoProto", is_list=True),
        14: Field("quantization_annotation", ""), 15: Field("sparse_initializer", ""),
        16: Field("metadata_props", "StringStringEntryProto", is_list=True),
    },
    "NodeProto": {
        1: Field("input", "string", is_list=True), 2: Field("output", "string", is_list=True),
        3: Field("name", "string"), 4: Field("op_type", "string"),
        5: Field("attribute", "AttributeProto", is_list=True), 6: Field("doc_string", "string"),
        7: Field("domain", "string"), 8: Field("overload", ""),
        9: Field("metadata_props", "StringStringEntryProto", is_list=True),
    },
    "AttributeProto": {
        1: Field("name", "string"), 2: Field("f", "float"), 3: Field("i", "int"), 4: Field("s", "bytes"),
        5: Field("t", "TensorProto"), 6: Field("g", ""), 7: Field("floats", "float", is_list=True),
        8: Field("ints", "int", is_list=True), 9: Field("strings", "bytes", is_list=True), 10: Field("tensors", ""),
        11: Field("graphs", ""), 13: Field("doc_string", "string"), 14: Field("tp", ""),
        15: Field("type_protos", ""), 20: Field("type", "int"), 21: Field("ref_attr_name", ""),
        22: Field("sparse_tensor", ""), 23: Field("sparse_tensors", ""),
    },
    "TensorProto": {
        1: Field("dims", "int", is_list=True), 2: Field("data_type", "int"), 3: Field("segment", ""),
        4: Field("float_data", "float", is_list=True), 5: Field("int32_data", "int", is_list=True),
        6: Field("string_data", ""), 7: Field("int64_data", "int", is_list=True), 8: Field("name", "string"),
        9: Field("raw_data", "bytes"), 10: Field("double_data", "bytes", is_list=True),
        11: Field("uint64_data", "int", is_list=True),
        12: Field("doc_string", "string"), 13: Field("external_data", ""), 14: Field("data_location", "int"),
    },
    "ValueInfoProto": {
        1: Field("name", "string"), 2: Field("type", "TypeProto"), 3: Field("doc_string", "string"),
        4: Field("metadata_props", "StringStringEntryProto", is_list=True),
    },
    "TypeProto": {
        1: Field("tensor_type", "TypeProto.Tensor"), 4: Field("sequence_type", ""), 5: Field("map_type", ""),
        6: Field("denotation", "string"), 8: Field("sparse_tensor_type", ""), 9: Field("optional_type", ""),
    },
    "TypeProto.Tensor": {1: Field("elem_type", "int"), 2: Field("shape", "TensorShapeProto")},
    "TensorShapeProto": {1: Field("dim", "TensorShapeProto.Dimension", is_list=True)},
    "TensorShapeProto.Dimension": {
        1: Field("dim_value", "int"), 2: Field("dim_param", "string"), 3: Field("denotation", "string"),
    },
    "StringStringEntryProto": {1: Field("key", "string"), 2: Field("value", "string")},
}  # fmt: skip
"""Message -> number -> field, without metadata_props of a ModelProto, which never reaches the library.

A field without a kind must be absent: graphs in attributes (loops, branches), functions, and data in other files.
"""


def split_onnx(content: bytes) -> tuple[bytes, list[bytes]]:
    """Take a model apart: the model without its metadata_props, and each of those (a StringStringEntryProto).

    Raises:
        MalformedModelError: it ends in the middle of a field, or its metadata is no list of at most 64 entries.
    """
    network: list[bytes] = []
    metadata: list[bytes] = []
    kept = 0
    for piece in pieces(content, 0, len(content)):
        if piece.number != _METADATA_PROPS:
            continue
        if piece.wire != _BYTES or len(metadata) == _MAX_METADATA:
            raise MalformedModelError("its metadata is malformed")
        network.append(content[kept : piece.start])
        metadata.append(content[slice(*piece.value)])
        kept = piece.end
    return b"".join((*network, content[kept:])), metadata


def check_network(network: bytes) -> int:
    """Follow every length of a model, and refuse subgraphs and constants in other files.

    Args:
        network: the model without its metadata.

    Returns:
        The number of its operators.

    Raises:
        MalformedModelError: something leads outside, or the network has loops or unusual parts.
    """
    graph = Message(network, LAYOUTS).read("ModelProto").get("graph")
    if graph is None:
        raise MalformedModelError("it has no graph")
    if any(tensor.get("data_location", 0) for tensor in _constants(graph)):
        raise MalformedModelError("a constant lies in another file")
    return len(graph.get("node", []))


def _constants(graph: Values) -> Iterator[Values]:
    yield from graph.get("initializer", [])
    attributes = (attribute for node in graph.get("node", []) for attribute in node.get("attribute", []))
    yield from (attribute["t"] for attribute in attributes if "t" in attribute)
