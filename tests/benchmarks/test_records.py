from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from benchmarks.records import ABSENT_IF_NONE, from_record, stored_as, to_record

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Inner:
    value: int
    note: str | None = None


@dataclass(frozen=True)
class _Outer:
    inner: _Inner | None
    members: tuple[_Inner, ...]
    names: dict[str, int]
    extra: int | None = field(default=None, metadata=ABSENT_IF_NONE)


def test_nested_dataclasses_read_back_what_they_wrote() -> None:
    value = _Outer(_Inner(1), (_Inner(2, "x"), _Inner(3)), {"a": 1})

    record = to_record(value)

    assert record == {
        "inner": {"value": 1, "note": None},
        "members": [{"value": 2, "note": "x"}, {"value": 3, "note": None}],
        "names": {"a": 1},
    }
    assert from_record(_Outer, record) == value
    assert from_record(_Outer, record | {"extra": 4, "unknown": 5}).extra == 4


@dataclass(frozen=True)
class _Pair(Generic[_T]):
    first: _T
    second: _T


@dataclass(frozen=True)
class _Stored:
    file: Path | None
    pairs: tuple[_Pair[_Inner], ...] = field(metadata=stored_as("couples"))


def test_paths_generic_members_and_other_names_read_back() -> None:
    value = _Stored(Path("a/b"), (_Pair(_Inner(1), _Inner(2)),))

    record = to_record(value)

    assert record["file"] == "a/b"
    assert [pair["second"]["value"] for pair in record["couples"]] == [2]
    assert from_record(_Stored, record) == value
    with pytest.raises(TypeError, match="_Inner"):
        from_record(_Stored, record | {"couples": [{"first": 3, "second": {"value": 1}}]})


def test_a_field_that_an_older_file_lacks_has_its_default_or_is_named() -> None:
    assert from_record(_Inner, {"value": 1}) == _Inner(1)
    with pytest.raises(TypeError, match="value"):
        from_record(_Inner, {"note": "x"})
