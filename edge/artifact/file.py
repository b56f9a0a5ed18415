"""Model file on disk: its format, its digest, the network and the spec in it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge.artifact.appended_zip import split_zip
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import Trust, TrustPolicy, new_sha256, sha256
from edge.errors import MissingModelError, ModelFileError, SpecError

if TYPE_CHECKING:
    from edge.artifact.formats.network_summary import NetworkSummary
    from edge.artifact.metadata import Metadata

SPEC_MEMBER = "model_spec.json"
LABELS_MEMBER = "labels.txt"
METADATA_KEY = "edge_classify.model_spec"  # of the spec in an ONNX file's metadata_props

MAX_FILE_BYTES = 256 * 2**20
"""Largest model, with its weights in other files: its interpreter takes three times as much, and 512 MB up to 64 MB."""

_MAX_SPEC_BYTES = 2**20
_ONNX_NEXT = (b"\x12", b"\x1a", b"\x28", b"\x3a", b"\x42")  # producer, its version, model version, graph, operator set
_LFS_POINTER, _HDF5 = b"version https://git-lfs", b"\x89HDF\r\n\x1a\n"
_MAX_SENTENCE, _MAX_REASON = 500, 200  # characters


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
    external: tuple[str, ...] = ()
    """Names of the files beside it whose weights are in `network`, and so in its digest."""
    metadata: Metadata | None = None
    """Claims of a file without a spec, and of the label file beside it; None for one with a spec."""

    @property
    def is_changed(self) -> bool:
        """True if the network isn't the one that the spec was written for."""
        return self.spec is not None and self.spec.network_sha256 not in ("", self.network_sha256)

    def summarise(self) -> NetworkSummary:
        """Return the facts that the network's bytes tell.

        Raises:
            ModelFileError: it is malformed.
        """
        from edge.artifact.formats import MalformedModelError, onnx_summary, refusal, tflite_summary

        read = {"tflite": tflite_summary.summarise, "onnx": onnx_summary.summarise}[self.format]
        try:
            return read(self.network)
        except MalformedModelError as error:
            raise ModelFileError(refusal(self.path, error)) from error


class VerifiedArtifact(NamedTuple):
    """Artifact that native code may read, and the runtime it is verified for; only `edge.verify.gate` makes one."""

    artifact: Artifact
    runtime: str
    """One of `edge.runtimes.RUNTIMES`."""


DEFAULT_MODEL = "edge"
"""Name of the built-in model that runs where none is named."""
_BUILT_IN = Path(__file__).parents[1] / "models"
FEATURES_NETWORK = _BUILT_IN / "lite0_features.tflite"
"""Network inside the package that `edge-classify teach` takes features from: no classifier."""


def default_model() -> Path:
    """Return the path of the model inside the package."""
    return _BUILT_IN / f"{DEFAULT_MODEL}_int8.tflite"


def builtin_models() -> dict[str, Path]:
    """Return the models inside the package: name -> path."""
    return {path.stem.removesuffix("_int8"): path for path in sorted(_BUILT_IN.glob("*_int8.tflite"))}


def model_path(text: str) -> Path:
    """Return the path of a model file, or of the built-in one of that name; a file of the same name goes first."""
    path = Path(text)
    return path if path.is_file() else builtin_models().get(text, path)


def read_artifact(path: Path, *, policy: TrustPolicy | None = None, may_be_changed: bool = False) -> Artifact:
    """Read and recognise a model file; the digest or signature of a policy is compared before anything else.

    Args:
        path: a .tflite or .onnx file.
        policy: digest or signature that the file must have.
        may_be_changed: True to accept a network that isn't the one that the spec was written for.

    Raises:
        ModelFileError: missing, empty, too large, neither TFLite nor ONNX, damaged, or not the required one.
        SpecError: the embedded spec is malformed or newer than this version.
    """
    content = _read(path)
    ours = path.parent == _BUILT_IN and path in (*builtin_models().values(), FEATURES_NETWORK)
    trust = Trust.BUILT_IN if ours else None
    if policy:
        trust = policy.check(path, content)
    kind = _recognise(path, content)
    try:
        network, text = _onnx_parts(content) if kind == "onnx" else _tflite_parts(content)
    except (ValueError, struct.error, zlib.error) as error:
        reason = " ".join(str(error).split())[:_MAX_REASON]
        raise ModelFileError(f"the spec in {path} can't be read ({reason}): copy or export the file again") from error
    spec = None if text is None else _spec(path, text)
    external: tuple[str, ...] = ()
    if kind == "onnx" and b"location" in network:  # the key of each constant in another file
        from edge.artifact.external_data import with_external_data

        is_covered = trust is None or bool(spec and spec.network_sha256)
        network, external = with_external_data(path, network, limit_bytes=MAX_FILE_BYTES, is_covered=is_covered)
    network_sha256, whole_sha256 = _digests(network, content)
    metadata = None if spec else _metadata(path, content, kind)
    size = max(len(content), len(network))
    artifact = Artifact(path, kind, whole_sha256, size, spec, network, network_sha256, trust, external, metadata)
    if not may_be_changed:
        _require_unchanged(artifact)
    return artifact


def _metadata(path: Path, content: bytes, kind: str) -> Metadata:
    from edge.artifact.metadata_sources import collect_metadata

    return collect_metadata(path, content, kind=kind)


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


def _require_unchanged(artifact: Artifact) -> None:
    if artifact.spec and artifact.is_changed:
        raise ModelFileError(
            f"{artifact.path} is damaged: its network has SHA-256 {artifact.network_sha256[:12]}..., its spec says "
            f"{artifact.spec.network_sha256[:12]!r}...: copy or export the file again, or if a tool rewrote it on "
            f"purpose see `edge-classify describe {artifact.path}`"
        )


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelFileError(f"{path} has {size:,} bytes: a model may have at most {MAX_FILE_BYTES:,}")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise MissingModelError(
            f"no model file {path}: make one with `python -m export.tflite`, or name a built-in one "
            f"({', '.join(builtin_models())})"
        ) from error
    except OSError as error:
        from edge.system.unit import file_hint

        kind = MissingModelError if isinstance(error, IsADirectoryError | NotADirectoryError) else ModelFileError
        raise kind(f"model file {path} can't be read: {error.strerror}{file_hint(error)}") from error
    if not content:
        raise ModelFileError(f"model file {path} is empty: copy or export it again")
    if len(content) > MAX_FILE_BYTES:  # a device, or a file that grows
        raise ModelFileError(f"{path} goes on and on: a model may have at most {MAX_FILE_BYTES:,} bytes")
    return content


def _recognise(path: Path, content: bytes) -> str:
    if content[4:8] == b"TFL3":  # the flatbuffer's file identifier
        return "tflite"
    # Protobuf has no magic number; every ONNX file starts with field 1, ir_version, a small number.
    is_onnx = len(content) > 1 and content[0] == 0x08 and 1 <= content[1] < 0x40
    if is_onnx and path.suffix.lower() == ".onnx":
        return "onnx"
    remedy = "export one with `python -m export.tflite`"
    if is_onnx and content[2:3] in _ONNX_NEXT:
        remedy = "if it is ONNX, as it begins, its name must end in .onnx"
    elif content.startswith(_LFS_POINTER):
        remedy = "it is a pointer of Git LFS, `git lfs pull` fetches the file itself"
    elif content.startswith(_HDF5) or path.suffix.lower() == ".keras":
        remedy = f"`python -m export.tflite {path} --labels FILE` makes one of a Keras model"
    raise ModelFileError(f"{path} is neither a TFLite nor an ONNX model: {remedy}")


def _tflite_parts(content: bytes) -> tuple[bytes, str | None]:
    """Split a file into the flatbuffer and the spec in the ZIP that follows it; None without one."""
    network, spec = split_zip(content, SPEC_MEMBER, limit_bytes=_MAX_SPEC_BYTES)
    return network, None if spec is None else spec.decode("utf-8")


def _onnx_parts(content: bytes) -> tuple[bytes, str | None]:
    """Split a file into the model without its metadata and the spec in the metadata; None without a spec."""
    from edge.artifact.formats.onnx import LAYOUTS, split_onnx
    from edge.artifact.formats.protobuf import Message

    network, entries = split_onnx(content)
    metadata = [Message(entry, LAYOUTS).read("StringStringEntryProto") for entry in entries]
    specs = [entry.get("value", "") for entry in metadata if entry.get("key") == METADATA_KEY]
    if len(specs) > 1:
        raise ValueError(f"there are {len(specs)} of them")
    if specs and len(specs[0]) > _MAX_SPEC_BYTES:
        raise ValueError(f"it has {len(specs[0]):,} characters")
    return network, specs[0] if specs else None
