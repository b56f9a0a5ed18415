"""Puts new tables in front of a flatbuffer, each of whose bytes stays as it is.

Offsets of a flatbuffer lead forwards from where they lie, so tables that come first reach all of the old buffer, and no
constant loses its alignment, as it would if the model were written anew.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_ALIGNED = 64  # bytes: more than any number in a TFLite file asks for
_DATA_ALIGNED = 16  # of constants, as the converter has it


class Link(NamedTuple):
    """Offset to a new part."""

    name: str


class Old(NamedTuple):
    """Offset to what lies at this byte of the old buffer."""

    position: int


Cell = int | Link | Old
"""Content of a field of four bytes, or of one whose further bytes are zero."""


class Front:
    """New parts of a buffer, each put down after those that lead to it."""

    def __init__(self, identifier: bytes) -> None:
        """Begin with the header; the first table is the root.

        Args:
            identifier: of the file, four bytes.
        """
        self._bytes = bytearray(struct.pack("<I4s", 0, identifier))
        self._cells: list[tuple[int, Link | Old]] = []
        self._places: dict[str, int] = {}

    def table(self, name: str, fields: Mapping[int, Cell]) -> None:
        """Put down a table: number of a field in the schema -> its content."""
        count = max(fields, default=-1) + 1
        order = {number: 4 + 4 * place for place, number in enumerate(sorted(fields))}
        offsets = [order.get(number, 0) for number in range(count)]
        self._pad(4, ahead=4 + 2 * count)
        vtable = len(self._bytes)
        self._bytes += struct.pack(f"<{2 + count}H", 4 + 2 * count, 4 + 4 * len(fields), *offsets)
        self._places[name] = len(self._bytes)
        self._bytes += struct.pack("<i", len(self._bytes) - vtable)
        self._put(fields[number] for number in sorted(fields))

    def links(self, name: str, targets: Sequence[Link | Old]) -> None:
        """Put down a list of tables."""
        self._places[name] = len(self._bytes) + self._pad(4)
        self._bytes += struct.pack("<I", len(targets))
        self._put(targets)

    def data(self, name: str, count: int, content: bytes) -> None:
        """Put down a list of numbers, or a text with its final zero; `count` is that of the elements."""
        self._pad(_DATA_ALIGNED, ahead=4)
        self._places[name] = len(self._bytes)
        self._bytes += struct.pack("<I", count) + content

    def before(self, old: bytes, *, root: str) -> bytes:
        """Return the new parts, resolved, and the old buffer behind them."""
        self._pad(_ALIGNED)
        struct.pack_into("<I", self._bytes, 0, self._places[root])
        for place, target in self._cells:
            at = self._places[target.name] if isinstance(target, Link) else len(self._bytes) + target.position
            struct.pack_into("<I", self._bytes, place, at - place)
        return bytes(self._bytes) + old

    def _put(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            if not isinstance(cell, int):
                self._cells.append((len(self._bytes), cell))
            self._bytes += struct.pack("<I", cell if isinstance(cell, int) else 0)

    def _pad(self, step: int, *, ahead: int = 0) -> int:
        """Fill up so that what follows `ahead` bytes later is aligned; return the number of bytes."""
        missing = -(len(self._bytes) + ahead) % step
        self._bytes += bytes(missing)
        return missing


class OldTable:
    """Places of the fields of a table in a sound flatbuffer."""

    def __init__(self, content: bytes, position: int) -> None:
        """Take the buffer and the table's position in it."""
        self._content, self._position = content, position

    @classmethod
    def root(cls, content: bytes) -> OldTable:
        """Return the root table."""
        return cls(content, _uint32(content, 0))

    def number(self, field: int) -> int:
        """Return an unsigned number of four bytes; 0 if it is absent."""
        place = self._place(field)
        return _uint32(self._content, place) if place else 0

    def target(self, field: int) -> Old | None:
        """Return what an offset leads to; None if it is absent."""
        place = self._place(field)
        return Old(place + _uint32(self._content, place)) if place else None

    def tables(self, field: int) -> list[Old]:
        """Return the tables of a list; none if it is absent."""
        start = self.target(field)
        if start is None:
            return []
        first = start.position + 4
        places = range(first, first + 4 * _uint32(self._content, start.position), 4)
        return [Old(place + _uint32(self._content, place)) for place in places]

    def text(self, field: int) -> bytes:
        """Return a text; empty if it is absent."""
        start = self.target(field)
        if start is None:
            return b""
        return self._content[start.position + 4 : start.position + 4 + _uint32(self._content, start.position)]

    def at(self, old: Old) -> OldTable:
        """Return another table of the same buffer."""
        return OldTable(self._content, old.position)

    def _place(self, field: int) -> int:
        vtable = self._position - int(struct.unpack_from("<i", self._content, self._position)[0])
        if 4 + 2 * field >= struct.unpack_from("<H", self._content, vtable)[0]:
            return 0
        offset = int(struct.unpack_from("<H", self._content, vtable + 4 + 2 * field)[0])
        return self._position + offset if offset else 0


def _uint32(content: bytes, place: int) -> int:
    return int(struct.unpack_from("<I", content, place)[0])
