"""Models that the onnx library saved with their weights elsewhere become the models that it saves in one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import read_artifact
from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.onnx import check_network
from edge.artifact.formats.onnx_external import external_files, inlined

onnx = pytest.importorskip("onnx")

LIMIT = 2**20


@pytest.fixture
def whole(fixtures: Path) -> Any:
    """Return a float model with all its weights."""
    return onnx.load_model_from_string(read_artifact(fixtures / "tiny_none.onnx").network)


def split(model: Any, folder: Path, **options: Any) -> tuple[bytes, dict[str, bytes]]:
    """Save a model with its weights elsewhere; return its own bytes and the files."""
    onnx.save(model, folder / "m.onnx", save_as_external_data=True, size_threshold=0, **options)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "m.onnx"}
    return (folder / "m.onnx").read_bytes(), files


@pytest.mark.parametrize("options", [{"location": "m.onnx.data"}, {"all_tensors_to_one_file": False}])
def test_weights_come_back(whole: Any, tmp_path: Path, options: dict[str, Any]) -> None:
    expected = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in whole.graph.initializer}
    network, files = split(whole, tmp_path, **options)
    assert external_files(network) == tuple(sorted(files))
    found = onnx.load_model_from_string(inlined(network, files, limit_bytes=LIMIT))
    assert [tensor.name for tensor in found.graph.initializer] == list(expected)
    for tensor in found.graph.initializer:
        assert not tensor.external_data
        assert np.array_equal(onnx.numpy_helper.to_array(tensor), expected[tensor.name])
    assert found.graph.node == whole.graph.node
    assert found.opset_import == whole.opset_import
    assert check_network(inlined(network, files, limit_bytes=LIMIT)) == len(whole.graph.node)


def test_a_model_with_all_its_weights_stays_as_it_is(whole: Any) -> None:
    whole.doc_string = "location"
    network = whole.SerializeToString()
    assert external_files(network) == ()
    assert inlined(network, {}, limit_bytes=LIMIT) == network


def test_a_length_that_is_not_told_is_that_of_the_shape(whole: Any, tmp_path: Path) -> None:
    network, files = split(whole, tmp_path, location="w")
    model = onnx.load_model_from_string(network)
    for tensor in model.graph.initializer:
        kept = [entry for entry in tensor.external_data if entry.key != "length"]
        del tensor.external_data[:]
        tensor.external_data.extend(kept)
    assert inlined(model.SerializeToString(), files, limit_bytes=LIMIT) == inlined(network, files, limit_bytes=LIMIT)
    model.graph.initializer[0].data_type = onnx.TensorProto.STRING
    with pytest.raises(MalformedModelError):
        external_files(model.SerializeToString())


def entry(key: str, value: str) -> Callable[[Any], object]:
    """Return a change of one entry of the first tensor's external data."""

    def change(model: Any) -> None:
        found = next(item for item in model.graph.initializer[0].external_data if item.key == key)
        found.value = value

    return change


def twice(model: Any) -> None:
    """Give a location twice."""
    model.graph.initializer[0].external_data.add(key="location", value="w")


@pytest.mark.parametrize(
    "change",
    [
        *(entry("location", name) for name in (
            "", ".", "..", "/etc/passwd", "../w", "a/../../w", "a//w", "a/", "C:\\w", "..\\w", "C:w", "w\0", "w\n",
            "*/_ORT_MEM_ADDR_/*", "x" * 256,
        )),
        *(entry("offset", number) for number in ("-1", "1e3", "", " 1", "٣", "9" * 13, "x")),
        entry("length", "-4"),
        twice,
        lambda model: setattr(model.graph.initializer[0], "raw_data", b"1234"),
    ],
)  # fmt: skip
def test_a_place_that_leads_elsewhere_is_refused(whole: Any, tmp_path: Path, change: Callable[[Any], object]) -> None:
    network, _ = split(whole, tmp_path, location="w")
    model = onnx.load_model_from_string(network)
    change(model)
    with pytest.raises(MalformedModelError):
        external_files(model.SerializeToString())


@pytest.mark.parametrize("name", ["w", "weights/big model.bin", "m.onnx_data", "größe.data"])
def test_a_file_beside_or_below_is_named(whole: Any, tmp_path: Path, name: str) -> None:
    network, _ = split(whole, tmp_path, location="w")
    model = onnx.load_model_from_string(network)
    for tensor in model.graph.initializer:
        next(item for item in tensor.external_data if item.key == "location").value = name
    assert external_files(model.SerializeToString()) == (name,)


def test_a_constant_beyond_its_file_is_refused(whole: Any, tmp_path: Path) -> None:
    network, files = split(whole, tmp_path, location="w")
    for cut in (files["w"][:-1], b""):
        with pytest.raises(MalformedModelError):
            inlined(network, {"w": cut}, limit_bytes=LIMIT)
    with pytest.raises(MalformedModelError):
        inlined(network, {}, limit_bytes=LIMIT)


def test_constants_that_share_bytes_do_not_add_up_beyond_the_limit(whole: Any, tmp_path: Path) -> None:
    network, files = split(whole, tmp_path, location="w")
    size = len(inlined(network, files, limit_bytes=LIMIT))
    with pytest.raises(MalformedModelError):
        inlined(network, files, limit_bytes=size - 100)


def is_refused(network: bytes, files: dict[str, bytes]) -> bool:
    """Return whether a model is refused; any error but the one is a fault."""
    try:
        return external_files(inlined(network, files, limit_bytes=LIMIT)) == ("never",)
    except MalformedModelError:
        return True


def test_wherever_it_is_cut_or_changed_there_is_no_other_error(whole: Any, tmp_path: Path) -> None:
    network, files = split(whole, tmp_path, location="w")
    places = range(0, len(network), 7)
    cut = [is_refused(network[:place], files) for place in places]
    assert sum(cut) >= len(cut) - 2
    for byte in (b"\0", b"\xff"):
        assert any(is_refused(network[:place] + byte + network[place + 1 :], files) for place in places)


def test_many_files_are_refused(whole: Any, tmp_path: Path) -> None:
    network, _ = split(whole, tmp_path, location="w")
    model = onnx.load_model_from_string(network)
    first = model.graph.initializer[0]
    for number in range(17):
        copy = model.graph.initializer.add()
        copy.CopyFrom(first)
        next(item for item in copy.external_data if item.key == "location").value = f"w{number}"
    with pytest.raises(MalformedModelError):
        external_files(model.SerializeToString())
