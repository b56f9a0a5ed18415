"""Good networks pass, also with operators of others; what lies elsewhere or hides a loop is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import read_artifact
from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.onnx import LAYOUTS, check_network
from edge.errors import ModelFileError
from edge.verify.gate import verify

onnx = pytest.importorskip("onnx")

SCALARS = {"int32": "int", "int64": "int", "enum": "int", "float": "float", "bytes": "bytes", "string": "string"}


def kind_of(field: Any) -> str:
    """Return the kind in the words of the layouts."""
    if field.message_type:
        return str(field.message_type.full_name).removeprefix("onnx.")
    names = {field.TYPE_INT32: "int32", field.TYPE_INT64: "int64", field.TYPE_ENUM: "enum", field.TYPE_FLOAT: "float",
             field.TYPE_DOUBLE: "bytes", field.TYPE_UINT64: "int64",
             field.TYPE_BYTES: "bytes", field.TYPE_STRING: "string"}  # fmt: skip
    return SCALARS[names[field.type]]


@pytest.mark.parametrize("message", LAYOUTS)
def test_fields_have_their_numbers_and_kinds(message: str) -> None:
    first, *inner = message.split(".")
    theirs = onnx.ModelProto.DESCRIPTOR.file.message_types_by_name[first]
    for part in inner:
        theirs = theirs.nested_types_by_name[part]
    for number, field in LAYOUTS[message].items():
        found = theirs.fields_by_number[number]
        assert found.name == field.name
        if field.kind:
            assert (kind_of(found), found.is_repeated) == (field.kind, field.is_list)


@pytest.mark.parametrize(("name", "count"), [("tiny_int8", 18), ("tiny_none", 6), ("operators_none", 12)])
def test_the_operators_of_good_networks_are_counted(fixtures: Path, name: str, count: int) -> None:
    assert check_network(read_artifact(fixtures / f"{name}.onnx").network) == count


def test_wherever_it_is_cut_it_is_refused(fixtures: Path) -> None:
    network = read_artifact(fixtures / "tiny_int8.onnx").network
    for length in range(0, len(network), 61):
        with pytest.raises(MalformedModelError):
            check_network(network[:length])


def weights(model: Any) -> Any:
    return max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))


def put_elsewhere(model: Any) -> None:
    tensor = weights(model)
    tensor.raw_data = b""
    tensor.data_location = 1
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"


def put_elsewhere_in_an_attribute(model: Any) -> None:
    attribute = model.graph.node[0].attribute.add()
    attribute.name, attribute.type = "value", onnx.AttributeProto.TENSOR
    attribute.t.data_location = 1


def add_subgraph(model: Any) -> None:
    attribute = model.graph.node[0].attribute.add()
    attribute.name, attribute.type = "body", onnx.AttributeProto.GRAPH
    attribute.g.name = "inside"


FORGERIES: list[tuple[str, Callable[[Any], object], str]] = [
    ("no graph", lambda model: model.ClearField("graph"), "no graph"),
    ("data in another file", put_elsewhere, "external_data"),
    ("data said to be elsewhere", lambda model: setattr(weights(model), "data_location", 1), "another file"),
    ("data of an attribute", put_elsewhere_in_an_attribute, "another file"),
    ("functions", lambda model: model.functions.add(name="f"), "functions"),
    ("a graph in a graph", add_subgraph, "AttributeProto has g"),
    ("a sequence", lambda model: model.graph.input[0].type.sequence_type.SetInParent(), "sequence_type"),
]


@pytest.mark.parametrize(
    ("forgery", "words"), [entry[1:] for entry in FORGERIES], ids=[entry[0] for entry in FORGERIES]
)
def test_what_lies_elsewhere_is_refused(fixtures: Path, forgery: Callable[[Any], object], words: str) -> None:
    model = onnx.load_model_from_string(read_artifact(fixtures / "tiny_int8.onnx").network)
    forgery(model)
    with pytest.raises(MalformedModelError, match=words):
        check_network(model.SerializeToString())


def test_what_whole_files_may_have_is_not_called_damaged(fixtures: Path, tmp_path: Path) -> None:
    """Such as the names and the map of scores that Custom Vision and scikit-learn put out."""
    model = onnx.load_model_from_string(read_artifact(fixtures / "tiny_int8.onnx").network)
    names = onnx.helper.make_tensor("names", onnx.TensorProto.STRING, (2,), [b"cat", b"dog"])
    model.graph.initializer.append(names)
    (tmp_path / "named.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match="string_data") as caught:
        verify(read_artifact(tmp_path / "named.onnx"))
    assert "damaged" not in str(caught.value)
