"""Puts constants that lie in files beside an ONNX model back into it, so that one run of bytes is all of the model.

ONNX calls them external data (docs/ExternalData.md of github.com/onnx/onnx); PyTorch writes them as MODEL.onnx.data.
Whatever is checked, hashed and run afterwards is a model without files beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.onnx import LAYOUTS
from edge.artifact.formats.protobuf import Field, Layouts, Message, Piece, pieces

_GRAPH, _INITIALIZER = 7, 5  # fields of a ModelProto and of its GraphProto
_RAW_DATA, _EXTERNAL_DATA, _DATA_LOCATION = 9, 13, 14  # fields of a TensorProto
_BYTES = 2
_EXTERNAL = 1  # data_location
_MAX_NAME = 255
_MAX_FILES = 16
_FORBIDDEN = set('\\:*?"<>|')  # of Windows; ONNX Runtime takes a name with a * for an address in memory
_ITEM_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""Number of a data type in TensorProto -> bytes of one value."""
_TENSOR: Layouts = {
    "TensorProto": {**LAYOUTS["TensorProto"], _EXTERNAL_DATA: Field("external_data", "StringStringEntryProto", True)},
    "StringStringEntryProto": LAYOUTS["StringStringEntryProto"],
}


class _Place(NamedTuple):
    """Place of a constant in a file."""

    file: str
    offset: int
    length: int


def external_files(network: bytes) -> tuple[str, ...]:
    """Return the names of the files that constants lie in, sorted: relative to the model's folder and inside of it.

    Raises:
        MalformedModelError: a name leads elsewhere, or a constant doesn't say where it lies.
    """
    if b"location" not in network:  # the key of each, and quicker to look for
        return ()
    places = (_place(network, piece) for piece in _initializers(network, _graph(network)))
    names = sorted({place.file for place in places if place})
    if len(names) > _MAX_FILES:
        raise MalformedModelError(f"its constants lie in {len(names)} files: at most {_MAX_FILES} are read")
    return tuple(names)


def inlined(network: bytes, files: Mapping[str, bytes], *, limit_bytes: int) -> bytes:
    """Return the model with all constants in it, as if it had been saved in one file.

    Args:
        network: an ONNX model.
        files: name -> content of those of `external_files`.
        limit_bytes: the model may have; constants can share bytes of a file.

    Raises:
        MalformedModelError: a constant reaches beyond its file, or the model becomes too large.
    """
    graph = _graph(network)
    left = limit_bytes - len(network)
    parts: list[bytes | memoryview] = []
    kept = graph.value[0]
    for piece in _initializers(network, graph):
        place = _place(network, piece)
        if place is None:
            continue
        content = files.get(place.file, b"")
        if place.offset + place.length > len(content):
            raise MalformedModelError(f"a constant reaches to byte {place.offset + place.length:,} of {place.file}, "
                                      f"which has {len(content):,}")  # fmt: skip
        left -= place.length
        if left < 0:
            raise MalformedModelError(f"with its constants it has more than {limit_bytes:,} bytes")
        data = memoryview(content)[place.offset : place.offset + place.length]
        tensor = [*_kept_fields(network, piece), _header(_RAW_DATA, len(data)), data]
        parts += [network[kept : piece.start], _header(_INITIALIZER, sum(map(len, tensor))), *tensor]
        kept = piece.end
    parts.append(network[kept : graph.end])
    header = _header(_GRAPH, sum(map(len, parts)))
    return b"".join([network[: graph.start], header, *parts, network[graph.end :]])


def _kept_fields(network: bytes, initializer: Piece) -> list[bytes | memoryview]:
    fields = pieces(network, *initializer.value)
    return [
        network[field.start : field.end] for field in fields if field.number not in (_EXTERNAL_DATA, _DATA_LOCATION)
    ]


def _graph(network: bytes) -> Piece:
    graphs = [piece for piece in pieces(network, 0, len(network)) if piece.number == _GRAPH]
    if len(graphs) != 1 or graphs[0].wire != _BYTES:
        raise MalformedModelError(f"it has {len(graphs)} graphs: a classifier has one")
    return graphs[0]


def _initializers(network: bytes, graph: Piece) -> Iterator[Piece]:
    for piece in pieces(network, *graph.value):
        if piece.number == _INITIALIZER and piece.wire == _BYTES:
            yield piece


def _place(network: bytes, initializer: Piece) -> _Place | None:
    """Return where a constant lies; None: in the model itself."""
    first, last = initializer.value
    if not any(field.number == _DATA_LOCATION and field.value == _EXTERNAL for field in pieces(network, first, last)):
        return None
    tensor = Message(network[first:last], _TENSOR).read("TensorProto")
    entries = [(entry.get("key", ""), entry.get("value", "")) for entry in tensor.get("external_data", [])]
    facts = dict(entries)
    if len(facts) < len(entries) or "raw_data" in tensor:
        raise MalformedModelError("a constant says twice where it lies")
    offset = _number(facts.get("offset", "0"))
    if "length" in facts:
        return _Place(_checked(facts.get("location", "")), offset, _number(facts["length"]))
    item_bytes = _ITEM_BYTES.get(tensor.get("data_type", 0), 0)
    dims = tensor.get("dims", [])
    if not item_bytes or any(size < 0 for size in dims):
        raise MalformedModelError("a constant in another file doesn't say how long it is")
    return _Place(_checked(facts.get("location", "")), offset, item_bytes * math.prod(dims))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise MalformedModelError(f"a constant lies at {text[:20]!r} of another file")
    return int(text)


def _checked(name: str) -> str:
    """Return the name of a file if it can only be one in the model's folder or below."""
    parts = name.split("/")
    is_plain = name.isprintable() and len(name) <= _MAX_NAME and not _FORBIDDEN & set(name)
    if not is_plain or any(part in ("", ".", "..") for part in parts):
        raise MalformedModelError(f"its constants lie in {name[:60]!r}, which is no file beside it")
    return name


def _header(number: int, size: int) -> bytes:
    """Return key and length of a field of bytes."""
    return bytes([number << 3 | _BYTES]) + _varint(size)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
