"""Weights in files beside an ONNX model: read, covered by the digest, and run; or refused with the file's name."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact import file as artifact_file
from edge.artifact.embed import embed_spec
from edge.artifact.file import METADATA_KEY, read_artifact
from edge.artifact.input_spec import PIXEL_RANGES, ModelOptions
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import Trust, TrustPolicy
from edge.classify.loaded_model import LoadedModel
from edge.errors import ModelFileError

onnx = pytest.importorskip("onnx")


@pytest.fixture
def model(fixtures: Path, tmp_path: Path) -> Path:
    """Return a float model whose weights lie beside it, without a specification."""
    proto = onnx.load(fixtures / "tiny_none.onnx")
    del proto.metadata_props[:]
    return save(proto, tmp_path / "m.onnx")


def save(proto: Any, path: Path) -> Path:
    """Save a model with its weights in a file beside it."""
    onnx.save(proto, path, save_as_external_data=True, size_threshold=0, location=f"{path.name}.data")
    return path


def test_the_network_holds_the_weights_and_its_digest_covers_them(model: Path) -> None:
    found = read_artifact(model)
    assert found.external == ("m.onnx.data",)
    assert found.network_sha256 == hashlib.sha256(found.network).hexdigest()
    assert found.sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
    assert found.size_bytes == len(found.network) > model.stat().st_size
    weights = bytearray((model.parent / "m.onnx.data").read_bytes())
    weights[4000] ^= 1
    (model.parent / "m.onnx.data").write_bytes(weights)
    other = read_artifact(model)
    assert (other.sha256, other.network_sha256 != found.network_sha256) == (found.sha256, True)


def test_it_answers_as_the_model_in_one_file(model: Path, fixtures: Path) -> None:
    pytest.importorskip("onnxruntime")
    one = LoadedModel.load(fixtures / "tiny_none.onnx")
    other = LoadedModel.load(model, options=ModelOptions(labels=one.spec.labels, pixels=PIXEL_RANGES["0-1"]))
    pixels = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    assert np.array_equal(one.scores(pixels), other.scores(pixels))


def test_a_specification_tells_that_a_weight_was_changed(fixtures: Path, tmp_path: Path) -> None:
    proto = onnx.load(fixtures / "tiny_none.onnx")
    spec = read_artifact(fixtures / "tiny_none.onnx").spec
    assert spec
    del proto.metadata_props[:]
    path = save(proto, tmp_path / "m.onnx")
    specify(path, replace(spec, network_sha256=read_artifact(path).network_sha256))
    assert read_artifact(path).spec
    weights = bytearray((tmp_path / "m.onnx.data").read_bytes())
    weights[0] ^= 1
    (tmp_path / "m.onnx.data").write_bytes(weights)
    with pytest.raises(ModelFileError, match="SHA-256"):
        read_artifact(path)


def test_a_file_with_a_specification_written_into_it_stands_alone(model: Path, tmp_path: Path) -> None:
    before = read_artifact(model)
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "m.onnx"
    path.write_bytes(embed_spec(before, model.read_bytes(), ModelSpec()))
    after = read_artifact(path)
    assert after.spec == ModelSpec(network_sha256=before.network_sha256)
    assert (after.network == before.network, after.external) == (True, ())


def specify(path: Path, spec: ModelSpec) -> None:
    """Write a specification into a model, and leave its weights where they are."""
    proto = onnx.load(path, load_external_data=False)
    onnx.helper.set_model_props(proto, {METADATA_KEY: spec.to_json()})
    path.write_bytes(proto.SerializeToString())


def test_a_required_digest_must_cover_the_weights(model: Path) -> None:
    network_sha256 = read_artifact(model).network_sha256
    policy = TrustPolicy(sha256=hashlib.sha256(model.read_bytes()).hexdigest())
    with pytest.raises(ModelFileError, match=r"m\.onnx\.data"):
        read_artifact(model, policy=policy)
    specify(model, ModelSpec(network_sha256=network_sha256))
    policy = TrustPolicy(sha256=hashlib.sha256(model.read_bytes()).hexdigest())
    assert read_artifact(model, policy=policy).trusted_because is Trust.DIGEST


def test_a_missing_file_is_named(model: Path) -> None:
    (model.parent / "m.onnx.data").unlink()
    with pytest.raises(ModelFileError, match=r"m\.onnx\.data"):
        read_artifact(model)


def test_what_is_no_file_is_refused(model: Path) -> None:
    weights = model.parent / "m.onnx.data"
    weights.unlink()
    os.mkfifo(weights)  # reading it would never end
    with pytest.raises(ModelFileError, match=r"m\.onnx\.data"):
        read_artifact(model)
    weights.unlink()
    weights.mkdir()
    with pytest.raises(ModelFileError, match=r"m\.onnx\.data"):
        read_artifact(model)


def test_a_cut_file_is_refused(model: Path) -> None:
    weights = model.parent / "m.onnx.data"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(ModelFileError, match=r"m\.onnx\.data"):
        read_artifact(model)


def test_model_and_weights_share_one_limit(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = read_artifact(model).size_bytes
    monkeypatch.setattr(artifact_file, "MAX_FILE_BYTES", size - 200)
    with pytest.raises(ModelFileError, match="too large|bytes"):
        read_artifact(model)
