"""Reads protobuf messages without trusting them, more strictly than protobuf itself.

A field that occurs twice or is unknown is refused, so that this reader and the library behind it can't disagree about a
file. Written from "Encoding" (protobuf.dev); a device has no schema of ONNX.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from edge.artifact.formats import MalformedModelError, UnsupportedModelError

_MAX_ENTRIES = 250_000  # of all lists together, a hundred times our largest: each takes a microsecond
_BYTES = 2
_WIRES = {"int": 0, "float": 5}
_FIXED_SIZES = {1: 8, 5: 4}

Values = dict[str, Any]
"""Field of a message -> number, text, bytes, message, or a list of them."""


class Field(NamedTuple):
    """A field of a message."""

    name: str
    kind: str
    """int, float (its four bytes), bytes (a view of them), string, or the name of a layout; nothing: must be absent."""
    is_list: bool = False


Layouts = dict[str, dict[int, Field]]
"""Message -> number in the schema -> field."""


class Piece(NamedTuple):
    """A field as it lies in a message."""

    number: int
    wire: int
    start: int
    """Position of its key."""
    value: Any
    """A number, or (first, last + 1) of the bytes that it holds."""
    end: int


def pieces(content: bytes, start: int, end: int) -> Iterator[Piece]:
    """Cut a message into its fields.

    Raises:
        MalformedModelError: it ends in the middle of one.
    """
    while start < end:
        key, place = _varint(content, start, end)
        wire = key & 7
        value: Any = None
        if wire == 0:
            value, place = _varint(content, place, end)
        elif wire in _FIXED_SIZES:
            value, place = (place, place + _FIXED_SIZES[wire]), place + _FIXED_SIZES[wire]
        elif wire == _BYTES:
            size, place = _varint(content, place, end)
            value, place = (place, place + size), place + size
        else:
            raise MalformedModelError(f"byte {start:,} begins no field")
        if place > end:
            raise MalformedModelError(f"byte {place:,} of {end:,} is asked for: cut short, or forged")
        yield Piece(key >> 3, wire, start, value, place)
        start = place


class Message:
    """Bytes and the layouts of the messages in them."""

    def __init__(self, content: bytes, layouts: Layouts) -> None:
        """Take the bytes; nothing is read yet."""
        self._content = content
        self._layouts = layouts
        self._left = _MAX_ENTRIES

    def read(self, layout: str) -> Values:
        """Read the whole of it as one message; absent fields are absent.

        Raises:
            MalformedModelError: it is malformed, or there is something that the layouts don't know.
        """
        return self._message(0, len(self._content), layout)

    def _message(self, start: int, end: int, layout: str) -> Values:
        fields = self._layouts[layout]
        values: Values = {}
        for piece in pieces(self._content, start, end):
            field = fields.get(piece.number)
            if field is None or not field.kind:
                kind = UnsupportedModelError if field else MalformedModelError
                name = field.name if field else f"field {piece.number}"
                raise kind(f"a {layout} has {name}, which no image classifier needs")
            if field.is_list:
                values.setdefault(field.name, []).extend(self._entries(piece, field))
            elif field.name in values:
                raise MalformedModelError(f"a {layout} has {field.name} twice")
            else:
                values[field.name] = self._value(piece, field)
        return values

    def _entries(self, piece: Piece, field: Field) -> Iterator[Any]:
        if field.kind not in ("int", "float") or piece.wire != _BYTES:
            yield self._value(piece, field)
            return
        first, last = piece.value  # packed
        while first < last:
            self._count()
            if field.kind == "float":
                number: Any = self._content[first : min(first + 4, last)]
                first += 4
            else:
                number, first = _varint(self._content, first, last)
                number = _signed(number)
            yield number

    def _value(self, piece: Piece, field: Field) -> Any:
        self._count()
        if piece.wire != _WIRES.get(field.kind, _BYTES):
            raise MalformedModelError(f"{field.name} isn't of its kind")
        if field.kind == "int":
            return _signed(piece.value)
        first, last = piece.value
        if field.kind == "bytes":
            return memoryview(self._content)[first:last]  # weights are most of a file
        if field.kind == "float":
            return self._content[first:last]
        if field.kind == "string":
            try:
                return self._content[first:last].decode()
            except UnicodeDecodeError as error:
                raise MalformedModelError(f"{field.name} isn't UTF-8") from error
        return self._message(first, last, field.kind)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise MalformedModelError(f"it has more than {_MAX_ENTRIES:,} entries")


def _varint(content: bytes, place: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            raise MalformedModelError(f"byte {place:,} of {end:,} is asked for: cut short, or forged")
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), place
    raise MalformedModelError(f"the number at byte {place - 10:,} has no end")


def _signed(number: int) -> int:
    """Return the number as int64, in which negative numbers are stored as their complement."""
    return number - 2**64 if number >= 2**63 else number
