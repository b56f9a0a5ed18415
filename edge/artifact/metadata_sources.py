"""Collects what a model file, the ZIP in it and the label file beside it say about the model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edge.artifact import labels
from edge.artifact.formats import MalformedModelError, literal, onnx_metadata, tflite_metadata
from edge.artifact.formats.zip_members import text_members
from edge.artifact.metadata import Metadata
from edge.errors import ModelFileError

_ULTRALYTICS = ("metadata.json", "temp_meta.txt")  # in the ZIP, today's and earlier


def collect_metadata(path: Path, content: bytes, *, kind: str) -> Metadata:
    """Read all that is said about a model: first in its metadata, then in its ZIP, then beside it.

    Args:
        path: of the file; only label files beside it are looked for.
        content: its bytes, with what is appended to them.
        kind: tflite or onnx.

    Returns:
        Each field as the first place has it that says something; what is malformed is left out and noted.
    """
    found = _of_onnx(content) if kind == "onnx" else _of_tflite(content)
    return found if found.labels else found.or_else(_beside(path))


def _of_onnx(content: bytes) -> Metadata:
    try:
        return onnx_metadata.read(content)
    except MalformedModelError as error:
        return _left_out("metadata_props", error)


def _of_tflite(content: bytes) -> Metadata:
    about = Metadata()
    members: dict[str, bytes] = {}
    try:
        members = text_members(content)
    except MalformedModelError as error:
        about = about.or_else(_left_out("ZIP", error))
    try:
        about = about.or_else(tflite_metadata.read(content, members))
    except MalformedModelError as error:
        about = about.or_else(_left_out("TFLite metadata", error))
    about = about.or_else(_ultralytics(members))
    return about if about.labels else about.or_else(_labels_in(members))


def _ultralytics(members: Mapping[str, bytes]) -> Metadata:
    """Read the dict that Ultralytics puts into the ZIP."""
    name = next((name for name in _ULTRALYTICS if name in members), None)
    if name is None:
        return Metadata()
    try:
        props = literal.read(members[name].decode())
    except (MalformedModelError, UnicodeDecodeError) as error:
        return _left_out(f"{name} in its ZIP", error)
    return onnx_metadata.of_props(props, f"{name} in its ZIP") if isinstance(props, dict) else Metadata()


def _labels_in(members: Mapping[str, bytes]) -> Metadata:
    """Read the labels of a ZIP without metadata; a second list that differs is noted."""
    names = labels.looks_like_labels(members)
    if not names:
        return Metadata()
    where = f"{names[0]} in its ZIP"
    others = [name for name in names[1:] if members[name] != members[names[0]]]
    notes = [f"its ZIP has other label files too: {', '.join(others)}"] if others else []
    try:
        return Metadata.found(where, {"labels": labels.decode_labels(members[names[0]], where)}, notes=notes)
    except ModelFileError as error:
        return _left_out(where, error)


def _beside(path: Path) -> Metadata:
    file = labels.beside(path)
    if file is None:
        return Metadata()
    try:
        return Metadata.found(f"{file.name} beside it", {"labels": labels.read_labels(file)})
    except ModelFileError as error:
        return _left_out(f"{file.name} beside it", error)


def _left_out(where: str, error: Exception) -> Metadata:
    return Metadata.found("", {}, notes=[f"its {where} is left out: {error}"])
