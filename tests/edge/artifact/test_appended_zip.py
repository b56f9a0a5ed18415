"""The ZIP behind a flatbuffer: read as zipfile reads it, or refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from edge.artifact import file as artifact_file
from edge.artifact.file import read_artifact
from edge.errors import ModelFileError


def test_a_zip_with_too_many_files_is_not_read(fixtures: Path, tmp_path: Path) -> None:
    buffer = io.BytesIO(read_artifact(fixtures / "tiny_int8.tflite").network)
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(65):
            archive.writestr(str(number), b"")
    path = tmp_path / "many.tflite"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match="too many files"):
        read_artifact(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_with_two_specs_is_refused(fixtures: Path, tmp_path: Path) -> None:
    found = read_artifact(fixtures / "tiny_int8.tflite")
    assert found.spec
    buffer = io.BytesIO(found.network)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("model_spec.json", found.spec.to_json())
        archive.writestr("model_spec.json", found.spec.to_json())
    path = tmp_path / "twice.tflite"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match=r"twice\.tflite .*there are 2"):
        read_artifact(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_spec_packed_by_an_unbounded_method_is_not_unpacked(fixtures: Path, tmp_path: Path, method: int) -> None:
    buffer = io.BytesIO(read_artifact(fixtures / "tiny_int8.tflite").network)
    with zipfile.ZipFile(buffer, "a", method) as archive:
        archive.writestr("model_spec.json", b"{}")
    path = tmp_path / "packed.tflite"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match=r"packed\.tflite .*packed"):
        read_artifact(path)


STEADILY = hypothesis.settings(derandomize=True, max_examples=300, deadline=None, database=None)
NETWORK = b"\x1c\0\0\0TFL3" + bytes(range(256))
ZIP_MEMBERS = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(["model_spec.json", "labels.txt", "Größe.txt", "deep/er.txt"]),
        strategies.text(max_size=200).map(str.encode) | strategies.binary(max_size=50),
        strategies.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    ),
    max_size=3,
    unique_by=lambda member: member[0],
)


def _zipped(members: list[tuple[str, bytes, int]], comment: bytes) -> bytes:
    buffer = io.BytesIO(NETWORK)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = comment
        for name, content, method in members:
            archive.writestr(name, content, method)
    return buffer.getvalue()


def _read_by_zipfile(content: bytes) -> tuple[bytes, str | None]:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content, None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = min((member.header_offset for member in archive.infolist()), default=len(content))
        specs = [member for member in archive.infolist() if member.filename == "model_spec.json"]
        text = archive.read(specs[0]).decode("utf-8") if specs else None
        return content[: max(0, start)], text


def _result(read: Callable[[bytes], tuple[bytes, str | None]], content: bytes) -> tuple[bytes, str | None] | None:
    """Result of a reader; None: it refuses the file."""
    try:
        return read(content)
    except Exception:  # noqa: BLE001  # zipfile raises a dozen classes
        return None


@STEADILY
@hypothesis.given(ZIP_MEMBERS, strategies.binary(max_size=40))
def test_a_well_formed_zip_is_read_as_zipfile_does(members: list[tuple[str, bytes, int]], comment: bytes) -> None:
    content = _zipped(members, comment)
    assert _result(artifact_file._tflite_parts, content) == _result(_read_by_zipfile, content)


@STEADILY
@hypothesis.given(ZIP_MEMBERS, strategies.binary(max_size=4), strategies.data())
def test_a_malformed_zip_is_refused_or_read_as_zipfile_does(
    members: list[tuple[str, bytes, int]], comment: bytes, data: strategies.DataObject
) -> None:
    content = bytearray(_zipped(members, comment))
    places = strategies.integers(len(NETWORK), len(content) - 1)
    for place in data.draw(strategies.lists(places, min_size=1, max_size=3)):
        content[place] = data.draw(strategies.sampled_from([0, 1, 8, 80, 255]) | strategies.integers(0, 255))
    damaged = bytes(content[: data.draw(strategies.just(len(content)) | places)])
    try:
        found = artifact_file._tflite_parts(damaged)
    except (ValueError, struct.error, zlib.error):
        return
    assert found == _result(_read_by_zipfile, damaged)
