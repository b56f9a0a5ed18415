"""Good model files, taken apart and put together again."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.artifact.file import METADATA_KEY, SPEC_MEMBER, read_artifact
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import sha256

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Original:
    """A good file, taken apart."""

    name: str
    format: str
    """tflite or onnx."""
    network: bytes
    spec: ModelSpec


def load_original(path: Path) -> Original:
    """Read a file; one without a spec gets a spec with Fashion-MNIST's classes and no claims about its tensors."""
    artifact = read_artifact(path)
    return Original(path.name, artifact.format, artifact.network, artifact.spec or ModelSpec())


def assembled(original: Original, network: bytes, text: str | bytes | None = None) -> bytes:
    """Put a network and a spec together, as an attacker would: with the digest that belongs to the network."""
    if text is None:
        data = json.loads(original.spec.to_json())
        text = json.dumps(data | {"network_sha256": sha256(network)})
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if original.format == "onnx":
        entry = _field(1, METADATA_KEY.encode()) + _field(2, content)
        return network + _field(14, entry)
    buffer = io.BytesIO(network)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SPEC_MEMBER, content)
    return buffer.getvalue()


def _field(number: int, content: bytes) -> bytes:
    """A protobuf field that holds bytes."""
    size, encoded = len(content), bytearray([number << 3 | 2])
    while size > 0x7F:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(encoded) + bytes([size]) + content
