"""Reads what other tools write into an ONNX model's metadata_props, or into a text in a TFLite model's ZIP.

Ultralytics: names, imgsz, task, channels. Azure Custom Vision and Windows ML: Image.* (docs/MetadataProps.md of
github.com/onnx/onnx). Hugging Face and timm: id2label, mean, std, crop_pct.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.artifact.formats import MalformedModelError, literal
from edge.artifact.formats.onnx import LAYOUTS, split_onnx
from edge.artifact.formats.protobuf import Message
from edge.artifact.labels import labels_of
from edge.artifact.metadata import Metadata, normalization
from edge.errors import ModelFileError

PIXEL_FORMATS = {"gray8": "GREY", "rgb8": "RGB", "bgr8": "BGR"}
PIXEL_RANGES = {
    "nominalrange_0_255": (0.0, 1.0), "normalized_0_1": (0.0, 255.0), "normalized_1_1": (127.5, 127.5),
}  # fmt: skip
"""Name in lower case -> mean and standard deviation of pixels of 0-255."""

_FOUND_IN = "metadata_props"
_LABELS = ("names", "id2label", "labels", "classes")
_MEANS, _STDS = ("mean", "image_mean"), ("std", "image_std")
_CROPS = ("crop_pct", "crop_fraction")
_MOST_PIXELS = 16_384  # of a side


def read(content: bytes) -> Metadata:
    """Read the metadata_props of an ONNX model; all is empty if it has none that this knows.

    Raises:
        MalformedModelError: they are malformed, or one is there twice.
    """
    _, entries = split_onnx(content)
    found = [Message(entry, LAYOUTS).read("StringStringEntryProto") for entry in entries]
    props = {str(entry.get("key", "")): str(entry.get("value", "")) for entry in found}
    if len(props) < len(found):
        raise MalformedModelError("its metadata has a key twice")
    return of_props(props, _FOUND_IN)


def of_props(props: Mapping[str, Any], where: str) -> Metadata:
    """Read metadata in any of the known vocabularies; a claim that makes no sense is left out and noted.

    Args:
        props: name -> text, or what the text stands for.
        where: they were found, in a few words.
    """
    props = {str(key).casefold(): value for key, value in props.items()}
    known: dict[str, Any] = {name: props[name] for name in ("task", "description", "version", "author", "license")
                             if isinstance(props.get(name), str)}  # fmt: skip
    notes: list[str] = []
    for part in (_azure, _labels, _size, _crop, _normalization):
        found, reason = _tried(part, props)
        known |= found
        notes += [f"left out of its {where}: {reason}"] if reason else []
    if props.get("image.colorspacegamma", "SRGB") != "SRGB":
        notes.append(f"its {where} asks for linear light, pixels are given as they are")
    return Metadata.found(where, known, notes=notes).or_else(_convention(props))


def _tried(part: Callable[[Mapping[str, Any]], dict[str, Any]], props: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return what a part of the vocabulary says, and why it is left out if it makes no sense."""
    try:
        return part(props), ""
    except (MalformedModelError, ModelFileError) as error:
        return {}, str(error)


def _azure(props: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if (name := props.get("image.bitmappixelformat")) is not None:
        if (order := PIXEL_FORMATS.get(str(name).casefold())) is None:
            raise MalformedModelError(
                f"the pixel format {str(name)[:20]!r}: expected one of {', '.join(PIXEL_FORMATS)}"
            )
        known["colour_order"] = order
    if (name := props.get("image.nominalpixelrange")) is not None:
        if (pair := PIXEL_RANGES.get(str(name).casefold())) is None:
            raise MalformedModelError(f"the pixel range {str(name)[:20]!r}: expected one of {', '.join(PIXEL_RANGES)}")
        known |= normalization(pair[:1], pair[1:])
    return known


def _labels(props: Mapping[str, Any]) -> dict[str, Any]:
    for name in _LABELS:
        if name in props:
            return {"labels": labels_of(_value(props, name), name)}
    return {}


def _size(props: Mapping[str, Any]) -> dict[str, Any]:
    """Read Ultralytics' imgsz, a number or (height, width), and its number of channels."""
    known: dict[str, Any] = {}
    if _value(props, "channels") == 1:
        known["colour_order"] = "GREY"
    if "imgsz" in props:
        size = _value(props, "imgsz")
        sides = list(size) if isinstance(size, list | tuple) else [size]
        if len(sides) not in (1, 2) or not all(type(side) is int and 1 <= side <= _MOST_PIXELS for side in sides):
            raise MalformedModelError(f"the size {str(size)[:20]!r}")
        known |= {"height": sides[0], "width": sides[-1]}
    return known


def _crop(props: Mapping[str, Any]) -> dict[str, Any]:
    name = next((name for name in _CROPS if name in props), None)
    if name is None:
        return {}
    part = _value(props, name)
    if isinstance(part, bool) or not isinstance(part, int | float) or not 0 < part <= 1:
        raise MalformedModelError(f"the {name} {str(part)[:20]!r}: expected a part of 1")
    return {"crop": float(part)}


def _normalization(props: Mapping[str, Any]) -> dict[str, Any]:
    """Read mean and standard deviation, which Hugging Face and timm give of pixels of 0-1.

    One of 1 at most is taken so, a larger one as of pixels of 0-255.
    """
    means, stds = (next((name for name in names if name in props), None) for names in (_MEANS, _STDS))
    if means is None or stds is None:
        if means or stds:
            raise MalformedModelError(f"{means or stds} without its counterpart")
        return {}
    mean, std = (value if isinstance(value := _value(props, name), list | tuple) else [value] for name in (means, stds))
    known = normalization(mean, std)
    if max(map(abs, known["mean"])) <= 1 and max(known["std"]) <= 1:
        return {name: tuple(255 * number for number in numbers) for name, numbers in known.items()}
    return known


def _convention(props: Mapping[str, Any]) -> Metadata:
    """Return what Ultralytics' own predictor does to the frames of a classifier, which its files don't say."""
    if props.get("author") != "Ultralytics" or props.get("task") != "classify":
        return Metadata()
    return Metadata.found(
        "Ultralytics' convention", {"mean": (0.0,), "std": (255.0,), "colour_order": "RGB", "crop": 1.0}
    )


def _value(props: Mapping[str, Any], name: str) -> Any:
    """Return what the text of an entry stands for; a value that is no text, or absent, as it is."""
    value = props.get(name)
    try:
        return literal.read(value) if isinstance(value, str) else value
    except (MalformedModelError, ModelFileError) as error:
        raise MalformedModelError(f"{name}, {error}") from error
