"""New tables in front of an old buffer: read back by the reader that trusts nothing."""

from __future__ import annotations

import struct

from edge.artifact.formats.flatbuffer import Field, Flatbuffer
from edge.artifact.formats.flatbuffer_front import Front, Link, Old, OldTable

LAYOUTS = {
    "Root": (Field("count", "uint32"), Field("absent", "string"), Field("parts", "[Part]"), Field("name", "string")),
    "Part": (Field("numbers", "[int32]"), Field("kind", "int8")),
}


def old_buffer() -> bytes:
    """A root with one part and a name."""
    front = Front(b"OLD1")
    front.table("root", {0: 7, 2: Link("parts"), 3: Link("name")})
    front.links("parts", [Link("part")])
    front.table("part", {0: Link("numbers"), 1: 5})
    front.data("numbers", 2, struct.pack("<2i", -1, 2))
    front.data("name", 3, b"old\0")
    return front.before(b"", root="root")


def test_what_was_put_down_is_read_back() -> None:
    content = old_buffer()
    assert content[4:8] == b"OLD1"
    read = Flatbuffer(content, LAYOUTS).root("Root")
    (part,) = read.pop("parts")
    assert read == {"count": 7, "name": "old"}
    assert (part["numbers"].tolist(), part["kind"]) == ([-1, 2], 5)


def test_new_tables_lead_to_old_ones_whose_bytes_stay() -> None:
    old = old_buffer()
    root = OldTable.root(old)
    name = root.target(3)
    assert (root.number(0), root.number(1), root.target(1), root.text(3)) == (7, 0, None, b"old")
    assert isinstance(name, Old)
    front = Front(b"NEW1")
    front.table("root", {0: 9, 2: Link("parts"), 3: name})
    front.links("parts", [*root.tables(2), Link("part")])
    front.table("part", {1: 6})
    content = front.before(old, root="root")
    assert content.endswith(old)
    assert (len(content) - len(old)) % 64 == 0
    read = Flatbuffer(content, LAYOUTS).root("Root")
    assert (read["count"], read["name"], [part["kind"] for part in read["parts"]]) == (9, "old", [5, 6])


def test_numbers_lie_where_sixteen_bytes_may_be_read_at_once() -> None:
    content = old_buffer()
    assert content.index(struct.pack("<2i", -1, 2)) % 16 == 0
