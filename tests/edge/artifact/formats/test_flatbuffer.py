"""A buffer worked by hand, and what becomes of it when an offset lies."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.flatbuffer import Field, Flatbuffer

LAYOUTS = {
    "Root": (Field("number", "int32"), Field("name", "string"), Field("sizes", "[int32]"), Field("leaves", "[Leaf]"),
             Field("gone", "")),
    "Leaf": (Field("flag", "bool"),),
}  # fmt: skip


def read(content: bytes) -> dict[str, Any]:
    """The root as plain values."""
    values = Flatbuffer(content, LAYOUTS).root("Root")
    return values | {"sizes": list(values.get("sizes", ()))}


@pytest.fixture
def whole() -> bytes:
    """The same by the library that writes flatbuffers."""
    flatbuffers = pytest.importorskip("flatbuffers")
    builder = flatbuffers.Builder(64)
    name = builder.CreateString("ab")
    builder.StartVector(4, 2, 4)
    builder.PrependInt32(-6)
    builder.PrependInt32(5)
    sizes = builder.EndVector()
    builder.StartObject(1)
    builder.PrependBoolSlot(0, True, False)
    leaf = builder.EndObject()
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(leaf)
    leaves = builder.EndVector()
    builder.StartObject(5)
    builder.PrependInt32Slot(0, 77, 0)
    for slot, offset in ((1, name), (2, sizes), (3, leaves)):
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    builder.Finish(builder.EndObject(), b"TEST")
    return bytes(builder.Output())


def test_what_the_library_wrote_is_read(whole: bytes) -> None:
    assert read(whole) == {"number": 77, "name": "ab", "sizes": [5, -6], "leaves": [{"flag": 1}]}


def outcome(content: bytes) -> dict[str, Any] | None:
    """The root as plain values; None where it is refused."""
    try:
        return read(content)
    except MalformedModelError:
        return None


def test_wherever_it_is_cut_it_is_refused_or_the_same(whole: bytes) -> None:
    outcomes = [outcome(whole[:length]) for length in range(len(whole))]
    assert outcomes.count(None) >= len(whole) - 3  # padding at the end
    assert all(found in (None, read(whole)) for found in outcomes)


def test_whatever_byte_is_changed_there_is_no_other_error(whole: bytes) -> None:
    changed = [
        whole[:place] + bytes([value]) + whole[place + 1 :]
        for place in range(len(whole))
        for value in (0, 1, 4, 0x7F, 0x80, 0xFF)
    ]
    assert sum(outcome(content) is None for content in changed) > len(whole)


def table(*offsets: int, size: int = 12, data: bytes = bytes(24)) -> bytes:
    """A root table at byte 24 with these fields' offsets; its vtable lies at byte 8."""
    vtable = struct.pack(f"<HH{len(offsets)}H", 4 + 2 * len(offsets), size, *offsets).ljust(16, b"\0")
    return struct.pack("<I4s", 24, b"TEST") + vtable + struct.pack("<i", 16) + data


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "byte 4 of 0 is asked for"),
        (struct.pack("<I", 2**31), "is asked for: cut short, or forged"),
        (struct.pack("<I", 2) + bytes(8), "byte 2 isn't where a number of 4 bytes may be"),
        (table(size=2), "the table Root at byte 24 is malformed"),
        (table(10), "number of a Root lies outside its table"),
        (table(4, size=2**15), "is asked for"),
        (table(6), "byte 30 isn't where"),
        (table(0, 4), "the offset at byte 28 leads nowhere"),
        (table(0, 4, data=struct.pack("<II2sBx", 4, 2, b"ab", 7)), "the text at byte 32 has no end"),
        (table(0, 4, data=struct.pack("<II2sBx", 4, 2, b"\xff\xff", 0)), "the text at byte 32 isn't UTF-8"),
        (table(0, 0, 4, data=struct.pack("<II", 4, 2**30)), "is asked for"),
        (table(0, 0, 0, 4, data=struct.pack("<II", 4, 8193)), "a list of 8,193 Leafs: at most 8,192 are read"),
        (table(0, 0, 0, 0, 4), "a Root has gone, which no image classifier needs"),
        (table(0, 0, 0, 0, 0, 4), "a Root has field 5, which no image classifier has"),
    ],
)
def test_an_offset_that_leads_outside_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(MalformedModelError, match=words):
        Flatbuffer(content, LAYOUTS).root("Root")


@pytest.mark.parametrize(("content", "words"), [(table(12), "outside its table"), (table(4, size=2**15), "asked for")])
def test_the_bounds_of_a_table_without_a_layout_are_checked(content: bytes, words: str) -> None:
    assert Flatbuffer(table(4, 8), LAYOUTS).table(24, None) == {}
    with pytest.raises(MalformedModelError, match=words):
        Flatbuffer(content, LAYOUTS).table(24, None)


def test_a_table_by_hand() -> None:
    assert Flatbuffer(table(4, data=struct.pack("<i", -5).ljust(24, b"\0")), LAYOUTS).root("Root") == {"number": -5}
