"""Frozen dataclasses as JSON objects and back; a field keeps its name, and one that an older file lacks its default."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
ABSENT_IF_NONE = {"is_absent_if_none": True}
"""Metadata of a field that its JSON object lacks where it is None."""


def stored_as(name: str) -> dict[str, str]:
    """Return the metadata of a field that has another name in its JSON object."""
    return {"stored_as": name}


def to_record(value: Any) -> Any:
    """Return a dataclass, or a container of some, as what `json` writes; a method `to_record` of a class goes first."""
    if isinstance(value, str | int | float | None):
        return value
    if hasattr(value, "to_record"):
        return value.to_record()
    if dataclasses.is_dataclass(value):
        return {
            _key(field): to_record(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not (field.metadata == ABSENT_IF_NONE and getattr(value, field.name) is None)
        }
    if isinstance(value, Mapping):
        return {name: to_record(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_record(member) for member in value]
    return str(value) if isinstance(value, Path) else value


def from_record(kind: type[_T], data: Mapping[str, Any]) -> _T:
    """Build a dataclass, or a generic one with its arguments, from its JSON object; unknown fields are ignored.

    A method `from_record` of a class goes first.

    Raises:
        TypeError: a field without a default is missing, or an object was expected.
    """
    read: Callable[[Mapping[str, Any]], _T] | None = getattr(kind, "from_record", None)
    if read is not None:
        return read(data)
    if not isinstance(data, Mapping):
        raise TypeError(f"expected an object for {kind}, got {data!r}")
    plain, hints = get_origin(kind) or kind, _hints(cast("Any", kind))
    values = {
        field.name: _read(hints[field.name], data[_key(field)])
        for field in dataclasses.fields(cast("Any", plain))
        if _key(field) in data
    }
    return cast("_T", plain(**values))  # an alias would write to the frozen instance


def _key(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("stored_as", field.name))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the type of each field by its name, with the arguments of a generic dataclass in place."""
    plain = get_origin(kind) or kind
    arguments = dict(zip(getattr(plain, "__parameters__", ()), get_args(kind), strict=True))
    return {name: arguments.get(hint, hint) for name, hint in get_type_hints(plain).items()}


def _read(hint: Any, value: Any) -> Any:
    """Read dataclasses and paths, alone or in a tuple, by the field's type; all else stays as JSON has it."""
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        return _read(next(member for member in get_args(hint) if member is not type(None)), value)
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], member) for member in value)
    if hint is Path:
        return Path(value)
    return from_record(hint, value) if dataclasses.is_dataclass(get_origin(hint) or hint) else value
