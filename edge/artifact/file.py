"""Model file on disk: its format, its digest, the network and the spec in it."""

from __future__ import annotations

import io
import zipimport
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge.artifact.spec import ModelSpec
from edge.artifact.trust import Trust, TrustPolicy, new_sha256, sha256
from edge.errors import ModelFileError, SpecError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

SPEC_MEMBER = "model_spec.json"
LABELS_MEMBER = "labels.txt"
METADATA_KEY = "edge_classify.model_spec"  # of the spec in an ONNX file's metadata_props

MAX_FILE_BYTES = 64 * 2**20
"""Largest model file: a hundred times our largest, so that its interpreter stays below 512 MB."""

_MAX_SPEC_BYTES = 2**20
_MAX_MEMBERS = 64  # of the ZIP; ours has two
_MAX_SENTENCE, _MAX_REASON = 500, 200  # characters
_STORED_OR_DEFLATED = (0, 8)  # ZIP's numbers; others unpack without a bound


class Artifact(NamedTuple):
    """Deployable file that was read and recognised, not yet run."""

    path: Path
    format: str
    """tflite or onnx."""
    sha256: str
    """Digest of the whole file, hexadecimal."""
    size_bytes: int
    spec: ModelSpec | None
    """The embedded spec; None if there is none."""
    network: bytes = b""
    """Part that the interpreter reads: the flatbuffer before the ZIP, or the ONNX model without its metadata."""
    network_sha256: str = ""
    trusted_because: Trust | None = None
    """Reason to trust its bytes; None: they are verified first."""


class VerifiedArtifact(NamedTuple):
    """Artifact that native code may read, and the runtime it is verified for; only `edge.verify.gate` makes one."""

    artifact: Artifact
    runtime: str
    """One of `edge.runtimes.RUNTIMES`."""


def default_model() -> Path:
    """Return the path of the model inside the package."""
    return Path(__file__).parents[1] / "models" / "edge_int8.tflite"


def read_artifact(path: Path, *, policy: TrustPolicy | None = None) -> Artifact:
    """Read and recognise a model file.

    Args:
        path: the file.
        policy: digest or signature that it must have; compared before anything else looks at the bytes.

    Raises:
        ModelFileError: missing, empty, too large, neither TFLite nor ONNX, damaged, or not the required one.
        SpecError: the embedded spec is malformed or newer than this version.
    """
    content = _read(path)
    trust = Trust.BUILT_IN if path == default_model() else None
    if policy:
        trust = policy.check(path, content)
    kind = _recognise(path, content)
    parts = _onnx_parts if kind == "onnx" else _built_in_parts if trust is Trust.BUILT_IN else _tflite_parts
    network, text = parts(path, content)
    spec = None if text is None else _spec(path, text)
    network_sha256, whole_sha256 = _digests(network, content)
    _check_digest(path, spec, network_sha256)
    return Artifact(path, kind, whole_sha256, len(content), spec, network, network_sha256, trust)


def split_onnx(content: bytes) -> tuple[bytes, list[bytes]]:
    """Take an ONNX model apart: the model without its metadata_props, and each of those (a StringStringEntryProto).

    Raises:
        MalformedModelError: it ends in the middle of a field.
    """
    from edge.artifact.formats.protobuf import pieces

    network: list[bytes] = []
    metadata: list[bytes] = []
    kept = 0
    for piece in pieces(content, 0, len(content)):
        if piece.number != _METADATA_PROPS:
            continue
        if piece.wire != _BYTES or len(metadata) == _MAX_MEMBERS:
            raise ValueError("its metadata is malformed")
        network.append(content[kept : piece.start])
        metadata.append(content[slice(*piece.value)])
        kept = piece.end
    return b"".join((*network, content[kept:])), metadata


_METADATA_PROPS, _BYTES = 14, 2  # field of a ModelProto, and how it is stored


def _digests(network: bytes, content: bytes) -> tuple[str, str]:
    """Return SHA-256 of network and whole file; each byte is hashed once if the network comes first."""
    if not content.startswith(network):
        return sha256(network), sha256(content)
    digest = new_sha256(network)
    of_network = str(digest.hexdigest())
    digest.update(memoryview(content)[len(network) :])
    return of_network, str(digest.hexdigest())


def _spec(path: Path, text: str) -> ModelSpec:
    """Read the spec; the error of a forged one is cut to a readable length."""
    try:
        return ModelSpec.from_json(text)
    except SpecError as error:
        reason = str(error) if len(str(error)) <= _MAX_SENTENCE else f"{str(error)[:_MAX_SENTENCE]}..."
        raise SpecError(f"{path}: {reason}") from error


def _check_digest(path: Path, spec: ModelSpec | None, digest: str) -> None:
    if spec and spec.network_sha256 and spec.network_sha256 != digest:
        raise ModelFileError(
            f"{path} is damaged: its network has SHA-256 {digest[:12]}..., its spec says "
            f"{spec.network_sha256[:12]!r}...: copy or export the file again"
        )


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelFileError(f"{path} has {size:,} bytes: a model may have at most {MAX_FILE_BYTES:,}")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise ModelFileError(
            f"no model file {path}: make one with `python -m export.tflite`, or leave --model out for the built-in one"
        ) from error
    except OSError as error:
        raise ModelFileError(f"model file {path} can't be read: {error.strerror}") from error
    if not content:
        raise ModelFileError(f"model file {path} is empty: copy or export it again")
    if len(content) > MAX_FILE_BYTES:  # a device, or a file that grows
        raise ModelFileError(f"{path} goes on and on: a model may have at most {MAX_FILE_BYTES:,} bytes")
    return content


def _recognise(path: Path, content: bytes) -> str:
    if content[4:8] == b"TFL3":  # the flatbuffer's file identifier
        return "tflite"
    # Protobuf has no magic number; every ONNX file starts with field 1, ir_version, a small number.
    if path.suffix.lower() == ".onnx" and len(content) > 1 and content[0] == 0x08 and 1 <= content[1] < 0x40:
        return "onnx"
    raise ModelFileError(f"{path} is neither a TFLite nor an ONNX model: export one with `python -m export.tflite`")


def _built_in_parts(path: Path, content: bytes) -> tuple[bytes, str | None]:
    """Split the built-in file, which is trusted, as `_tflite_parts` does.

    Python has zipimport loaded already; importing zipfile takes a fortieth of the time to the first decision.
    """
    try:
        text = zipimport.zipimporter(str(path)).get_data(SPEC_MEMBER).decode("utf-8")
        return content[: content.index(b"PK\x03\x04")], text
    except (ImportError, OSError, ValueError, EOFError) as error:
        raise _unreadable(path, error) from error


def _tflite_parts(path: Path, content: bytes) -> tuple[bytes, str | None]:
    """Split a file into the flatbuffer and the spec in the ZIP that follows it; None without such a ZIP."""
    import zipfile

    buffer = io.BytesIO(content)
    if not zipfile.is_zipfile(buffer):
        return content, None
    try:
        if content.count(b"PK\x01\x02") > _MAX_MEMBERS:  # before zipfile makes an object of each
            raise ValueError("the ZIP has too many files")
        with zipfile.ZipFile(buffer) as archive:
            members = archive.infolist()
            network = content[: max(0, min((member.header_offset for member in members), default=len(content)))]
            specs = [member for member in members if member.filename == SPEC_MEMBER]
            return network, _unpacked(archive, specs) if specs else None  # None: other TFLite metadata
    except Exception as error:  # damaged bytes make zipfile raise a dozen classes
        raise _unreadable(path, error) from error


def _unpacked(archive: ZipFile, specs: list[ZipInfo]) -> str:
    member = specs[0]
    if len(specs) > 1:
        raise ValueError(f"there are {len(specs)} of them")
    if member.file_size > _MAX_SPEC_BYTES:
        raise ValueError(f"it claims {member.file_size:,} bytes")
    if member.compress_type not in _STORED_OR_DEFLATED:
        raise ValueError("it is packed in an unusual way")
    return archive.read(member).decode("utf-8")


def _onnx_parts(path: Path, content: bytes) -> tuple[bytes, str | None]:
    """Split a file into the model without its metadata and the spec in the metadata; None without a spec."""
    from edge.artifact.formats.onnx import LAYOUTS
    from edge.artifact.formats.protobuf import Message

    try:
        network, entries = split_onnx(content)
        metadata = [Message(entry, LAYOUTS).read("StringStringEntryProto") for entry in entries]
        specs = [entry.get("value", "") for entry in metadata if entry.get("key") == METADATA_KEY]
        if len(specs) > 1:
            raise ValueError(f"there are {len(specs)} of them")
        if specs and len(specs[0]) > _MAX_SPEC_BYTES:
            raise ValueError(f"it has {len(specs[0]):,} characters")
    except ValueError as error:
        raise _unreadable(path, error) from error
    return network, specs[0] if specs else None


def _unreadable(path: Path, error: Exception) -> ModelFileError:
    reason = " ".join(str(error).split())[:_MAX_REASON]
    return ModelFileError(f"the spec in {path} can't be read ({reason}): copy or export the file again")
