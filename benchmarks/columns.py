"""Columns of a table, and their layout for terminal and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

MISSING = "–"  # noqa: RUF001  # a dash, as in print: not measured, or not enough samples to say
_GAP = "  "

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Column(Generic[_R]):
    """One column: its place and the text that it shows of a row."""

    group: str
    """Heading over several columns, with their unit; empty where the title says all."""
    title: str
    show: Callable[[_R], str]
    """Row -> text; MISSING where there is no number."""
    is_number: bool = True
    """Aligned to the right."""

    @property
    def heading(self) -> str:
        """Group and title in one line."""
        return f"{self.group} {self.title}".strip()


def number(key: str, *, scale: float = 1.0, digits: int = 1) -> Callable[[Any], str]:
    """Show a field of a row times a scale; a key such as invoke.p90_ns is a field of a field."""

    def show(row: Any) -> str:
        value = row
        for name in key.split("."):
            if value is not None:
                value = value[name] if isinstance(value, Mapping) else getattr(value, name)
        return MISSING if value is None else f"{round(value * scale, digits) + 0.0:,.{digits}f}"  # no minus before 0

    return show


def as_text(columns: Sequence[Column[_R]], rows: Sequence[_R]) -> str:
    """Lay a table out in columns for a terminal, groups above titles, without a newline at the end."""
    body = [[column.title for column in columns], *([column.show(row) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in body) for place in range(len(columns))]
    for group, members in groupby(range(len(columns)), key=lambda place: columns[place].group):
        places = list(members)
        lacking = len(group) - sum(widths[place] for place in places) - len(_GAP) * (len(places) - 1)
        widths[places[0]] += max(lacking, 0)
    titles, *lines = [_aligned(columns, line, widths) for line in body]
    groups = [_group_line(columns, widths)] if any(column.group for column in columns) else []
    return "\n".join([*groups, titles, "-" * max(map(len, (titles, *lines))), *lines])


def as_markdown(columns: Sequence[Column[_R]], rows: Sequence[_R]) -> str:
    """Lay a table out as Markdown, without a newline at the end."""
    lines = [
        [_escaped(column.heading) for column in columns],
        ["--:" if column.is_number else "---" for column in columns],
        *([_escaped(column.show(row)) for column in columns] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(sentences: Iterable[str]) -> str:
    """Return a list in Markdown."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _aligned(columns: Sequence[Column[_R]], cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if column.is_number else cell.ljust(width)
        for column, cell, width in zip(columns, cells, widths, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def _group_line(columns: Sequence[Column[_R]], widths: Sequence[int]) -> str:
    """Each group's name ends where its last column ends."""
    line, end = "", 0
    for place, column in enumerate(columns):
        end += widths[place] + (len(_GAP) if place else 0)
        is_last = place + 1 == len(columns) or columns[place + 1].group != column.group
        if column.group and is_last:
            line += column.group.rjust(end - len(line))
    return line


def _escaped(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|").replace("_", "\\_").replace("<", "&lt;")
