"""Writes the metadata that other programs read: TFLite's own flatbuffer, and the names they know in an ONNX model.

TFLite: metadata_schema.fbs (github.com/google-ai-edge/mediapipe), which MediaPipe, ML Kit and Android Studio read.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edge.artifact.file import LABELS_MEMBER
from edge.artifact.formats.onnx_metadata import PIXEL_FORMATS, PIXEL_RANGES
from edge.artifact.formats.tflite_metadata import AXIS_LABELS, COLOUR_SPACES, ENTRY, IDENTIFIER, IMAGE, NORMALIZATION
from edge.artifact.metadata import OUR_MARK, Metadata
from edge.artifact.pixels import input_table
from edge.artifact.spec import ModelSpec
from edge.errors import ExportError

_LEAST_READER = b"1.0.0"  # version of the schema that has all that is written here
_FEATURE = 1  # type of a tensor's content
_BUFFERS, _METADATA, _FIELDS = 4, 6, 8  # numbers of these fields of a TFLite Model, and how many it has
_ALIGNED = 64  # bytes: more than any number in a TFLite file asks for
_NAMES_OF_RANGES = ("NominalRange_0_255", "Normalized_0_1", "Normalized_1_1")
_NAMES_OF_FORMATS = ("Gray8", "Rgb8", "Bgr8")
_PIXELS = np.arange(256)[:, np.newaxis]


def of_spec(spec: ModelSpec) -> Metadata:
    """Return what a specification says in the words of metadata."""
    return Metadata(
        labels=spec.labels,
        mean=spec.input.mean,
        std=spec.input.std,
        colour_order="GREY" if spec.input.channels == 1 else spec.input.colour_order,
        height=spec.input.height,
        width=spec.input.width,
        task="classify",
        name=spec.provenance.run_name or "edge-classify",
        description=f"Image classifier of {len(spec.labels)} classes, {OUR_MARK}",
    )


def of_stored(spec: ModelSpec) -> Metadata:
    """Return the same of the numbers that the input tensor stores, for a format that knows no quantization of it.

    Integers that are the pixels, but for rounding, have mean 0 and deviation 1; of others there is no word.
    """
    about, tensor = of_spec(spec), spec.input_tensor
    if tensor is None or not tensor.is_quantized:
        return about
    is_pixels = tensor.dtype == "uint8" and bool((abs(input_table(spec.input, tensor) - _PIXELS) <= 1).all())
    return replace(about, mean=(0.0,) if is_pixels else None, std=(1.0,) if is_pixels else None)


def is_told_by_tflite(about: Metadata) -> bool:
    """Return whether TFLite metadata has a word for the order of the channels; it has none for BGR."""
    return about.colour_order in (None, *COLOUR_SPACES.values())


def tflite_metadata(about: Metadata) -> bytes:
    """Build the standard TFLite metadata of a classifier, whose labels lie in the ZIP as `LABELS_MEMBER`.

    Raises:
        ExportError: the channels are in an order that the schema has no word for.
    """
    import flatbuffers

    spaces = {order: number for number, order in COLOUR_SPACES.items()}
    if not is_told_by_tflite(about):
        raise ExportError(f"TFLite metadata can't describe a {about.colour_order} input: expected {', '.join(spaces)}")
    builder = flatbuffers.Builder(1024)
    size = _table(builder, 2, uint32={0: about.width or 0, 1: about.height or 0})
    image = _table(builder, 2, int8={0: spaces.get(about.colour_order or "", 0)}, offsets={1: size})
    units = []
    if about.mean is not None and about.std is not None:
        means, stds = _floats(builder, about.mean), _floats(builder, about.std)
        options = _table(builder, 2, offsets={0: means, 1: stds})
        units = [_table(builder, 2, int8={0: NORMALIZATION}, offsets={1: options})]
    content = _table(builder, 3, int8={0: IMAGE}, offsets={1: image})
    given = {0: builder.CreateString("image"), 1: builder.CreateString("Picture to classify"), 3: content}
    if units:
        given[4] = _list(builder, units)
    inputs = _list(builder, [_table(builder, 7, offsets=given)])
    file = _table(
        builder, 5, int8={2: AXIS_LABELS},
        offsets={0: builder.CreateString(LABELS_MEMBER), 1: builder.CreateString("Names of the classes")},
    )  # fmt: skip
    answer = _table(builder, 3, int8={0: _FEATURE}, offsets={1: _table(builder, 0)})
    named = {0: builder.CreateString("score"), 1: builder.CreateString("Score of each class")}
    outputs = _list(builder, [_table(builder, 7, offsets={**named, 3: answer, 6: _list(builder, [file])})])
    graph = _table(builder, 10, offsets={2: inputs, 3: outputs})
    texts = {0: about.name, 1: about.description, 2: about.version, 4: about.author, 5: about.license}
    written = {slot: builder.CreateString(text) for slot, text in texts.items() if text}
    graphs, least = _list(builder, [graph]), builder.CreateString(_LEAST_READER)
    builder.Finish(_table(builder, 8, offsets={**written, 3: graphs, 7: least}), IDENTIFIER)
    return bytes(builder.Output())


def insert_tflite(flatbuffer: bytes, metadata: bytes) -> bytes:
    """Put metadata in front of a TFLite model, in place of any that it has; each of its other bytes stays as it is.

    Offsets of a flatbuffer lead forwards from where they lie, so a new root that comes first reaches all of the old
    buffer, and no constant loses its alignment, as it would if the model were written anew.

    Args:
        flatbuffer: the model alone, without a ZIP.
        metadata: of `tflite_metadata`.
    """
    root = _uint32(flatbuffer, 0)
    fields = {number: place for number in range(_FIELDS) if (place := _field(flatbuffer, root, number))}
    buffers = _targets(flatbuffer, fields.get(_BUFFERS))
    entries = [
        entry for entry in _targets(flatbuffer, fields.get(_METADATA)) if _name(flatbuffer, entry) != ENTRY.encode()
    ]
    size = _prefix_bytes(len(buffers), len(entries), len(metadata))
    front = bytearray(size)
    struct.pack_into("<I4s", front, 0, 32, b"TFL3")
    struct.pack_into("<10H", front, 8, 20, 36, *(4 + 4 * number for number in range(_FIELDS)))
    struct.pack_into("<i", front, 32, 32 - 8)
    struct.pack_into("<I", front, 36, _uint32(flatbuffer, fields[0]) if 0 in fields else 0)
    # A field that is absent must have no place in the table.
    for number in range(1, _FIELDS):
        if number in fields:
            _point(front, 36 + 4 * number, size + fields[number] + _uint32(flatbuffer, fields[number]))
        elif number not in (_BUFFERS, _METADATA):
            struct.pack_into("<H", front, 12 + 2 * number, 0)
    _append(front, buffers, entries, metadata)
    return bytes(front) + flatbuffer


def _append(front: bytearray, buffers: Sequence[int], entries: Sequence[int], metadata: bytes) -> None:
    """Write the lists of buffers and entries, each with a new member, behind the root of the new front."""
    size, place = len(front), 68
    lists = place, place + 4 * (len(buffers) + 2)
    new_buffer = lists[1] + 4 * (len(entries) + 2)
    new_entry, name, data = new_buffer + 16, new_buffer + 36, size - _ceiling(len(metadata), 16) - 16
    for start, old, new in ((lists[0], buffers, new_buffer + 8), (lists[1], entries, new_entry + 8)):
        struct.pack_into("<I", front, start, len(old) + 1)
        for number, target in enumerate([*(size + position for position in old), new]):
            _point(front, start + 4 + 4 * number, target)
    _point(front, 36 + 4 * _BUFFERS, lists[0])
    _point(front, 36 + 4 * _METADATA, lists[1])
    struct.pack_into("<3Hxxi", front, new_buffer, 6, 8, 4, 8)  # a vtable of one field, its table
    _point(front, new_buffer + 12, data + 12)
    struct.pack_into("<4Hi", front, new_entry, 8, 12, 4, 8, 8)  # of two fields
    _point(front, new_entry + 12, name)
    struct.pack_into("<I", front, new_entry + 16, len(buffers))
    struct.pack_into(f"<I{len(ENTRY)}s", front, name, len(ENTRY), ENTRY.encode())
    struct.pack_into(f"<I{len(metadata)}s", front, data + 12, len(metadata), metadata)


def _prefix_bytes(buffers: int, entries: int, metadata_bytes: int) -> int:
    lists = 4 * (buffers + 2) + 4 * (entries + 2)
    return _ceiling(68 + lists + 36 + 4 + len(ENTRY) + 1 + 16 + 16 + _ceiling(metadata_bytes, 16), _ALIGNED)


def _ceiling(number: int, step: int) -> int:
    return -(-number // step) * step


def _point(front: bytearray, place: int, target: int) -> None:
    struct.pack_into("<I", front, place, target - place)


def _uint32(content: bytes, place: int) -> int:
    return int(struct.unpack_from("<I", content, place)[0])


def _field(content: bytes, table: int, number: int) -> int:
    """Return the position of a field of a table; 0 if it is absent."""
    vtable = table - struct.unpack_from("<i", content, table)[0]
    if 4 + 2 * number >= struct.unpack_from("<H", content, vtable)[0]:
        return 0
    offset = struct.unpack_from("<H", content, vtable + 4 + 2 * number)[0]
    return int(table + offset) if offset else 0


def _targets(content: bytes, place: int | None) -> list[int]:
    """Return the positions of the tables of a list."""
    if not place:
        return []
    start = place + _uint32(content, place)
    elements = range(start + 4, start + 4 + 4 * _uint32(content, start), 4)
    return [element + _uint32(content, element) for element in elements]


def _name(content: bytes, entry: int) -> bytes:
    place = _field(content, entry, 0)
    start = place + _uint32(content, place) if place else 0
    return content[start + 4 : start + 4 + _uint32(content, start)] if place else b""


def onnx_props(about: Metadata) -> dict[str, str]:
    """Return metadata_props in the words of Ultralytics and of Windows ML; mean and deviation are of what is stored."""
    formats = {PIXEL_FORMATS[name.casefold()]: name for name in _NAMES_OF_FORMATS}
    ranges = {PIXEL_RANGES[name.casefold()]: name for name in _NAMES_OF_RANGES}
    pixels = set(zip(about.mean or (), about.std or (), strict=True))
    range_name = ranges.get(pixels.pop()) if len(pixels) == 1 else None
    props = {
        "task": about.task,
        "description": about.description,
        "version": about.version,
        "author": about.author,
        "license": about.license,
        "names": str(dict(enumerate(about.labels))) if about.labels else "",
        "imgsz": str([about.height, about.width]) if about.height and about.width else "",
        "Image.BitmapPixelFormat": formats.get(about.colour_order or "", ""),
        "Image.ColorSpaceGamma": "SRGB",
        "Image.NominalPixelRange": range_name or "",
    }
    if not range_name and about.mean and about.std:
        props |= {"mean": _as_list(about.mean), "std": _as_list(about.std)}
    return {name: text for name, text in props.items() if text}


def _as_list(numbers: Sequence[float]) -> str:
    """Write a mean or deviation as Hugging Face and timm do, of pixels of 0-1."""
    return str([number / 255 for number in numbers])


def _table(
    builder: Any,
    fields: int,
    *,
    int8: Mapping[int, int] | None = None,
    uint32: Mapping[int, int] | None = None,
    offsets: Mapping[int, int] | None = None,
) -> int:
    """Write a table of a flatbuffer; each mapping holds number of the field -> value."""
    builder.StartObject(fields)
    for slot, offset in (offsets or {}).items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    for slot, number in (uint32 or {}).items():
        builder.PrependUint32Slot(slot, number, 0)
    for slot, number in (int8 or {}).items():
        builder.PrependInt8Slot(slot, number, 0)
    return int(builder.EndObject())


def _list(builder: Any, tables: Sequence[int]) -> int:
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())


def _floats(builder: Any, numbers: Sequence[float]) -> int:
    builder.StartVector(4, len(numbers), 4)
    for number in reversed(numbers):
        builder.PrependFloat32(number)
    return int(builder.EndVector())
