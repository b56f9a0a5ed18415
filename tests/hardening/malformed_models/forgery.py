"""Forges networks that are well-formed and absurd: shapes, scales, indices and operators are changed one by one.

LiteRT's own schema and the onnx package write them, so that nothing but the forged value is wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from edge.errors import RuntimeMissingError
from tests.hardening.malformed_models.original import Original, Rng, assembled

_SIZES = (0, -1, 1, 2, 3, 7, 255, 65_536, 2**24, 2**31 - 1, -(2**31))
_REALS = (0.0, -0.0, -1.0, float("nan"), float("inf"), -float("inf"), 1e-45, 1e-20, 1e38, 255.0)
_INDICES = (-1, -2, 0, 1, 5, 10_000, 2**31 - 1, -(2**31))


def _tflite(change: Callable[[Any, Rng], None], original: Original, rng: Rng) -> bytes:
    try:
        import flatbuffers
        from ai_edge_litert import schema_py_generated as schema
    except ImportError as error:
        raise RuntimeMissingError(f"forging TFLite files needs LiteRT ({error}): pip install ai-edge-litert") from error
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(original.network, 0))
    for _ in range(int(rng.integers(1, 3))):
        change(model, rng)
    builder = flatbuffers.Builder(len(original.network))
    try:
        builder.Finish(model.Pack(builder), b"TFL3")
    except Exception:  # the writer refuses some numbers by exceptions of all kinds: then a simpler one is forged
        return assembled(original, original.network[:-8])
    return assembled(original, bytes(builder.Output()))


def _pick(entries: Any, rng: Rng) -> Any:
    return entries[int(rng.integers(len(entries)))]


def _shape(model: Any, rng: Rng) -> None:
    tensor = _pick(model.subgraphs[0].tensors, rng)
    shape = np.array(tensor.shape if tensor.shape is not None else [], np.int32)
    if rng.random() < 0.2 or not len(shape):
        shape = np.ones(int(rng.choice([0, 1, 2, 3, 5, 8, 1000])), np.int32)
    else:
        shape[int(rng.integers(len(shape)))] = _pick(_SIZES, rng)
    tensor.shape = shape
    if rng.random() < 0.3:
        tensor.type = int(rng.integers(0, 20))


def _grid(model: Any, rng: Rng) -> None:
    tensors = [tensor for tensor in model.subgraphs[0].tensors if tensor.quantization is not None]
    grid = _pick(tensors, rng).quantization
    scales = np.array(grid.scale if grid.scale is not None and len(grid.scale) else [1.0], np.float32)
    zeros = np.array(grid.zeroPoint if grid.zeroPoint is not None and len(grid.zeroPoint) else [0], np.int64)
    which = int(rng.integers(5))
    if which <= 1:
        scales[int(rng.integers(len(scales)))] = _pick(_REALS, rng)
    elif which == 2:
        zeros[int(rng.integers(len(zeros)))] = _pick((-129, 128, 256, 2**40, -(2**63), 3), rng)
    elif which == 3:
        scales = np.resize(scales, int(rng.choice([0, 1, 2, 3, 17, 1000])))
    else:
        grid.quantizedDimension = _pick(_INDICES, rng)
    grid.scale, grid.zeroPoint = scales, zeros


def _index(model: Any, rng: Rng) -> None:
    graph = model.subgraphs[0]
    operator, index = _pick(graph.operators, rng), _pick(_INDICES, rng)
    which = int(rng.integers(7))
    if which <= 1:
        inputs = np.array(operator.inputs)
        inputs[int(rng.integers(len(inputs)))] = index if rng.random() < 0.5 else rng.integers(len(graph.tensors))
        operator.inputs = inputs
    elif which == 2:
        operator.outputs = np.array([index if rng.random() < 0.5 else rng.integers(len(graph.tensors))], np.int32)
    elif which == 3:
        _pick(graph.tensors, rng).buffer = (
            max(0, index) if rng.random() < 0.5 else int(rng.integers(len(model.buffers)))
        )
    elif which == 4:
        operator.opcodeIndex = max(0, index)
    elif which == 5:
        graph.inputs = np.array([_pick(_INDICES, rng)] * int(rng.choice([0, 1, 2])), np.int32)
    else:
        graph.outputs = np.array([int(rng.integers(len(graph.tensors)))], np.int32)


def _operator(model: Any, rng: Rng) -> None:
    graph = model.subgraphs[0]
    which = int(rng.integers(5))
    if which == 0:
        code = _pick(model.operatorCodes, rng)
        code.builtinCode = int(rng.integers(0, 210))
        code.deprecatedBuiltinCode = min(127, code.builtinCode)
    elif which == 1:
        first, second = (int(rng.integers(len(graph.operators))) for _ in range(2))
        graph.operators[first], graph.operators[second] = graph.operators[second], graph.operators[first]
    elif which == 2:
        _pick(graph.operators, rng).opcodeIndex = int(rng.integers(len(model.operatorCodes)))
    elif which == 3:
        _pick(model.operatorCodes, rng).version = int(rng.choice([-1, 0, 1, 2, 3, 5, 9, 12, 100, 2**31 - 1]))
    else:
        operator = _pick(graph.operators, rng)
        operator.inputs = np.resize(operator.inputs, int(rng.choice([0, 1, 2, 3, 4])))


def _option(model: Any, rng: Rng) -> None:
    operators = [operator for operator in model.subgraphs[0].operators if operator.builtinOptions is not None]
    options = _pick(operators, rng).builtinOptions
    names = [name for name, value in vars(options).items() if isinstance(value, (int, float))]
    if not names:
        return _operator(model, rng)
    name = _pick(names, rng)
    if isinstance(getattr(options, name), float):
        return setattr(options, name, _pick(_REALS, rng))
    small = "adding" in name or "ctivation" in name or "ormat" in name or "ype" in name
    setattr(options, name, int(rng.integers(-3, 9)) if small else _pick(_SIZES, rng))
    return None


def _constant(model: Any, rng: Rng) -> None:
    """Values of constants: sizes and axes that operators take as tensors, and weights that are no numbers."""
    graph = model.subgraphs[0]
    tensors = [tensor for tensor in graph.tensors if model.buffers[tensor.buffer].data is not None]
    tensor = _pick([tensor for tensor in tensors if tensor.type == 2] if rng.random() < 0.6 else tensors, rng)
    data = np.array(model.buffers[tensor.buffer].data, np.uint8)
    if rng.random() < 0.2:
        data = data[: int(rng.integers(len(data) + 1))]
    elif len(data) >= 4:
        place = int(rng.integers(len(data) // 4)) * 4
        if tensor.type == 0:
            data[place : place + 4] = np.frombuffer(np.float32(_pick(_REALS, rng)).tobytes(), np.uint8)
        else:
            data[place : place + 4] = np.frombuffer(np.int32(_pick(_SIZES, rng)).tobytes(), np.uint8)
    model.buffers[tensor.buffer].data = data


def _onnx(change: Callable[[Any, Rng], None], original: Original, rng: Rng) -> bytes:
    try:
        import onnx
    except ImportError as error:
        raise RuntimeMissingError(f"forging ONNX files needs onnx ({error}): pip install onnx") from error
    model = onnx.load_model_from_string(original.network)
    for _ in range(int(rng.integers(1, 3))):
        change(model, rng)
    return assembled(original, model.SerializeToString(deterministic=True))


def _onnx_shape(model: Any, rng: Rng) -> None:
    graph = model.graph
    if rng.random() < 0.5:
        tensor = _pick(graph.initializer, rng)
        if len(tensor.dims) and rng.random() < 0.8:
            tensor.dims[int(rng.integers(len(tensor.dims)))] = _pick((*_SIZES, 2**40, 2**62), rng)
        else:
            tensor.dims.extend([1] * int(rng.choice([1, 7, 100])))
        return
    sizes = _pick([*graph.input, *graph.output], rng).type.tensor_type.shape.dim
    if len(sizes):
        _pick(sizes, rng).dim_value = _pick((*_SIZES, 2**40), rng)


def _onnx_grid(model: Any, rng: Rng) -> None:
    """Change a scale or zero point of a QuantizeLinear or DequantizeLinear node, or their number.

    A float network has no such node: a constant is changed instead.
    """
    from onnx.numpy_helper import to_array

    by_name = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    names = [name for node in nodes for name in node.input[1:] if name in by_name]
    if not names:
        return _onnx_constant(model, rng)
    tensor = by_name[_pick(names, rng)]
    values = np.array(to_array(tensor)).reshape(-1)
    if rng.random() < 0.25:
        values = np.resize(values, int(rng.choice([0, 2, 3, 17, 1000])))
        tensor.ClearField("dims")
        tensor.dims.append(len(values))
    else:
        place = int(rng.integers(len(values)))
        values[place] = _pick(_REALS, rng) if values.dtype.kind == "f" else _pick((1, 3, 64, 127), rng)
    for store in ("raw_data", "float_data", "int32_data"):
        tensor.ClearField(store)
    tensor.raw_data = values.tobytes()
    return None


def _onnx_index(model: Any, rng: Rng) -> None:
    graph = model.graph
    names = [*(tensor.name for tensor in graph.initializer), *(name for node in graph.node for name in node.output)]
    node = _pick(graph.node, rng)
    other = _pick((*names, "", "nobody", "\x00", "x" * 10_000), rng)
    which = int(rng.integers(4))
    if which <= 1:
        node.input[int(rng.integers(len(node.input)))] = other
    elif which == 2:
        node.output[0] = other
    else:
        _pick([*graph.input, *graph.output], rng).name = other


def _onnx_operator(model: Any, rng: Rng) -> None:
    nodes = model.graph.node
    which = int(rng.integers(5))
    if which == 0:
        names = "Conv Gemm Softmax Relu Loop If Scan Expand Tile ConstantOfShape Resize Pad Gather MatMul Clip Nothing"
        _pick(nodes, rng).op_type = _pick(names.split(), rng)
    elif which == 1:
        first, second = (int(rng.integers(len(nodes))) for _ in range(2))
        kept = type(nodes[0])()
        kept.CopyFrom(nodes[first])
        nodes[first].CopyFrom(nodes[second])
        nodes[second].CopyFrom(kept)
    elif which == 2:
        _pick(model.opset_import, rng).version = int(rng.choice([-1, 0, 1, 6, 12, 13, 18, 25, 100, 2**62]))
    elif which == 3:
        _pick(nodes, rng).domain = str(rng.choice(["com.microsoft", "evil", "ai.onnx.ml"]))
    else:
        del _pick(nodes, rng).input[int(rng.integers(3)) :]


def _onnx_option(model: Any, rng: Rng) -> None:
    attributes = [attribute for node in model.graph.node for attribute in node.attribute]
    if not attributes:
        return _onnx_operator(model, rng)
    attribute = _pick(attributes, rng)
    if attribute.ints:
        attribute.ints[int(rng.integers(len(attribute.ints)))] = _pick((*_SIZES, 2**40), rng)
    elif attribute.floats or attribute.f:
        attribute.f = _pick(_REALS, rng)
    else:
        attribute.i = _pick((*_SIZES, 2**62), rng)
    return None


def _onnx_constant(model: Any, rng: Rng) -> None:
    tensor = _pick(model.graph.initializer, rng)
    which = int(rng.integers(5))
    if which == 0:
        tensor.data_type = int(rng.integers(0, 30))
    elif which == 1:
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", str(rng.choice(["../../../etc/passwd", "/etc/passwd", "/dev/zero", "x"]))
        tensor.data_location = 1
        tensor.raw_data = b""
    elif which == 2:
        tensor.raw_data = tensor.raw_data[: int(rng.integers(len(tensor.raw_data) + 1))]
    else:
        data = bytearray(tensor.raw_data)
        if len(data) >= 8:
            place = int(rng.integers(len(data) // 8)) * 8
            data[place : place + 8] = np.int64(_pick((*_SIZES, 2**40, 2**62), rng)).tobytes()
            tensor.raw_data = bytes(data)


KINDS: dict[str, dict[str, Callable[[Original, Rng], bytes]]] = {
    "tflite": {
        "shapes": functools.partial(_tflite, _shape),
        "scales and zero points": functools.partial(_tflite, _grid),
        "indices": functools.partial(_tflite, _index),
        "operators": functools.partial(_tflite, _operator),
        "options": functools.partial(_tflite, _option),
        "constants": functools.partial(_tflite, _constant),
    },
    "onnx": {
        "shapes": functools.partial(_onnx, _onnx_shape),
        "scales and zero points": functools.partial(_onnx, _onnx_grid),
        "indices": functools.partial(_onnx, _onnx_index),
        "operators": functools.partial(_onnx, _onnx_operator),
        "options": functools.partial(_onnx, _onnx_option),
        "constants": functools.partial(_onnx, _onnx_constant),
    },
}
"""Format -> what is forged -> makes a file."""
