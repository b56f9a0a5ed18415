"""Frozen dataclasses as JSON objects and back; a field keeps its name, and one that an older file lacks its default."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
ABSENT_IF_NONE = {"is_absent_if_none": True}
"""Metadata of a field that its JSON object lacks where it is None."""


def to_record(value: Any) -> Any:
    """Return a dataclass, or a container of some, as what `json` writes; a method `to_record` of a class goes first."""
    if isinstance(value, str | int | float | None):
        return value
    if hasattr(value, "to_record"):
        return value.to_record()
    if dataclasses.is_dataclass(value):
        return {
            field.name: to_record(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not (field.metadata == ABSENT_IF_NONE and getattr(value, field.name) is None)
        }
    if isinstance(value, Mapping):
        return {name: to_record(member) for name, member in value.items()}
    return [to_record(member) for member in value] if isinstance(value, list | tuple) else value


def from_record(kind: type[_T], data: Mapping[str, Any]) -> _T:
    """Build a dataclass from its JSON object; unknown fields are ignored, a method `from_record` of a class goes first.

    Raises:
        TypeError: a field without a default is missing, or an object was expected.
    """
    read: Callable[[Mapping[str, Any]], _T] | None = getattr(kind, "from_record", None)
    if read is not None:
        return read(data)
    hints: dict[str, Any] = _hints(cast("Any", kind))
    return kind(**{name: _read(hint, data[name]) for name, hint in hints.items() if name in data})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the type of each field by its name."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _read(hint: Any, value: Any) -> Any:
    """Read dataclasses, alone or in a tuple, by the field's type; all else stays as JSON has it."""
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        return _read(next(member for member in get_args(hint) if member is not type(None)), value)
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], member) for member in value)
    return from_record(hint, value) if dataclasses.is_dataclass(hint) else value  # type: ignore[arg-type]
