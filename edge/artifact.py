"""A model file as it lies on disk: its format, its identity and the spec embedded in it."""

from __future__ import annotations

import importlib
import importlib.util
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

from edge.errors import ModelFileError
from edge.spec import ModelSpec

SPEC_MEMBER = "model_spec.json"
LABELS_MEMBER = "labels.txt"
METADATA_KEY = "edge_classify.model_spec"  # of the spec in an ONNX file's metadata_props

_MAX_FILE_BYTES = 256 * 2**20  # a thousand times our largest; keeps a wrong path from filling a Pi's memory
_MAX_SPEC_BYTES = 2**20


class Artifact(NamedTuple):
    """A deployable file that was read and recognised, not yet run."""

    path: Path
    format: str
    """tflite or onnx."""
    sha256: str
    """Of the whole file, hexadecimal."""
    size_bytes: int
    spec: ModelSpec | None
    """The embedded spec; None if there is none, or if only the runtime can read it (ONNX)."""


def default_model() -> Path:
    """The model that ships inside the package."""
    return Path(__file__).parent / "models" / "edge_int8.tflite"


def read_artifact(path: Path) -> Artifact:
    """Read and recognise a model file.

    Raises:
        ModelFileError: missing, empty, too large or neither TFLite nor ONNX.
        SpecError: the embedded spec is malformed or newer than this version.
    """
    content = _read(path)
    kind = _recognise(path, content)
    return Artifact(
        path=path,
        format=kind,
        sha256=_sha256(content),
        size_bytes=len(content),
        spec=_tflite_spec(path, content) if kind == "tflite" else None,
    )


def _sha256(content: bytes) -> str:
    """As hashlib has it; but that loads OpenSSL too, 4 MB for one number, so the lean module comes first."""
    for lean in ("_sha2", "_sha256"):  # of Python 3.12 and later, and before; `random` in the standard library does so
        if importlib.util.find_spec(lean):
            return str(importlib.import_module(lean).sha256(content).hexdigest())
    import hashlib

    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _MAX_FILE_BYTES:
            raise ModelFileError(f"{path} has {size:,} bytes: a model may have at most {_MAX_FILE_BYTES:,}")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelFileError(
            f"no model file {path}: make one with `python -m export.tflite`, or leave --model out for the built-in one"
        ) from error
    except OSError as error:
        raise ModelFileError(f"model file {path} can't be read: {error.strerror}") from error
    if not content:
        raise ModelFileError(f"model file {path} is empty: copy or export it again")
    return content


def _recognise(path: Path, content: bytes) -> str:
    if content[4:8] == b"TFL3":  # the flatbuffer's file identifier
        return "tflite"
    # Protobuf has no magic number; every ONNX file starts with field 1, ir_version, a small number.
    if path.suffix.lower() == ".onnx" and len(content) > 1 and content[0] == 0x08 and 1 <= content[1] < 0x40:
        return "onnx"
    raise ModelFileError(f"{path} is neither a TFLite nor an ONNX model: export one with `python -m export.tflite`")


def _tflite_spec(path: Path, content: bytes) -> ModelSpec | None:
    """The spec in the ZIP that follows the flatbuffer, or None where there is no such ZIP."""
    buffer = io.BytesIO(content)
    if not zipfile.is_zipfile(buffer):
        return None
    try:
        with zipfile.ZipFile(buffer) as archive:
            if SPEC_MEMBER not in archive.namelist():
                return None  # somebody else's TFLite metadata
            member = archive.getinfo(SPEC_MEMBER)
            if member.file_size > _MAX_SPEC_BYTES:
                raise ValueError(f"it claims {member.file_size:,} bytes")
            text = archive.read(member).decode("utf-8")
    except Exception as error:  # damaged bytes make zipfile raise a dozen kinds, zlib's own among them
        raise ModelFileError(f"the spec in {path} can't be read ({error}): copy or export the file again") from error
    return ModelSpec.from_json(text)
