"""The tables against the schema that the onnx package ships."""

from __future__ import annotations

from typing import Any

import pytest

from edge.artifact.formats.onnx_schema import LAYOUTS, OPERATORS, TYPES

onnx = pytest.importorskip("onnx")

SCALARS = {"int32": "int", "int64": "int", "enum": "int", "float": "float", "bytes": "bytes", "string": "string"}


def kind_of(field: Any) -> str:
    """As the tables call it."""
    if field.message_type:
        return str(field.message_type.full_name).removeprefix("onnx.")
    names = {field.TYPE_INT32: "int32", field.TYPE_INT64: "int64", field.TYPE_ENUM: "enum", field.TYPE_FLOAT: "float",
             field.TYPE_BYTES: "bytes", field.TYPE_STRING: "string"}  # fmt: skip
    return SCALARS[names[field.type]]


@pytest.mark.parametrize("message", LAYOUTS)
def test_fields_have_their_numbers_and_kinds(message: str) -> None:
    first, *inner = message.split(".")
    theirs = onnx.ModelProto.DESCRIPTOR.file.message_types_by_name[first]
    for part in inner:
        theirs = theirs.nested_types_by_name[part]
    for number, field in LAYOUTS[message].items():
        found = theirs.fields_by_number[number]
        assert found.name == field.name
        if field.kind:
            assert (kind_of(found), found.is_repeated) == (field.kind, field.is_list)


def test_operators_are_onnx_s_own() -> None:
    assert {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""} >= OPERATORS


def test_types_have_their_numbers() -> None:
    for number, name in TYPES.items():
        assert onnx.helper.tensor_dtype_to_np_dtype(number).name == name
