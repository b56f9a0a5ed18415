"""Good networks pass; one forged value, written by the onnx package, and they don't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import read_artifact
from edge.artifact.formats.malformed import DamagedError, ForeignOperatorError
from edge.verify.onnx import check_network

onnx = pytest.importorskip("onnx")


def forged(fixtures: Path, change: Callable[[Any], object]) -> bytes:
    """The tiny int8 network with one change."""
    model = onnx.load_model_from_string(read_artifact(fixtures / "tiny_int8.onnx").network)
    change(model)
    return bytes(model.SerializeToString())


def weights(model: Any) -> Any:
    return max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))


def scale(model: Any) -> Any:
    node = next(node for node in model.graph.node if node.op_type == "QuantizeLinear")
    return next(tensor for tensor in model.graph.initializer if tensor.name == node.input[1])


def set_scale(value: float) -> Callable[[Any], object]:
    def change(model: Any) -> None:
        tensor = scale(model)
        tensor.ClearField("float_data")
        tensor.raw_data = np.float32(value).tobytes()

    return change


def node(model: Any, kind: str = "Conv") -> Any:
    return next(node for node in model.graph.node if node.op_type == kind)


def elsewhere(model: Any) -> None:
    tensor = weights(model)
    tensor.raw_data = b""
    tensor.data_location = 1
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"


def subgraph(model: Any) -> None:
    attribute = node(model).attribute.add()
    attribute.name, attribute.type = "body", onnx.AttributeProto.GRAPH
    attribute.g.name = "inside"


def first_size(model: Any, size: int) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = size


def huge_output(model: Any) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 2**40


FORGERIES: list[tuple[str, Callable[[Any], object], str]] = [
    ("no graph", lambda model: model.ClearField("graph"), "it has no graph"),
    ("data in another file", elsewhere, "a TensorProto has external_data, which no image classifier needs"),
    ("data said to be elsewhere", lambda model: setattr(weights(model), "data_location", 1), "lies in another file"),
    ("functions", lambda model: model.functions.add(name="f"), "a ModelProto has functions"),
    ("a graph in a graph", subgraph, "a AttributeProto has g"),
    ("short constant", lambda model: setattr(weights(model), "raw_data", b"abc"), "has 3 values for int8"),
    ("huge constant", lambda model: weights(model).dims.append(2**40), "has shape"),
    ("negative constant", lambda model: weights(model).dims.append(-1), "has shape"),
    ("type of a constant", lambda model: setattr(weights(model), "data_type", 8), "of a kind that no image classifier"),
    ("values twice", lambda model: weights(model).int32_data.append(1), "has its values twice"),
    ("constant twice", lambda model: model.graph.initializer.append(weights(model)), "two constants called"),
    ("scale 0", set_scale(0.0), "a QuantizeLinear has a scale that isn't a number from"),
    ("scale NaN", set_scale(float("nan")), "holds numbers that aren't finite"),
    ("scale negative", set_scale(-1.0), "a QuantizeLinear has a scale that isn't a number from"),
    ("large image", lambda model: first_size(model, 2**15), r"images of \(1, 32768, 28, 1\): at most 524,288 pixels"),
    ("huge output", huge_output, "take more than 134,217,728 bytes"),
    ("empty input", lambda model: first_size(model, -3), r"has shape \(1, -3, 28, 1\)"),
    ("two outputs", lambda model: model.graph.output.append(model.graph.output[0]), "1 inputs and 2 outputs"),
    ("unknown operand", lambda model: node(model).input.__setitem__(0, "nobody"), "a Conv reads what no operator"),
    ("made twice", lambda model: node(model).output.__setitem__(0, node(model).input[0]), "a Conv writes where"),
    ("nothing made", lambda model: node(model).ClearField("output"), "a Conv writes where it may not"),
    (
        "output of nobody",
        lambda model: setattr(model.graph.output[0], "name", "nobody"),
        "no operator makes its output",
    ),
    (
        "stride",
        lambda model: node(model).attribute.append(onnx.helper.make_attribute("strides", [0, 1])),
        "has strides",
    ),
    ("infinite", lambda model: node(model).attribute.append(onnx.helper.make_attribute("x", float("inf"))), "has x"),
]


@pytest.mark.parametrize(
    ("forgery", "words"), [entry[1:] for entry in FORGERIES], ids=[entry[0] for entry in FORGERIES]
)
def test_forgeries_are_refused(fixtures: Path, forgery: Callable[[Any], object], words: str) -> None:
    with pytest.raises(DamagedError, match=words):
        check_network(forged(fixtures, forgery))


def test_good_networks_pass(fixtures: Path) -> None:
    assert len(check_network(forged(fixtures, lambda _: None))) == 18
    assert check_network(read_artifact(fixtures / "tiny_none.onnx").network)[-1] == "Gemm"


@pytest.mark.parametrize(("values", "name"), [({"op_type": "Loop"}, "'Loop'"), ({"domain": "evil"}, "'Conv'")])
def test_operators_of_others_are_named(fixtures: Path, values: dict[str, str], name: str) -> None:
    def change(model: Any) -> None:
        for key, value in values.items():
            setattr(node(model), key, value)

    with pytest.raises(ForeignOperatorError, match=f"^{name}$"):
        check_network(forged(fixtures, change))


def test_wherever_it_is_cut_it_is_refused(fixtures: Path) -> None:
    network = read_artifact(fixtures / "tiny_int8.onnx").network
    for length in range(0, len(network), 61):
        with pytest.raises(DamagedError):
            check_network(network[:length])
