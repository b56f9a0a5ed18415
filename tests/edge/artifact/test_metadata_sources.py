"""Claims in the file, in its ZIP and beside it, in that order."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from edge.artifact.file import read_artifact
from edge.artifact.metadata import Metadata
from edge.artifact.metadata_sources import collect_metadata
from export.metadata import insert_tflite, onnx_props, tflite_metadata

pytest.importorskip("flatbuffers")

ABOUT = Metadata(
    labels=("cat", "dog"), mean=(127.5,), std=(127.5,), colour_order="RGB", height=28, width=28, task="classify"
)


@pytest.fixture
def network(fixtures: Path) -> bytes:
    """Return a TFLite network alone."""
    return read_artifact(fixtures / "tiny_int8.tflite").network


def zipped(network: bytes, members: dict[str, bytes]) -> bytes:
    """Append a ZIP."""
    buffer = io.BytesIO(network)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_the_metadata_of_a_tflite_file_names_its_labels(network: bytes, tmp_path: Path) -> None:
    content = zipped(
        insert_tflite(network, tflite_metadata(ABOUT)), {"a_labels.txt": b"x\ny\n", "labels.txt": b"cat\ndog"}
    )
    found = collect_metadata(tmp_path / "m.tflite", content, kind="tflite")
    assert (found.labels, found.mean, found.std, found.height) == (("cat", "dog"), (127.5,), (127.5,), 28)


def test_labels_of_a_zip_without_metadata_are_read(network: bytes, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("beside\nit", encoding="utf-8")
    content = zipped(network, {"notes.txt": b"no", "labelmap.txt": b"0 cat\n1 dog\n", "labels_de.txt": b"Katze\nHund"})
    found = collect_metadata(tmp_path / "m.tflite", content, kind="tflite")
    assert (found.labels, found.source_of("labels")) == (("cat", "dog"), "labelmap.txt in its ZIP")
    assert ["labels_de.txt" in note for note in found.notes] == [True]


def test_labels_beside_a_file_are_the_last_resort(network: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(network)
    assert read_artifact(path).metadata == Metadata()
    (tmp_path / "m_labels.txt").write_text("cat\ncat", encoding="utf-8")
    found = read_artifact(path).metadata
    assert found
    assert (found.labels, found.source_of("labels")) == (("cat (0)", "cat (1)"), "m_labels.txt beside it")
    (tmp_path / "m_labels.txt").write_text("cat\n\ndog", encoding="utf-8")
    found = read_artifact(path).metadata
    assert found
    assert (found.labels, len(found.notes)) == ((), 1)


@pytest.mark.parametrize("member", ["metadata.json", "temp_meta.txt"])
def test_what_ultralytics_puts_into_the_zip_is_read(network: bytes, tmp_path: Path, member: str) -> None:
    props = {"task": "classify", "imgsz": [32, 48], "names": {0: "cat", 1: "dog"}}
    text = (
        str(props)
        if member.endswith("txt")
        else str(props).replace("0:", '"0":').replace("1:", '"1":').replace("'", '"')
    )
    found = collect_metadata(tmp_path / "m.tflite", zipped(network, {member: text.encode()}), kind="tflite")
    assert (found.labels, found.height, found.width, found.task) == (("cat", "dog"), 32, 48, "classify")
    assert found.source_of("labels") == f"{member} in its ZIP"


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[1]"])
def test_a_broken_dict_is_left_out(network: bytes, tmp_path: Path, content: bytes) -> None:
    found = collect_metadata(tmp_path / "m.tflite", zipped(network, {"metadata.json": content}), kind="tflite")
    assert not found.says_anything


def test_metadata_of_an_onnx_file_is_read(fixtures: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(fixtures / "tiny_none.onnx")
    del model.metadata_props[:]
    (tmp_path / "labels.txt").write_text("beside\nit", encoding="utf-8")
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    found = read_artifact(path).metadata
    assert found
    assert (found.labels, found.source_of("labels")) == (("beside", "it"), "labels.txt beside it")
    onnx.helper.set_model_props(model, onnx_props(ABOUT))
    path.write_bytes(model.SerializeToString())
    found = read_artifact(path).metadata
    assert found
    assert (found.labels, found.mean, found.std, found.colour_order) == (("cat", "dog"), (127.5,), (127.5,), "RGB")


def test_a_file_with_a_specification_is_not_asked(fixtures: Path) -> None:
    assert read_artifact(fixtures / "tiny_int8.tflite").metadata is None


@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_a_malformed_file_gives_sentences(tmp_path: Path, kind: str) -> None:
    found = collect_metadata(tmp_path / "m", b"\x08\x08\x12\xff\xff" + bytes(99), kind=kind)
    assert (found.says_anything, len(found.notes)) == (False, 1)
