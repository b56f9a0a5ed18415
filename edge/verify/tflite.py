"""Whether a TFLite network is sound: structure, shapes, sizes, quantization and operators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.formats.flatbuffer import Flatbuffer, Values
from edge.artifact.formats.malformed import MAX_IMAGE, DamagedError, ForeignOperatorError
from edge.artifact.formats.tflite_schema import LAYOUTS, OPERATORS, RANGES, TAKE_SIZES, TYPES, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_AXES = 6
_MAX_SIZE = 2**20  # of one axis that an operator is told
_MAX_BYTES = 128 * 2**20  # of all tensors together, more than an interpreter has at one time
_MOST_NEGATIVE = {"uint8": 0, "int8": -128, "int16": 0, "int32": 0, "int64": 0}
_MOST_POSITIVE = {"uint8": 255, "int8": 127, "int16": 0, "int32": 0, "int64": 0}
_FLOATS = ("float32", "float16")
_SCALES = (1e-15, 1e9)  # products and quotients of two of them are still numbers


def check_network(network: bytes) -> list[str]:
    """Check a flatbuffer.

    Returns:
        The names of its operators, in the order of execution.

    Raises:
        DamagedError: what is wrong with it.
    """
    buffer = Flatbuffer(network, LAYOUTS)
    model = buffer.root("Model")
    if model.get("version") != 3:
        raise DamagedError(f"it has version {model.get('version')} of the format: expected 3")
    graphs = model.get("subgraphs", [])
    if len(graphs) != 1:
        raise DamagedError(f"it has {len(graphs)} graphs: a classifier has one")
    graph, buffers = graphs[0], model.get("buffers", [])
    tensors = graph.get("tensors", [])
    _check_buffers(buffers)
    _check_tensors(tensors, buffers)
    kinds = [_kind(code) for code in model.get("operator_codes", [])]
    for metadata in model.get("metadata", []):
        _at(buffers, metadata.get("buffer", 0), "buffer")
    for index in model.get("metadata_buffer", ()):
        _at(buffers, int(index), "buffer")
    _check_signatures(model, tensors)
    return _check_flow(buffer, graph, buffers, kinds)


def _check_buffers(buffers: list[Values]) -> None:
    if not buffers or len(buffers[0].get("data", ())):
        raise DamagedError("its first buffer isn't the empty one")
    if any(content.get("offset", 0) > 1 or content.get("size", 0) > 1 for content in buffers):
        raise DamagedError("it has data outside of the flatbuffer")


def _check_tensors(tensors: list[Values], buffers: list[Values]) -> None:
    total = 0
    for number, tensor in enumerate(tensors):
        dtype = TYPES.get(tensor.get("type", 0))
        if dtype is None:
            raise DamagedError(f"tensor {number} has type {tensor.get('type')}, which no image classifier needs")
        if tensor.get("is_variable"):
            raise DamagedError(f"tensor {number} is a variable: a classifier has no memory")
        shape = _shape(tensor, number)
        total += math.prod(shape) * np.dtype(dtype).itemsize
        if total > _MAX_BYTES:
            raise DamagedError(f"its tensors take more than {_MAX_BYTES:,} bytes")
        data = _at(buffers, tensor.get("buffer", 0), "buffer").get("data", ())
        if len(data):
            _check_constant(data, dtype, shape, number)
        if "quantization" in tensor:
            _check_quantization(tensor["quantization"], dtype, shape, number)


def _shape(tensor: Values, number: int) -> tuple[int, ...]:
    shape = tuple(int(size) for size in tensor.get("shape", ())[: _MAX_AXES + 1])
    if len(shape) > _MAX_AXES or min(shape, default=1) < 1:
        raise DamagedError(f"tensor {number} has shape {shape}")
    signature = tensor.get("shape_signature", ())
    if len(signature) not in (0, len(shape)) or any(int(size) < -1 for size in signature):
        raise DamagedError(f"tensor {number} contradicts its own shape")
    return shape


def _check_constant(data: NDArray[np.uint8], dtype: str, shape: tuple[int, ...], number: int) -> None:
    if len(data) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise DamagedError(f"tensor {number} has {len(data):,} bytes for {dtype} {shape}")
    if dtype in _FLOATS and not np.isfinite(data.view(dtype)).all():
        raise DamagedError(f"tensor {number} holds numbers that aren't finite")


def _check_quantization(grid: Values, dtype: str, shape: tuple[int, ...], number: int) -> None:
    if grid.get("details_type", 0):
        raise DamagedError(f"tensor {number} is quantized in a way that no image classifier needs")
    scales, zero_points = grid.get("scale", np.empty(0)), grid.get("zero_point", np.empty(0, np.int64))
    least, most = _SCALES
    if not ((scales >= least) & (scales <= most)).all():  # NaN is neither
        raise DamagedError(f"tensor {number} has a scale that isn't a number from {least} to {most:g}")
    if len(zero_points) not in (0, len(scales)):
        raise DamagedError(f"tensor {number} has {len(scales)} scales and {len(zero_points)} zero points")
    low, high = _MOST_NEGATIVE.get(dtype, 0), _MOST_POSITIVE.get(dtype, 0)
    if ((zero_points < low) | (zero_points > high)).any():
        raise DamagedError(f"tensor {number} has a zero point that {dtype} can't hold")
    axis = grid.get("quantized_dimension", 0)
    if len(scales) > 1 and not (0 <= axis < len(shape) and shape[axis] == len(scales)):
        raise DamagedError(f"tensor {number} has {len(scales)} scales along axis {axis} of {shape}")


def _check_signatures(model: Values, tensors: list[Values]) -> None:
    for signature in model.get("signature_defs", []):
        if signature.get("subgraph_index", 0):
            raise DamagedError("a signature names a graph that isn't there")
        for entry in (*signature.get("inputs", []), *signature.get("outputs", [])):
            _at(tensors, entry.get("tensor_index", 0), "tensor")


def _kind(code: Values) -> Kind:
    """The newer of the two fields holds codes above 126."""
    number = max(code.get("builtin_code", 0), code.get("deprecated_builtin_code", 0))
    if number not in OPERATORS or code.get("custom_code"):
        raise ForeignOperatorError(repr(code["custom_code"]) if code.get("custom_code") else f"number {number}")
    return OPERATORS[number]


def _check_flow(buffer: Flatbuffer, graph: Values, buffers: list[Values], kinds: list[Kind]) -> list[str]:
    """Walk the operators in order: what each reads is there by then, and none writes over a constant."""
    tensors = graph.get("tensors", [])
    constant = [bool(len(buffers[tensor.get("buffer", 0)].get("data", ()))) for tensor in tensors]
    known = {number for number, is_constant in enumerate(constant) if is_constant}
    inputs, outputs = (_indices(graph.get(name, ()), tensors) for name in ("inputs", "outputs"))
    if len(inputs) != 1 or len(outputs) != 1 or inputs[0] in known:
        raise DamagedError(f"it has {len(inputs)} inputs and {len(outputs)} outputs: a classifier has one of each")
    if math.prod(shape := _shape(tensors[inputs[0]], inputs[0])) > MAX_IMAGE:
        raise DamagedError(f"it takes images of {shape}: at most {MAX_IMAGE:,} pixels")
    known.update(inputs)
    names = []
    for operator in graph.get("operators", []):
        kind = _at(kinds, operator.get("opcode_index", 0), "operator")
        names.append(kind.name)
        _check_options(buffer, operator, kind)
        _check_inputs(operator, kind, graph, buffers, known)
        results = _indices(operator.get("outputs", ()), tensors)
        if len(results) != 1 or results[0] in known:
            raise DamagedError(f"a {kind.name} writes where it may not")
        known.update(results)
    if outputs[0] not in known:
        raise DamagedError("no operator makes its output")
    return names


def _check_inputs(operator: Values, kind: Kind, graph: Values, buffers: list[Values], known: set[int]) -> None:
    tensors = graph.get("tensors", [])
    given = operator.get("inputs", ())
    fewest, most = kind.inputs
    if not fewest <= len(given) <= most:
        raise DamagedError(f"a {kind.name} has {len(given)} inputs")
    # -1: left out, which a bias may be.
    read = _indices([index for place, index in enumerate(given) if index != -1 or place < 2], tensors)
    if not known.issuperset(read):
        raise DamagedError(f"a {kind.name} reads what no operator has made")
    if kind.name in TAKE_SIZES:
        for index in read[1:]:
            _check_sizes(tensors[index], buffers, kind.name)


def _check_sizes(tensor: Values, buffers: list[Values], operator: str) -> None:
    """What is computed (from the shape of another tensor) can't be looked at."""
    dtype = TYPES[tensor.get("type", 0)]
    if dtype not in ("int32", "int64"):
        raise DamagedError(f"a {operator} takes its sizes from a tensor of {dtype}")
    sizes = np.asarray(buffers[tensor.get("buffer", 0)].get("data", np.empty(0, np.uint8))).view(dtype)
    if len(sizes) > 2 * _MAX_AXES or (np.abs(sizes.astype(np.int64)) > _MAX_SIZE).any():
        raise DamagedError(f"a {operator} has sizes that no image has")


def _check_options(buffer: Flatbuffer, operator: Values, kind: Kind) -> None:
    if len(operator.get("custom_options", ())) or len(operator.get("intermediates", ())):
        raise DamagedError(f"a {kind.name} has options of its own making")
    if operator.get("large_custom_options_offset", 0) > 1 or any(operator.get("mutating_variable_inputs", ())):
        raise DamagedError(f"a {kind.name} has options outside of the flatbuffer")
    if operator.get("builtin_options_2_type", 0):
        raise DamagedError(f"a {kind.name} has the options of another operator")
    number = operator.get("builtin_options_type", 0)
    if number != kind.options and (number or kind.must_have_options):
        raise DamagedError(f"a {kind.name} has the options of another operator")
    if number == 0:
        return
    if "builtin_options" not in operator:
        raise DamagedError(f"a {kind.name} has lost its options")
    _check_values(buffer.table(operator["builtin_options"], kind.layout), kind)


def _check_values(options: Values, kind: Kind) -> None:
    for field in LAYOUTS[kind.layout]:
        if field.name in RANGES:
            least, most, default = RANGES[field.name]
            value = options.get(field.name, default)
            if not least <= value <= most:
                raise DamagedError(f"a {kind.name} has {field.name} {value}: expected {least} to {most}")
        elif field.kind == "float32" and not math.isfinite(options.get(field.name, 0)):
            raise DamagedError(f"a {kind.name} has {field.name} {options[field.name]}")


def _indices(numbers: Sequence[Any] | NDArray[Any], tensors: list[Values]) -> list[int]:
    for number in numbers:
        _at(tensors, int(number), "tensor")
    return [int(number) for number in numbers]


def _at(entries: Sequence[Any], index: int, what: str) -> Any:
    if not 0 <= index < len(entries):
        raise DamagedError(f"{what} {index} of {len(entries)} is asked for")
    return entries[index]
