"""Puts the spec inside the file, with the network's digest, so that one file is all that goes to the device."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import onnx

from edge.artifact.file import LABELS_MEMBER, METADATA_KEY, SPEC_MEMBER
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import sha256

_NO_DATE = (1980, 1, 1, 0, 0, 0)  # ZIP's first day: the same model gives the same bytes


def embed_in_tflite(flatbuffer: bytes, spec: ModelSpec) -> bytes:
    """Append a ZIP with `model_spec.json` and `labels.txt`, the convention of TFLite metadata.

    Source: "Adding metadata to TensorFlow Lite models": associated files are appended as a ZIP; interpreters
    ignore what follows the flatbuffer, `unzip` and `zipfile` ignore what precedes the ZIP.
    """
    spec = replace(spec, network_sha256=sha256(flatbuffer))
    buffer = io.BytesIO(flatbuffer)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, text in ((SPEC_MEMBER, spec.to_json()), (LABELS_MEMBER, "\n".join(spec.labels) + "\n")):
            member = zipfile.ZipInfo(name, _NO_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text)
    return buffer.getvalue()


def embed_in_onnx(model: bytes, spec: ModelSpec) -> bytes:
    """Set the spec as the only entry of the model's `metadata_props`; the digest is of the model without it."""
    proto = onnx.load_model_from_string(model)
    del proto.metadata_props[:]
    spec = replace(spec, network_sha256=sha256(proto.SerializeToString(deterministic=True)))
    onnx.helper.set_model_props(proto, {METADATA_KEY: spec.to_json()})
    content: bytes = proto.SerializeToString(deterministic=True)
    return content
