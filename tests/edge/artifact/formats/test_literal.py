"""JSON and Python literals are read alike, and nothing else is, however it is bent."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from edge.artifact.formats import MalformedModelError, literal

VALUES: list[Any] = [
    {0: "cat", 1: "it's", 2: 'say "so"', 10: "näh\\"},
    {"names": {0: "a"}, "imgsz": [224, 224], "half": False, "fraction": 1.0, "none": None, "small": -1e-05},
    [],
    ("a", ("b",)),
    "text",
    7,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_python_prints_is_read_as_python_reads_it(value: Any) -> None:
    assert literal.read(repr(value)) == ast.literal_eval(repr(value)) == value


@pytest.mark.parametrize("value", [{"0": "a"}, [1, -2.5, None, True], {"a": {"b": ["c"]}}], ids=repr)
def test_json_is_read_as_json_reads_it(value: Any) -> None:
    assert literal.read(json.dumps(value, indent=1)) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "}", "{0: 'a'", "[1,,2]", "{0 'a'}", "{'a'}x", "open('x')", "__import__", "f'{1}'", "1+1", "--1",
        "[x for x in 'a']", "'a' 'b'", "{0: 'a', 0: 'b'}", '{"0": "a", "0": "b"}', "{[]: 1}", "{0: 'a\n'}", "0x10",
        "1_0", "(1)(2)", "{**{}}", "{[1, 2]: 3}",
    ],
)  # fmt: skip
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(MalformedModelError):
        literal.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, "(" * 17 + "1" + ")" * 17, '{"a":' * 100_000, "-" * 100_000, "[" + "9" * 10**6 + "]",
        "(" + "9" * 10**6 + ",)", "[" + "'a'," * 200_000 + "]", "'" * (4 * 2**20 + 1), "'" + "\\" * 100_001,
    ],
    ids=lambda text: f"{text[:8]}...",
)  # fmt: skip
def test_floods_are_refused(text: str) -> None:
    with pytest.raises(MalformedModelError):
        literal.read(text)


def test_as_many_classes_as_anybody_has_are_read() -> None:
    names = {number: f"class number {number}" for number in range(21_843)}
    assert literal.read(repr(names)) == names
