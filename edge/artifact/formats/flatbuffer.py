"""Reads a flatbuffer without trusting it: every offset is checked before it is followed.

The format is that of "FlatBuffer Internals" (flatbuffers.dev); no Python library verifies one.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np

from edge.artifact.formats import MalformedModelError, UnsupportedModelError

_MAX_ENTRIES = 8192  # of a list of tables: ten times the largest image classifier's
_MAX_TABLES = 250_000  # in all: lists of lists can lead to one table again and again
_MAX_TEXTS = 2**22  # characters of all texts together, beyond the size of the buffer
_SIZES = {"bool": 1, "int8": 1, "uint8": 1, "int32": 4, "uint32": 4, "float32": 4, "int64": 8, "uint64": 8}
_CODES = {"bool": "B", "int8": "b", "uint8": "B", "int32": "i", "uint32": "I", "float32": "f", "int64": "q",
          "uint64": "Q"}  # fmt: skip

Values = dict[str, Any]
"""Field of a table -> number, text, numpy array, list of values, or the position of a table of unknown kind."""


class Field(NamedTuple):
    """A field of a table; its number in the schema is its place in the layout."""

    name: str
    kind: str
    """A number's type; the same in brackets; string; table (of a kind that another field tells); [NAME], tables of a
    layout; NAME, one of them; nothing: must be absent."""


Layouts = dict[str, tuple[Field, ...]]


class Flatbuffer:
    """A buffer and the layouts of the tables in it."""

    def __init__(self, content: bytes, layouts: Layouts) -> None:
        """Take the bytes; nothing is read yet."""
        self._content = content
        self._layouts = layouts
        self._tables_left = _MAX_TABLES
        self._text_left = len(content) + _MAX_TEXTS

    def root(self, layout: str) -> Values:
        """Read the root table and all below it.

        Raises:
            MalformedModelError: an offset leads outside, or there is something that the layouts don't know.
        """
        return self.table(self._number(0, "uint32"), layout)

    def table(self, position: int, layout: str | None) -> Values:
        """Read a table and all below it; absent fields are absent.

        Args:
            position: of the table, in bytes.
            layout: its name; None: a table of plain numbers, whose bounds alone are checked.

        Raises:
            MalformedModelError: as in `root`.
        """
        self._tables_left -= 1
        if self._tables_left < 0:
            raise MalformedModelError(f"it has more than {_MAX_TABLES:,} tables")
        vtable = position - self._number(position, "int32")
        self._require(vtable, 4, 2)
        vtable_size, size = struct.unpack_from("<HH", self._content, vtable)
        if vtable_size < 4 or vtable_size % 2 or size < 4:
            raise MalformedModelError(f"the table {layout or 'of options'} at byte {position} is malformed")
        self._require(vtable, vtable_size, 2)
        self._require(position, size, 4)
        offsets = struct.unpack_from(f"<{(vtable_size - 4) // 2}H", self._content, vtable + 4)
        if layout is None:
            if max(offsets, default=0) >= size:
                raise MalformedModelError(f"a number of the options at byte {position} lies outside its table")
            self._require((position + max(offsets, default=0)) // 4 * 4, 4, 4)
            return {}
        fields = self._layouts[layout]
        values: Values = {}
        for number, offset in enumerate(offsets):
            if not offset:
                continue
            if number >= len(fields):
                raise MalformedModelError(f"a {layout} has field {number}, which no image classifier has")
            field = fields[number]
            if offset + _SIZES.get(field.kind, 4 if field.kind else 1) > size:
                raise MalformedModelError(f"{field.name} of a {layout} lies outside its table")
            values[field.name] = self._value(position + offset, field, layout)
        return values

    def _value(self, position: int, field: Field, layout: str) -> Any:
        kind = field.kind
        if kind in _SIZES:
            return self._number(position, kind)
        if not kind:
            raise UnsupportedModelError(f"a {layout} has {field.name}, which no image classifier needs")
        target = self._followed(position)
        if kind == "table":
            return target
        if kind == "string":
            return self._text(target)
        if kind.startswith("["):
            return self._entries(target, kind[1:-1])
        return self.table(target, kind)

    def _entries(self, position: int, kind: str) -> Any:
        count = self._number(position, "uint32")
        if kind in _SIZES:
            self._require(position + 4, count * _SIZES[kind], 1 if not count else _SIZES[kind])
            return np.frombuffer(self._content, f"<{_CODES[kind]}", count, position + 4)
        if count > _MAX_ENTRIES:
            raise MalformedModelError(f"a list of {count:,} {kind}s: at most {_MAX_ENTRIES:,} are read")
        self._require(position + 4, 4 * count, 4)
        return [self.table(self._followed(position + 4 + 4 * number), kind) for number in range(count)]

    def _text(self, position: int) -> str:
        count = self._number(position, "uint32")
        self._require(position + 4, count + 1, 1)
        self._text_left -= count
        if self._text_left < 0:
            raise MalformedModelError("it has one text again and again")
        if self._content[position + 4 + count]:
            raise MalformedModelError(f"the text at byte {position} has no end")
        try:
            return self._content[position + 4 : position + 4 + count].decode()
        except UnicodeDecodeError as error:
            raise MalformedModelError(f"the text at byte {position} isn't UTF-8") from error

    def _followed(self, position: int) -> int:
        offset = self._number(position, "uint32")
        if not offset:
            raise MalformedModelError(f"the offset at byte {position} leads nowhere")
        return int(position + offset)

    def _number(self, position: int, kind: str) -> Any:
        self._require(position, _SIZES[kind], _SIZES[kind])
        return struct.unpack_from(f"<{_CODES[kind]}", self._content, position)[0]

    def _require(self, position: int, size: int, alignment: int) -> None:
        if position < 0 or position + size > len(self._content):
            raise MalformedModelError(
                f"byte {position + size:,} of {len(self._content):,} is asked for: cut short, or forged"
            )
        if position % alignment:
            raise MalformedModelError(f"byte {position} isn't where a number of {alignment} bytes may be")
