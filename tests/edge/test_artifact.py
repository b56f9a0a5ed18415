"""A model file on disk: recognised or refused with one sentence, wherever it was cut or damaged."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge import artifact
from edge.artifact import default_model, read_artifact
from edge.errors import ModelFileError, SpecError, ToolkitError
from edge.spec import ModelSpec

Respec = Callable[[Path, "ModelSpec | str | None"], Path]


def test_the_default_model_ships_and_describes_itself() -> None:
    path = default_model()
    found = read_artifact(path)
    assert found.format == "tflite"
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.size_bytes == path.stat().st_size
    assert found.spec
    assert found.spec.labels == ModelSpec().labels
    assert found.spec.provenance.quantization == "int8"


@pytest.mark.parametrize("mode", ["int8", "none"])
def test_a_tflite_file_holds_its_spec(fixtures: Path, mode: str) -> None:
    found = read_artifact(fixtures / f"tiny_{mode}.tflite")
    assert found.spec
    assert (found.format, found.spec.provenance.quantization, found.spec.provenance.run_name) == (
        "tflite",
        mode,
        "tiny",
    )
    assert found.spec.input_tensor
    assert found.spec.input_tensor.shape == (1, 28, 28, 1)


def test_only_the_runtime_reads_an_onnx_file_s_spec(fixtures: Path) -> None:
    found = read_artifact(fixtures / "tiny_int8.onnx")
    assert (found.format, found.spec) == ("onnx", None)


def test_the_content_counts_not_the_name(fixtures: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "model.bin"
    renamed.write_bytes((fixtures / "tiny_int8.tflite").read_bytes())
    assert read_artifact(renamed).format == "tflite"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("m.tflite", b"", "is empty: copy or export it again"),
        ("m.onnx", b"", "is empty: copy or export it again"),
        ("m.tflite", b"TFL3", "is neither a TFLite nor an ONNX model"),
        ("m.tflite", b"<html>not found</html>", "is neither a TFLite nor an ONNX model"),
        ("m.onnx", b"<html>not found</html>", "is neither a TFLite nor an ONNX model"),
        ("m.onnx", b"\x08", "is neither a TFLite nor an ONNX model"),
        ("m.onnx", b"\x08\x00", "is neither a TFLite nor an ONNX model"),
        ("m.onnx", b"\x08\x40", "is neither a TFLite nor an ONNX model"),
        (
            "m.keras",
            b"PK\x03\x04 something",
            "is neither a TFLite nor an ONNX model: export one with `python -m export",
        ),
        ("m.pb", b"\x08\x09\x12\x00", "is neither a TFLite nor an ONNX model"),
    ],
    ids=[
        "empty",
        "empty onnx",
        "4 bytes",
        "web page",
        "web page as onnx",
        "1 byte",
        "IR 0",
        "IR 64",
        "Keras",
        "no suffix",
    ],
)
def test_foreign_files_are_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=words) as caught:
        read_artifact(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no model file .*gone\.tflite: make one with .* or leave --model out"):
        read_artifact(tmp_path / "gone.tflite")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="can't be read: Is a directory"):
        read_artifact(tmp_path)


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = tmp_path / "disk.img"
    with huge.open("wb") as file:
        file.truncate(2**40)  # a sparse file: takes no room
    with pytest.raises(ModelFileError, match="has 1,099,511,627,776 bytes: a model may have at most 268,435,456"):
        read_artifact(huge)
    model = fixtures / "tiny_int8.tflite"
    monkeypatch.setattr(artifact, "_MAX_FILE_BYTES", model.stat().st_size)
    assert read_artifact(model).spec


def test_wherever_a_tflite_file_is_cut_it_has_no_spec_or_is_refused(fixtures: Path, tmp_path: Path) -> None:
    content = (fixtures / "tiny_int8.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    for length in range(0, len(content), 13):
        path.write_bytes(content[:length])
        if length < 8:
            with pytest.raises(ModelFileError):
                read_artifact(path)
        else:
            assert read_artifact(path).spec is None


def test_a_damaged_spec_is_one_of_our_errors_wherever_the_damage_is(fixtures: Path, tmp_path: Path) -> None:
    """zipfile and zlib have a dozen exceptions for this; none of them may get through."""
    content = (fixtures / "tiny_int8.tflite").read_bytes()
    start = content.index(b"PK\x03\x04")
    path = tmp_path / "damaged.tflite"
    whole = read_artifact(fixtures / "tiny_int8.tflite").spec
    refused = 0
    for place in range(start, len(content), 3):
        for flip in (0x01, 0x40, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= flip
            path.write_bytes(bytes(damaged))
            try:
                spec = read_artifact(path).spec
            except ModelFileError as error:
                refused += 1
                assert str(error).startswith(f"the spec in {path} can't be read (")  # noqa: PT017  # in a loop
                assert str(error).endswith("): copy or export the file again")  # noqa: PT017
            else:
                assert spec in (whole, None)
    assert refused > 1000


def test_a_spec_that_claims_to_be_huge_is_not_unpacked(fixtures: Path, respec: Respec) -> None:
    path = respec(fixtures / "tiny_int8.tflite", " " * (2**20 + 1))
    with pytest.raises(ModelFileError, match="it claims 1,048,577 bytes"):
        read_artifact(path)


def test_a_spec_that_is_no_text_is_refused(fixtures: Path, tmp_path: Path) -> None:
    content = (fixtures / "tiny_int8.tflite").read_bytes()
    buffer = io.BytesIO(content[: content.index(b"PK\x03\x04")])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("model_spec.json", b"\xff\xfe\x00")
    path = tmp_path / "binary.tflite"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match=r"can't be read \('utf-8' codec"):
        read_artifact(path)


def test_somebody_else_s_metadata_is_no_spec(fixtures: Path, tmp_path: Path) -> None:
    content = (fixtures / "tiny_int8.tflite").read_bytes()
    buffer = io.BytesIO(content[: content.index(b"PK\x03\x04")])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("labelmap.txt", "a\nb\n")
    path = tmp_path / "theirs.tflite"
    path.write_bytes(buffer.getvalue())
    assert read_artifact(path).spec is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "isn't valid JSON"),
        (json.dumps({"schema_version": 99}), "has schema 99, this edge-classify reads up to 2"),
        (json.dumps({"schema_version": 1, "labels": ["one"]}), "at least two labels"),
    ],
    ids=["no JSON", "newer", "one label"],
)
def test_a_malformed_spec_is_a_spec_error(fixtures: Path, respec: Respec, text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        read_artifact(respec(fixtures / "tiny_int8.tflite", text))
    assert isinstance(caught.value, ToolkitError)
