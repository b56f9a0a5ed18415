"""The tables against the schema that LiteRT itself ships."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.formats.tflite_schema import LAYOUTS, OPERATORS, RANGES, TAKE_SIZES, TYPES

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")


def numbers(kind: Any) -> dict[int, str]:
    """Number -> name of an enumeration."""
    return {value: name for name, value in vars(kind).items() if isinstance(value, int)}


@functools.cache
def sources() -> dict[str, str]:
    """Class -> its source."""
    parts = re.split(r"^class (\w+)\(object\):", Path(schema.__file__).read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fields(table: str) -> dict[int, tuple[str, str | None]]:
    """Slot -> (name, type of a number) of a table, read from the code that reads it."""
    found = {}
    for method in re.split(r"^    def ", sources()[table], flags=re.M)[1:]:
        name = method[: method.index("(")]
        slot = re.search(r"self\._tab\.Offset\((\d+)\)", method)
        if slot and not name.endswith(("Length", "IsNone", "AsNumpy")):
            number = re.search(r"number_types\.(\w+)Flags, o \+", method)
            found[(int(slot[1]) - 4) // 2] = (name, number[1].lower() if number else None)
    return found


@pytest.mark.parametrize("table", [name for name in LAYOUTS if name != "NoOptions"])
def test_fields_have_their_places_and_types(table: str) -> None:
    theirs = fields(table)
    for number, field in enumerate(LAYOUTS[table]):
        if field.name.startswith("deprecated_") and field.name != "deprecated_builtin_code":
            assert number not in theirs
            continue
        name, kind = theirs[number]
        assert name.lower() == field.name.replace("_", "")
        assert kind in (None, field.kind)
        assert (kind is None) == (field.kind in ("", "table", "string", "[int32]") or field.kind not in
                                  ("bool", "int8", "uint8", "int32", "uint32", "float32", "uint64"))  # fmt: skip


def test_operators_have_their_numbers_and_options() -> None:
    codes, options = numbers(schema.BuiltinOperator), numbers(schema.BuiltinOptions)
    for number, kind in OPERATORS.items():
        assert codes[number] == kind.name
        if kind.layout != "NoOptions":
            assert options[kind.options] == kind.layout
        elif kind.options:
            assert not fields(options[kind.options])
    assert set(TAKE_SIZES) <= {kind.name for kind in OPERATORS.values()}
    assert set(RANGES) <= {field.name for layout in LAYOUTS.values() for field in layout}


def test_types_have_their_numbers() -> None:
    theirs = {number: name.lower() for number, name in numbers(schema.TensorType).items()}
    assert {number: theirs[number] for number in TYPES} == TYPES
