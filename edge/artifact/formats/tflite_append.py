"""Appends a linear layer or a softmax to a TFLite network, without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge.artifact.formats.flatbuffer import Flatbuffer
from edge.artifact.formats.flatbuffer_front import Cell, Front, Link, OldTable
from edge.artifact.formats.tflite import LAYOUTS
from edge.artifact.formats.tflite_summary import BUILTIN_OPERATORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPERATOR_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4  # fields of a Model
_OF_MODEL = (3, 5, 6)  # that stay: description, metadata_buffer, metadata; signatures name the old output
_TENSORS, _INPUTS, _OUTPUTS, _OPERATORS, _NAME = range(5)  # fields of a SubGraph
_SOFTMAX_BETA = struct.unpack("<I", struct.pack("<f", 1.0))[0]


class _Operator(NamedTuple):
    """Operator that takes the network's output and constants."""

    code: str
    """Name in `BUILTIN_OPERATORS`."""
    options: int
    """Number of its options in the union BuiltinOptions."""
    fields: Mapping[int, Cell]
    """Fields of the options."""
    constants: Mapping[str, NDArray[np.float32]]
    output: str
    """Name of the new output, float32, shape (1, `classes`)."""
    classes: int


def append_linear(network: bytes, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """Return a network whose output is `old output @ weights + bias`; it has no signatures.

    Args:
        network: flatbuffer that passed `edge.artifact.formats.tflite.check_network`, with one graph and one output,
            float32, shape (1, features).
        weights: float32, shape (features, classes).
        bias: float32, shape (classes,).

    Raises:
        MalformedModelError: the flatbuffer is malformed.
        ValueError: the output doesn't have the shape of the weights.
    """
    features, classes = weights.shape
    if bias.shape != (classes,):
        raise ValueError(f"a bias of shape {bias.shape} doesn't fit weights of {weights.shape}")
    constants = {"weights": np.ascontiguousarray(weights.T), "bias": bias}
    return _append(network, features, _Operator("FULLY_CONNECTED", 8, {}, constants, "logits", classes))


def append_softmax(network: bytes, classes: int) -> bytes:
    """Return a network whose output is the softmax of the old one, float32, shape (1, classes).

    Raises:
        MalformedModelError: the flatbuffer is malformed.
        ValueError: the output has another shape.
    """
    return _append(network, classes, _Operator("SOFTMAX", 9, {0: _SOFTMAX_BETA}, {}, "probabilities", classes))


def _append(network: bytes, width: int, operator: _Operator) -> bytes:
    facts = Flatbuffer(network, LAYOUTS).root("Model")
    (graph,) = facts["subgraphs"]
    (output,) = (int(index) for index in graph["outputs"])
    shape = tuple(int(size) for size in graph["tensors"][output]["shape"])
    if shape != (1, width) or graph["tensors"][output].get("type", 0):
        raise ValueError(f"an output of shape {shape} doesn't fit: expected float32 of shape (1, {width})")
    model = OldTable.root(network)
    codes, buffers = model.tables(_OPERATOR_CODES), model.tables(_BUFFERS)
    old = model.at(model.tables(_SUBGRAPHS)[0])
    tensors, operators = old.tables(_TENSORS), old.tables(_OPERATORS)
    number, names = BUILTIN_OPERATORS.index(operator.code), list(operator.constants)

    front = Front(b"TFL3")
    kept: dict[int, Cell] = {field: target for field in _OF_MODEL if (target := model.target(field))}
    lists = {_OPERATOR_CODES: Link("codes"), _SUBGRAPHS: Link("graphs"), _BUFFERS: Link("buffers")}
    front.table("model", {0: model.number(0), **kept, **lists})
    front.links("codes", [*codes, Link("code")])
    front.table("code", {0: number, 2: 1, 3: number})
    front.links("buffers", [*buffers, *(Link(f"{name} buffer") for name in names)])
    front.links("graphs", [Link("graph")])
    ends: dict[int, Cell] = {field: target for field in (_INPUTS, _NAME) if (target := old.target(field))}
    parts = {_TENSORS: Link("tensors"), _OUTPUTS: Link("outputs"), _OPERATORS: Link("operators")}
    front.table("graph", {**ends, **parts})
    front.links("tensors", [*tensors, *map(Link, names), Link("output")])
    added = range(len(tensors), len(tensors) + len(names) + 1)
    front.data("outputs", 1, _int32(added[-1]))
    front.links("operators", [*operators, Link("operator")])
    front.table("operator", {0: len(codes), 1: Link("from"), 2: Link("to"), 3: operator.options, 4: Link("options")})
    front.data("from", len(added), _int32(output, *added[:-1]))
    front.data("to", 1, _int32(added[-1]))
    front.table("options", operator.fields)
    _put_tensor(front, "output", operator.output, (1, operator.classes), 0)  # buffer 0 is the empty one
    for place, (name, values) in enumerate(operator.constants.items(), start=len(buffers)):
        _put_tensor(front, name, name, values.shape, place)
        content = values.astype("<f4").tobytes()
        front.table(f"{name} buffer", {0: Link(f"{name} data")})
        front.data(f"{name} data", len(content), content)
    return front.before(network, root="model")


def _put_tensor(front: Front, part: str, name: str, shape: tuple[int, ...], buffer: int) -> None:
    """Put down a float32 tensor, whose type 0 is the default."""
    front.table(part, {0: Link(f"{part} shape"), 2: buffer, 3: Link(f"{part} name")})
    front.data(f"{part} shape", len(shape), _int32(*shape))
    front.data(f"{part} name", len(name), name.encode() + b"\0")


def _int32(*numbers: int) -> bytes:
    return np.array(numbers, "<i4").tobytes()
