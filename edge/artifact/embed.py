"""Writes a specification into the bytes of a model file, without TensorFlow and without the onnx package."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace

from edge.artifact.file import LABELS_MEMBER, MAX_FILE_BYTES, METADATA_KEY, SPEC_MEMBER, Artifact
from edge.artifact.formats.onnx import LAYOUTS, split_onnx
from edge.artifact.formats.protobuf import Message
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import sha256
from edge.errors import ModelFileError

_NO_DATE = (1980, 1, 1, 0, 0, 0)  # ZIP's first day, so that the same model gives the same bytes
_METADATA_PROPS = b"\x72"  # key of a ModelProto's field 14, bytes
_KEY, _VALUE = b"\x0a", b"\x12"  # of a StringStringEntryProto's fields 1 and 2, bytes
_STORED, _DEFLATED = 0, 8  # ZIP's numbers; others unpack without a bound


def embed_spec(artifact: Artifact, content: bytes, spec: ModelSpec) -> bytes:
    """Return a file with a spec in it, in place of one that it has; foreign metadata stays.

    Weights that lay in files beside it are in it then.

    Weights that lie in files beside the model are in the file that is returned.

    Args:
        artifact: the file as it was read.
        content: its bytes.
        spec: its digest is computed here.

    Raises:
        ModelFileError: the ZIP in the file is too large or damaged, or the model has no place for the spec.
    """
    if artifact.format == "onnx":
        _, entries = split_onnx(content)
        return embed_in_onnx(artifact.network, spec, (entry for entry in entries if _key_of(entry) != METADATA_KEY))
    return embed_in_tflite(artifact.network, spec, _foreign_members(content))


def embed_in_tflite(network: bytes, spec: ModelSpec, others: Mapping[str, bytes] | None = None) -> bytes:
    """Append a ZIP with the spec and its labels to a flatbuffer.

    Source: "Adding metadata to TensorFlow Lite models": associated files are appended as a ZIP. Interpreters ignore
    what follows the flatbuffer, `unzip` and `zipfile` what precedes the ZIP. MediaPipe refuses a compressed one.

    Args:
        network: the flatbuffer alone.
        spec: its digest is computed here.
        others: name -> content of further files for the ZIP.
    """
    import zipfile

    spec = replace(spec, network_sha256=sha256(network))
    ours = {SPEC_MEMBER: spec.to_json().encode(), LABELS_MEMBER: ("\n".join(spec.labels) + "\n").encode()}
    buffer = io.BytesIO(network)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, member in {**ours, **(others or {}), **ours}.items():  # ours come first, and win
            archive.writestr(zipfile.ZipInfo(name, _NO_DATE), member)
    return buffer.getvalue()


def embed_in_onnx(network: bytes, spec: ModelSpec, others: Iterable[bytes] = ()) -> bytes:
    """Append metadata_props to a model that has none.

    Args:
        network: the model without metadata_props.
        spec: its digest is computed here.
        others: further entries, each a serialised StringStringEntryProto, which precede the spec.
    """
    spec = replace(spec, network_sha256=sha256(network))
    entries = (*others, onnx_entry(METADATA_KEY, spec.to_json()))
    return b"".join((network, *(_METADATA_PROPS + _sized(entry) for entry in entries)))


def onnx_entry(key: str, value: str) -> bytes:
    """Return an entry of metadata_props, a serialised StringStringEntryProto."""
    return _KEY + _sized(key.encode()) + _VALUE + _sized(value.encode())


def _sized(content: bytes) -> bytes:
    """Return bytes behind their number, a varint."""
    size, prefix = len(content), bytearray()
    while size >= 0x80:
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    prefix.append(size)
    return bytes(prefix) + content


def _key_of(entry: bytes) -> str:
    return str(Message(entry, LAYOUTS).read("StringStringEntryProto").get("key", ""))


def _foreign_members(content: bytes) -> dict[str, bytes]:
    """Return the files in the ZIP behind a flatbuffer, but for the spec: label files that TFLite metadata names."""
    import zipfile

    buffer = io.BytesIO(content)
    if not zipfile.is_zipfile(buffer):
        return {}
    try:
        with zipfile.ZipFile(buffer) as archive:
            members = [entry for entry in archive.infolist() if entry.filename != SPEC_MEMBER]
            if sum(entry.file_size for entry in members) > MAX_FILE_BYTES:
                raise ValueError("too large")
            if any(entry.compress_type not in (_STORED, _DEFLATED) for entry in members):
                raise ValueError("packed in an unusual way")
            return {entry.filename: archive.read(entry) for entry in members}
    except Exception as error:  # damaged bytes make zipfile raise a dozen classes
        raise ModelFileError(
            f"the ZIP in the model file can't be kept ({error}): copy or export the file again"
        ) from error
