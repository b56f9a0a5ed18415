"""Specs written into other people's files: network and foreign metadata stay, other tools read the result."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from edge.artifact.embed import embed_in_onnx, embed_in_tflite, embed_spec, onnx_entry
from edge.artifact.file import METADATA_KEY, read_artifact
from edge.artifact.spec import ModelSpec

NAMES = ("tiny_int8.tflite", "tiny_none.onnx")
SPEC = ModelSpec(labels=tuple("abcdefghij"))


@pytest.mark.parametrize("name", [*NAMES, "softmax_int8.tflite", "operators_none.onnx"])
def test_the_spec_is_read_back_and_the_network_is_the_same(fixtures: Path, tmp_path: Path, name: str) -> None:
    before = read_artifact(fixtures / name)
    path = tmp_path / name
    path.write_bytes(embed_spec(before, (fixtures / name).read_bytes(), SPEC))
    after = read_artifact(path)
    assert after.network == before.network
    assert after.spec == replace(SPEC, network_sha256=before.network_sha256)


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_takes_the_place_of_another(fixtures: Path, tmp_path: Path, name: str) -> None:
    artifact = read_artifact(fixtures / name)
    once = embed_spec(artifact, (fixtures / name).read_bytes(), SPEC)
    (tmp_path / name).write_bytes(once)
    assert embed_spec(read_artifact(tmp_path / name), once, SPEC) == once


def test_label_files_of_others_stay_in_the_zip_but_not_an_old_list_of_ours(fixtures: Path) -> None:
    network = (fixtures / "softmax_int8.tflite").read_bytes()
    buffer = io.BytesIO(network)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("probability_labels_en.txt", "a\nb\n")
        archive.writestr("labels.txt", "old\n")
    artifact = read_artifact(fixtures / "softmax_int8.tflite")
    content = embed_spec(artifact, buffer.getvalue(), SPEC)
    assert content.startswith(network)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {entry.filename: archive.read(entry)[:6] for entry in archive.infolist()} == {
            "model_spec.json": b"{\n  \"l", "labels.txt": b"a\nb\nc\n", "probability_labels_en.txt": b"a\nb\n",
        }  # fmt: skip


def test_the_onnx_package_reads_foreign_entries_and_the_spec(fixtures: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(fixtures / "operators_none.onnx")
    onnx.helper.set_model_props(model, {"names": "{0: 'ä'}", METADATA_KEY: "an old one", "stride": "1"})
    artifact = read_artifact(fixtures / "operators_none.onnx")
    read = onnx.load_model_from_string(embed_spec(artifact, model.SerializeToString(), SPEC))
    assert [entry.key for entry in read.metadata_props] == ["names", "stride", METADATA_KEY]
    assert read.metadata_props[0].value == "{0: 'ä'}"
    assert ModelSpec.from_json(read.metadata_props[2].value).network_sha256 == artifact.network_sha256


def test_an_entry_is_what_protobuf_writes() -> None:
    assert onnx_entry("k", "v" * 200) == b"\x0a\x01k\x12\xc8\x01" + b"v" * 200  # 200 = 0x48 + 0x80, then 1
    content = embed_in_onnx(b"", SPEC, [onnx_entry("k", "")])
    assert content[:7] == b"\x72\x05\x0a\x01k\x12\x00"


def test_nothing_but_the_spec_depends_on_the_time(fixtures: Path) -> None:
    network = read_artifact(fixtures / "tiny_int8.tflite").network
    assert embed_in_tflite(network, SPEC) == embed_in_tflite(network, SPEC)
