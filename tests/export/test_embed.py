import hashlib
import io
import zipfile
from dataclasses import replace

import pytest

onnx = pytest.importorskip("onnx")

from edge.artifact.file import METADATA_KEY
from edge.artifact.spec import ModelSpec
from export.embed import embed_in_onnx, embed_in_tflite

SPEC = ModelSpec(labels=("Größe 38", "shoe"))


def test_a_zip_tool_finds_spec_and_labels_behind_the_flatbuffer() -> None:
    flatbuffer = b"\x1c\x00\x00\x00TFL3" + bytes(range(256))

    content = embed_in_tflite(flatbuffer, SPEC)

    assert content.startswith(flatbuffer)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["model_spec.json", "labels.txt"]
        embedded = ModelSpec.from_json(archive.read("model_spec.json").decode())
        assert embedded == replace(SPEC, network_sha256=hashlib.sha256(flatbuffer).hexdigest())
        assert archive.read("labels.txt").decode() == "Größe 38\nshoe\n"


def test_the_same_model_gives_the_same_bytes() -> None:
    assert embed_in_tflite(b"model", SPEC) == embed_in_tflite(b"model", SPEC)


def test_an_onnx_file_carries_the_spec_in_its_properties() -> None:
    graph = onnx.helper.make_graph([], "empty", [], [])

    content = embed_in_onnx(onnx.helper.make_model(graph).SerializeToString(), SPEC)

    proto = onnx.load_model_from_string(content)
    properties = {item.key: item.value for item in proto.metadata_props}
    embedded = ModelSpec.from_json(properties[METADATA_KEY])
    del proto.metadata_props[:]
    digest = hashlib.sha256(proto.SerializeToString(deterministic=True)).hexdigest()
    assert embedded == replace(SPEC, network_sha256=digest)
