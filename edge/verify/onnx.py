"""Whether an ONNX network is sound: structure, shapes, sizes, quantization and operators; no file beside it is read."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.formats.malformed import MAX_IMAGE, DamagedError, ForeignOperatorError
from edge.artifact.formats.onnx_schema import LAYOUTS, OPERATORS, RANGES, TYPES
from edge.artifact.formats.protobuf import Message, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_AXES = 6
_MAX_BYTES = 128 * 2**20  # of all tensors whose shapes the file tells
_SCALES = (1e-15, 1e9)  # products and quotients of two of them are still numbers
_GRIDS = ("QuantizeLinear", "DequantizeLinear")
_OUR_DOMAINS = ("", "ai.onnx")


def check_network(network: bytes) -> list[str]:
    """Check a model without its metadata.

    Returns:
        The names of its operators, in the order of execution.

    Raises:
        DamagedError: what is wrong with it.
    """
    model = Message(network, LAYOUTS).read("ModelProto")
    graph = model.get("graph")
    if graph is None or not model.get("ir_version"):
        raise DamagedError("it has no graph")
    constants = _constants(graph)
    inputs = [_name(value) for value in graph.get("input", []) if _name(value) not in constants]
    outputs = [_name(value) for value in graph.get("output", [])]
    if len(inputs) != 1 or len(outputs) != 1:
        raise DamagedError(f"it has {len(inputs)} inputs and {len(outputs)} outputs: a classifier has one of each")
    _check_shapes(graph, constants)
    known = _walk(graph.get("node", []), constants, {*inputs, *constants})
    if outputs[0] not in known:
        raise DamagedError("no operator makes its output")
    return [node["op_type"] for node in graph.get("node", [])]


def _name(values: Values) -> str:
    name = values.get("name", "")
    if not name:
        raise DamagedError("it has a tensor without a name")
    return str(name)


def _constants(graph: Values) -> dict[str, NDArray[Any]]:
    """Name -> array of every constant of the graph."""
    found: dict[str, NDArray[Any]] = {}
    for tensor in graph.get("initializer", []):
        name = _name(tensor)
        if name in found:
            raise DamagedError(f"it has two constants called {name!r}")
        found[name] = _array(tensor, name)
    return found


def _array(tensor: Values, name: str) -> NDArray[Any]:
    """The constant's values, in the file's own order; never those of another file."""
    dtype = TYPES.get(tensor.get("data_type", 0))
    if dtype is None or tensor.get("data_location", 0):
        raise DamagedError(f"constant {name!r} is of a kind that no image classifier needs, or lies in another file")
    shape = tensor.get("dims", [])
    if len(shape) > _MAX_AXES or min(shape, default=1) < 0 or math.prod(shape) > _MAX_BYTES:
        raise DamagedError(f"constant {name!r} has shape {tuple(shape[: _MAX_AXES + 1])}")
    stores = [store for store in ("raw_data", "float_data", "int32_data", "int64_data") if store in tensor]
    if len(stores) > 1:
        raise DamagedError(f"constant {name!r} has its values twice")
    array = _stored(tensor, stores[0], dtype) if stores else np.empty(0, dtype)
    if len(array) != math.prod(shape):
        raise DamagedError(f"constant {name!r} has {len(array):,} values for {dtype} {tuple(shape)}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DamagedError(f"constant {name!r} holds numbers that aren't finite")
    return array


def _stored(tensor: Values, store: str, dtype: str) -> NDArray[Any]:
    content = tensor[store]
    if store == "raw_data":
        if len(content) % np.dtype(dtype).itemsize:
            raise DamagedError(f"constant {tensor.get('name', '')!r} holds a part of a number")
        return np.frombuffer(content, np.dtype(dtype).newbyteorder("<"))
    if store == "float_data":
        bits = b"".join(content)
        if len(bits) % 4:
            raise DamagedError(f"constant {tensor.get('name', '')!r} holds a part of a number")
        return np.frombuffer(bits, "<f4")
    return np.array(content, np.int64)


def _check_shapes(graph: Values, constants: dict[str, NDArray[Any]]) -> None:
    """What the file says of its tensors' sizes; the library believes a part of it."""
    total = sum(array.nbytes for array in constants.values())
    for value in (*graph.get("input", []), *graph.get("output", []), *graph.get("value_info", [])):
        tensor = value.get("type", {}).get("tensor_type", {})
        sizes = [size.get("dim_value", 1) for size in tensor.get("shape", {}).get("dim", [])]
        if len(sizes) > _MAX_AXES or min(sizes, default=1) < 1:
            raise DamagedError(f"tensor {_name(value)!r} has shape {tuple(sizes[: _MAX_AXES + 1])}")
        if math.prod(sizes) > MAX_IMAGE and value in graph["input"]:
            raise DamagedError(f"it takes images of {tuple(sizes)}: at most {MAX_IMAGE:,} pixels")
        total += math.prod(sizes) * np.dtype(TYPES.get(tensor.get("elem_type", 1), "int64")).itemsize
    if total > _MAX_BYTES:
        raise DamagedError(f"its tensors take more than {_MAX_BYTES:,} bytes")


def _walk(nodes: list[Values], constants: dict[str, NDArray[Any]], known: set[str]) -> set[str]:
    """Walk the operators in order: what each reads is there by then, and nothing is made twice."""
    for node in nodes:
        name = node.get("op_type", "")
        if name not in OPERATORS or node.get("domain", "") not in _OUR_DOMAINS:
            raise ForeignOperatorError(repr(name))
        given = [value for value in node.get("input", []) if value]  # an empty name: left out
        if not known.issuperset(given):
            raise DamagedError(f"a {name} reads what no operator has made")
        made = [value for value in node.get("output", []) if value]
        if not made or len(set(made)) != len(made) or not known.isdisjoint(made):
            raise DamagedError(f"a {name} writes where it may not")
        known.update(made)
        for attribute in node.get("attribute", []):
            _check_attribute(attribute, name)
        if name in _GRIDS:
            _check_grid(node, constants, name)
    return known


def _check_attribute(attribute: Values, operator: str) -> None:
    name = attribute.get("name", "")
    if "t" in attribute:
        _array(attribute["t"], name)
    numbers = [struct.unpack("<f", bits)[0] for bits in (attribute.get("f"), *attribute.get("floats", [])) if bits]
    if not all(map(math.isfinite, numbers)):
        raise DamagedError(f"a {operator} has {name} {numbers[:3]}")
    least, most = RANGES.get(name, (-(2**31), 2**31))
    whole = [*([attribute["i"]] if "i" in attribute else []), *attribute.get("ints", [])]
    if not all(least <= number <= most for number in whole):
        raise DamagedError(f"a {operator} has {name} {whole[:8]}: expected {least} to {most}")


def _check_grid(node: Values, constants: dict[str, NDArray[Any]], operator: str) -> None:
    given = node.get("input", [])
    scale = constants.get(given[1]) if len(given) > 1 else None
    least, most = _SCALES
    if scale is None or scale.dtype.kind != "f" or not scale.size or not ((scale >= least) & (scale <= most)).all():
        raise DamagedError(f"a {operator} has a scale that isn't a number from {least} to {most:g}")
