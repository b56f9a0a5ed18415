import hashlib
from dataclasses import replace

import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from edge.artifact.file import METADATA_KEY
from edge.artifact.spec import ModelSpec
from export.onnx import OnnxFormat

SPEC = ModelSpec(labels=("Größe 38", "shoe"))


def test_an_onnx_file_carries_the_spec_in_its_properties() -> None:
    graph = onnx.helper.make_graph([], "empty", [], [])

    content = OnnxFormat().embed(onnx.helper.make_model(graph).SerializeToString(), SPEC)

    proto = onnx.load_model_from_string(content)
    properties = {item.key: item.value for item in proto.metadata_props}
    embedded = ModelSpec.from_json(properties[METADATA_KEY])
    assert properties["names"] == "{0: 'Größe 38', 1: 'shoe'}"
    del proto.metadata_props[:]
    digest = hashlib.sha256(proto.SerializeToString(deterministic=True)).hexdigest()
    assert embedded == replace(SPEC, network_sha256=digest)
