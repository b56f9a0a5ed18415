"""Good networks pass; one forged value, written by LiteRT's own schema, and they don't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import default_model, read_artifact
from edge.artifact.formats.malformed import DamagedError, ForeignOperatorError
from edge.verify.tflite import check_network

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
flatbuffers = pytest.importorskip("flatbuffers")

TINY = ["CONV_2D", "FULLY_CONNECTED", "RESHAPE"]


@pytest.fixture
def forged(fixtures: Path) -> Callable[[Callable[[Any], object]], bytes]:
    """A network with one change; unless another is named, the tiny one."""

    def forge(change: Callable[[Any], object], file: str = "tiny_int8.tflite") -> bytes:
        network = read_artifact(fixtures / file).network
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))
        change(model)
        builder = flatbuffers.Builder(8192)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    return forge


def test_good_networks_pass(fixtures: Path, forged: Callable[..., bytes]) -> None:
    assert sorted(set(check_network(read_artifact(fixtures / "tiny_none.tflite").network))) == TINY
    assert len(check_network(read_artifact(default_model()).network)) == 18
    assert len(check_network(forged(lambda _: None))) == 5


def test_wherever_it_is_cut_it_is_refused(fixtures: Path) -> None:
    network = read_artifact(fixtures / "tiny_int8.tflite").network
    for length in range(8, len(network) - 16, 37):
        with pytest.raises(DamagedError):
            check_network(network[:length])


def tensor(model: Any, name: str = "image") -> Any:
    """The first tensor whose name has this in it."""
    return next(tensor for tensor in model.subgraphs[0].tensors if name in tensor.name.decode())


def operator(model: Any, kind: int) -> Any:
    """The first operator of this number."""
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return next(one for one in model.subgraphs[0].operators if codes[one.opcodeIndex] == kind)


def change(target: Callable[[Any], Any], **values: Any) -> Callable[[Any], object]:
    """Set these on what `target` finds."""

    def apply(model: Any) -> None:
        for name, value in values.items():
            setattr(target(model), name, value)

    return apply


def grid(model: Any) -> Any:
    return tensor(model).quantization


def graph(model: Any) -> Any:
    return model.subgraphs[0]


def conv(model: Any) -> Any:
    return operator(model, 3)


def reshape(model: Any) -> Any:
    return operator(model, 22)


def constant(model: Any) -> Any:
    return model.buffers[next(t for t in graph(model).tensors if model.buffers[t.buffer].data is not None).buffer]


FORGERIES: list[tuple[str, Callable[[Any], object], str]] = [
    ("version", change(lambda model: model, version=2), "version 2 of the format"),
    ("two graphs", lambda model: model.subgraphs.append(model.subgraphs[0]), "2 graphs: a classifier has one"),
    ("no buffer", change(lambda model: model.buffers[0], data=np.ones(4, np.uint8)), "isn't the empty one"),
    ("data elsewhere", change(lambda model: model.buffers[1], offset=4096, size=9), "data outside of the flatbuffer"),
    ("zero size", change(tensor, shape=np.array([1, 0, 28, 1], np.int32)), r"has shape \(1, 0, 28, 1\)"),
    ("negative size", change(tensor, shape=np.array([1, -28, 28, 1], np.int32)), r"has shape \(1, -28, 28, 1\)"),
    ("too many axes", change(tensor, shape=np.ones(1000, np.int32)), "has shape"),
    ("large image", change(tensor, shape=np.array([1, 1024, 513, 1], np.int32)), r"images of \(1, 1024, 513, 1\)"),
    ("huge", change(tensor, shape=np.array([1, 65536, 65536, 1], np.int32)), "take more than 134,217,728 bytes"),
    ("type", change(tensor, type=5), "has type 5"),
    ("variable", change(tensor, isVariable=True), "is a variable"),
    ("buffer", change(tensor, buffer=10_000), "buffer 10000 of"),
    ("signature of shape", change(tensor, shapeSignature=np.array([1, 2], np.int32)), "contradicts its own shape"),
    ("short constant", change(constant, data=np.ones(3, np.uint8)), "has 3 bytes for"),
    ("scale 0", change(grid, scale=np.array([0], np.float32)), "a scale that isn't a number from"),
    ("scale NaN", change(grid, scale=np.array([np.nan], np.float32)), "a scale that isn't a number from"),
    ("scale negative", change(grid, scale=np.array([-1], np.float32)), "a scale that isn't a number from"),
    ("scale tiny", change(grid, scale=np.array([1e-45], np.float32)), "a scale that isn't a number from"),
    ("zero point", change(grid, zeroPoint=np.array([256])), "a zero point that uint8 can't hold"),
    ("zero points", change(grid, zeroPoint=np.array([0, 0])), "1 scales and 2 zero points"),
    ("scales", change(grid, scale=np.ones(3, np.float32), zeroPoint=np.zeros(3, np.int64)), "3 scales along axis 0"),
    ("input index", change(graph, inputs=np.array([99], np.int32)), "tensor 99 of"),
    ("two inputs", change(graph, inputs=np.array([0, 0], np.int32)), "2 inputs and 1 outputs"),
    ("no output", change(graph, outputs=np.array([], np.int32)), "1 inputs and 0 outputs"),
    ("operand", change(conv, inputs=np.array([-2, 1, 2], np.int32)), "tensor -2 of"),
    ("operands", change(conv, inputs=np.array([0], np.int32)), "a CONV_2D has 1 inputs"),
    ("result is a constant", lambda model: setattr(conv(model), "outputs", conv(model).inputs[1:2]), "writes where"),
    ("no result", change(conv, outputs=np.array([], np.int32)), "a CONV_2D writes where it may not"),
    ("order", lambda model: graph(model).operators.reverse(), "reads what no operator has made"),
    ("opcode", change(conv, opcodeIndex=77), "operator 77 of"),
    ("stride", lambda model: setattr(conv(model).builtinOptions, "strideW", 0), "a CONV_2D has stride_w 0"),
    ("padding", lambda model: setattr(conv(model).builtinOptions, "padding", 3), "a CONV_2D has padding 3"),
    ("options of another", change(conv, builtinOptionsType=9, builtinOptions=schema.SoftmaxOptionsT()), "of another"),
    ("no options", change(conv, builtinOptionsType=0, builtinOptions=None), "has the options of another operator"),
    ("custom options", change(conv, customOptions=np.ones(3, np.uint8)), "options of its own making"),
    ("options elsewhere", change(conv, largeCustomOptionsOffset=99), "options outside of the flatbuffer"),
    ("sizes", lambda model: setattr(reshape(model), "inputs", reshape(model).inputs[[0, 0]]), "takes its sizes"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("forgery", "words"), [entry[1:] for entry in FORGERIES], ids=[entry[0] for entry in FORGERIES]
)
def test_forgeries_are_refused(forged: Callable[..., bytes], forgery: Callable[[Any], object], words: str) -> None:
    with pytest.raises(DamagedError, match=words):
        check_network(forged(forgery))


def test_a_softmax_with_a_beta_that_is_no_number_is_refused(forged: Callable[..., bytes]) -> None:
    def forge(model: Any) -> None:
        operator(model, 25).builtinOptions.beta = np.nan

    assert check_network(forged(lambda _: None, "softmax_int8.tflite")).count("SOFTMAX") == 1
    with pytest.raises(DamagedError, match="a SOFTMAX has beta nan"):
        check_network(forged(forge, "softmax_int8.tflite"))


def test_weights_that_are_no_numbers_are_refused(fixtures: Path) -> None:
    network = bytearray(read_artifact(fixtures / "tiny_none.tflite").network)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytes(network), 0))
    weights = max((buffer.data for buffer in model.buffers if buffer.data is not None), key=len)
    place = bytes(network).index(np.asarray(weights, np.uint8).tobytes())
    network[place : place + 4] = np.float32(np.nan).tobytes()
    with pytest.raises(DamagedError, match="holds numbers that aren't finite"):
        check_network(bytes(network))


@pytest.mark.parametrize(
    ("values", "name"),
    [({"builtinCode": 118, "deprecatedBuiltinCode": 118}, "number 118"), ({"customCode": "Evil"}, "'Evil'")],
)
def test_operators_of_others_are_named(forged: Callable[..., bytes], values: dict[str, Any], name: str) -> None:
    with pytest.raises(ForeignOperatorError, match=f"^{name}$"):
        check_network(forged(change(lambda model: model.operatorCodes[0], **values)))
