"""A model file on disk: recognised or refused with one sentence, wherever it was cut or damaged."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.artifact import file as artifact_file
from edge.artifact.file import default_model, read_artifact
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import Trust
from edge.errors import ModelFileError, SpecError, ToolkitError

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


def test_an_onnx_file_holds_its_spec_and_the_network_lacks_it(fixtures: Path) -> None:
    found = read_artifact(fixtures / "tiny_int8.onnx")
    assert found.spec
    assert (found.format, found.spec.provenance.run_name) == ("onnx", "tiny")
    content = (fixtures / "tiny_int8.onnx").read_bytes()
    assert artifact_file.METADATA_KEY.encode() in content
    assert artifact_file.METADATA_KEY.encode() not in found.network
    assert found.network_sha256 == hashlib.sha256(found.network).hexdigest() == found.spec.network_sha256


@pytest.mark.parametrize("name", ["tiny_int8.tflite", "tiny_none.tflite", "tiny_int8.onnx", "tiny_none.onnx"])
def test_a_changed_network_is_told_by_its_digest(fixtures: Path, tmp_path: Path, name: str) -> None:
    content = bytearray((fixtures / name).read_bytes())
    content[4000] ^= 1
    path = tmp_path / name
    path.write_bytes(bytes(content))
    with pytest.raises(ModelFileError, match=rf"{name} is damaged: .*SHA-256 [0-9a-f]{{12}}.*describe .*{name}"):
        read_artifact(path)
    found = read_artifact(path, may_be_changed=True)
    assert (found.is_changed, read_artifact(fixtures / name).is_changed) == (True, False)


def test_the_shipped_network_is_what_lies_before_the_zip() -> None:
    content = default_model().read_bytes()
    found = read_artifact(default_model())
    assert found.network == content[: content.index(b"PK\x03\x04")]
    assert found.spec
    assert found.spec.network_sha256 == hashlib.sha256(found.network).hexdigest()
    assert found.trusted_because is Trust.BUILT_IN


def test_a_file_of_an_older_schema_has_no_digest_and_still_loads(fixtures: Path, respec: Respec) -> None:
    old = read_artifact(fixtures / "tiny_int8.tflite").spec
    assert old
    data = json.loads(old.to_json()) | {"schema_version": 2}
    del data["network_sha256"]
    found = read_artifact(respec(fixtures / "tiny_int8.tflite", json.dumps(data)))
    assert found.spec
    assert (found.spec.network_sha256, found.trusted_because) == ("", None)


def test_a_forged_spec_makes_no_endless_sentence(fixtures: Path, respec: Respec) -> None:
    path = respec(fixtures / "tiny_int8.tflite", json.dumps({"schema_version": 1, "labels": ["x" * 10_000]}))
    with pytest.raises(SpecError) as caught:
        read_artifact(path)
    assert len(str(caught.value).removeprefix(str(path))) < 600


def test_the_format_is_recognised_by_content_not_by_name(fixtures: Path, tmp_path: Path) -> None:
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
        ("m.keras", b"PK\x03\x04 something", r"export\.tflite .*m\.keras"),
        ("m.h5", b"\x89HDF\r\n\x1a\n", r"export\.tflite .*m\.h5"),
        ("m.pb", b"\x08\x09\x12\x00", r"ends? in \.onnx"),
        ("m.tflite", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
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
        "older Keras",
        "no suffix",
        "Git LFS",
    ],
)
def test_foreign_files_are_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=words) as caught:
        read_artifact(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"gone\.tflite: .*clothes, edge") as caught:
        read_artifact(tmp_path / "gone.tflite")
    assert "python -m export.tflite" in str(caught.value)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="Is a directory"):
        read_artifact(tmp_path)


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = tmp_path / "disk.img"
    with huge.open("wb") as file:
        file.truncate(2**40)  # a sparse file: takes no room
    with pytest.raises(ModelFileError, match="1,099,511,627,776 bytes: .* 268,435,456"):
        read_artifact(huge)
    model = fixtures / "tiny_int8.tflite"
    monkeypatch.setattr(artifact_file, "MAX_FILE_BYTES", model.stat().st_size)
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
                assert str(path) in str(error)  # noqa: PT017  # in a loop
                assert "export the file again" in str(error)  # noqa: PT017
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
    with pytest.raises(ModelFileError, match="binary.tflite .*'utf-8' codec"):
        read_artifact(path)


def test_other_metadata_in_a_zip_is_not_taken_for_a_spec(fixtures: Path, tmp_path: Path) -> None:
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
        (json.dumps({"schema_version": 99}), "has schema 99, this edge-classify reads up to 4"),
        (json.dumps({"schema_version": 1, "labels": ["one"]}), "at least two labels"),
    ],
    ids=["no JSON", "newer", "one label"],
)
def test_a_malformed_spec_is_a_spec_error(fixtures: Path, respec: Respec, text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        read_artifact(respec(fixtures / "tiny_int8.tflite", text))
    assert isinstance(caught.value, ToolkitError)


def test_the_built_in_model_is_read_as_any_other_copy_of_it(tmp_path: Path) -> None:
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(artifact_file.default_model().read_bytes())
    one, other = read_artifact(artifact_file.default_model()), read_artifact(copy)
    assert (one.spec, one.network, one.network_sha256, one.sha256) == (
        other.spec, other.network, other.network_sha256, other.sha256
    )  # fmt: skip
    assert (one.trusted_because, other.trusted_because) == (Trust.BUILT_IN, None)
