"""Messages worked by hand from the description of the encoding, and those that may be read in two ways."""

from __future__ import annotations

import pytest

from edge.artifact.formats import MalformedModelError, protobuf
from edge.artifact.formats.protobuf import Field, Layouts, Message, pieces

LAYOUTS: Layouts = {
    "Root": {
        1: Field("number", "int"), 2: Field("name", "string"), 3: Field("leaf", "Leaf"),
        4: Field("sizes", "int", is_list=True), 5: Field("reals", "float", is_list=True), 6: Field("gone", ""),
        16: Field("blob", "bytes"),
    },
    "Leaf": {1: Field("flag", "int")},
}  # fmt: skip


def read(text: str) -> dict[str, object]:
    """Read a message given in hexadecimal."""
    return Message(bytes.fromhex(text), LAYOUTS).read("Root")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("08 96 01", {"number": 150}),  # the example of protobuf.dev
        ("12 07 74 65 73 74 69 6e 67", {"name": "testing"}),  # and its second
        ("1a 03 08 96 01", {"leaf": {"flag": 150}}),  # and its third
        ("08 ff ff ff ff ff ff ff ff ff 01", {"number": -1}),
        ("20 01 20 02", {"sizes": [1, 2]}),
        ("22 04 03 8e 02 05", {"sizes": [3, 270, 5]}),  # packed
        ("22 01 07 20 08", {"sizes": [7, 8]}),
        ("2d 00 00 80 3f", {"reals": [b"\0\0\x80?"]}),
        ("82 01 02 ff 00", {"blob": b"\xff\0"}),
    ],
)
def test_values(text: str, values: dict[str, object]) -> None:
    assert read(text) == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("08", "byte 1 of 1 is asked for: cut short, or forged"),
        ("08 ff", "cut short, or forged"),
        ("08" + " ff" * 10 + " 01", "the number at byte 1 has no end"),
        ("12 05 61", "byte 7 of 3 is asked for"),
        ("12 01 ff", "name isn't UTF-8"),
        ("0b", "byte 0 begins no field"),
        ("08 01 08 02", "a Root has number twice"),
        ("1a 00 1a 00", "a Root has leaf twice"),  # protobuf would merge them
        ("12 00 08 01 12 00", "a Root has name twice"),
        ("0d 00 00 00 00", "number isn't of its kind"),
        ("10 01", "name isn't of its kind"),
        ("32 00", "a Root has gone, which no image classifier needs"),
        ("38 01", "a Root has field 7, which no image classifier needs"),
        ("00 01", "a Root has field 0"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(MalformedModelError, match=words):
        read(text)


def test_entries_are_counted_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf, "_MAX_ENTRIES", 100)
    assert len(Message(b"\x20\x01" * 100, LAYOUTS).read("Root")["sizes"]) == 100
    for content in (b"\x20\x01" * 101, b"\x22\x65" + bytes(101)):  # one by one, and packed
        with pytest.raises(MalformedModelError, match="more than 100 entries"):
            Message(content, LAYOUTS).read("Root")


def test_pieces_say_where_they_lie() -> None:
    found = list(pieces(bytes.fromhex("08 96 01 12 01 61"), 0, 6))
    assert [(piece.number, piece.start, piece.value, piece.end) for piece in found] == [
        (1, 0, 150, 3),
        (2, 3, (5, 6), 6),
    ]
