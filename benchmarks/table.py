"""The report's table: its columns and how their numbers are shown, for terminal, Markdown, HTML and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.job import OK
from benchmarks.rows import Row

MISSING = "–"  # noqa: RUF001  # a dash, as in print: not measured, or not enough samples to say
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it stands and what it shows of a row."""

    group: str
    """Heading over several columns, with their unit; empty where the title says all."""
    title: str
    show: Callable[[Row], str]
    """Row -> text; MISSING where there is no number."""
    is_number: bool = True
    """Aligned to the right."""

    @property
    def heading(self) -> str:
        """Group and title in one line."""
        return f"{self.group} {self.title}".strip()


def ordered(rows: Sequence[Row]) -> list[Row]:
    """The rows as they are shown: those with numbers first, otherwise in the order given."""
    return sorted(rows, key=lambda row: row["status"] != OK)


def text_table(rows: Sequence[Row]) -> str:
    """Lay the table out in columns for a terminal, groups above titles, without a newline at the end."""
    body = [[column.title for column in COLUMNS], *([column.show(row) for column in COLUMNS] for row in ordered(rows))]
    widths = [max(len(line[number]) for line in body) for number in range(len(COLUMNS))]
    for group, members in groupby(range(len(COLUMNS)), key=lambda number: COLUMNS[number].group):
        columns = list(members)
        lacking = len(group) - sum(widths[number] for number in columns) - len(_GAP) * (len(columns) - 1)
        widths[columns[0]] += max(lacking, 0)
    titles, *lines = [_aligned(line, widths) for line in body]
    return "\n".join([_group_line(widths), titles, "-" * max(map(len, (titles, *lines))), *lines])


def markdown_table(rows: Sequence[Row]) -> str:
    """Lay the table out as Markdown, without a newline at the end."""
    lines = [
        [column.heading for column in COLUMNS],
        ["--:" if column.is_number else "---" for column in COLUMNS],
        *([_escaped(column.show(row)) for column in COLUMNS] for row in ordered(rows)),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def csv_table(rows: Sequence[Row]) -> str:
    """One line a row in the order given; units are in the column names, numbers are unrounded, empty where missing."""
    file = io.StringIO()
    writer = csv.DictWriter(file, [*_CSV_PLAIN, *(f"{kind}_{key}" for kind in _CSV_TIMED for key in _CSV_SUMMARY)])
    writer.writeheader()
    for row in rows:
        flat = {key: row[key] for key in _CSV_PLAIN}
        for kind in _CSV_TIMED:
            flat |= {f"{kind}_{key}": (row[kind] or {}).get(key) for key in _CSV_SUMMARY}
        writer.writerow(flat)
    return file.getvalue()


def reasons(rows: Sequence[Row]) -> list[str]:
    """Why rows hold no numbers: one sentence for each reason, beginning with the rows it is true of."""
    grouped: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"]:
            grouped.setdefault(f"{row['status']}: {row['reason']}", []).append(row["id"])
    more = {reason: f" and {len(ids) - 1} more" if len(ids) > 1 else "" for reason, ids in grouped.items()}
    return [f"{ids[0]}{more[reason]}: {reason}" for reason, ids in grouped.items()]


def status(row: Row) -> str:
    """The status, and whether the latencies scattered too much to lean on."""
    if row["status"] != OK:
        return str(row["status"])
    return OK if row["invoke"]["is_steady"] and row["frame_to_decision"]["is_steady"] else "ok, unsteady"


_CSV_PLAIN = (
    "variant", "path", "sha256", "format", "quantization", "runtime", "runtime_version", "size_bytes",
    "top1_accuracy", "reference", "loss_pp", "top1_agreement", "load_ns", "first_invoke_ns",
    "memory_before_load_bytes", "memory_peak_bytes", "status", "reason",
)  # fmt: skip
_CSV_TIMED = ("invoke", "frame_to_decision")
_CSV_SUMMARY = ("samples", "median_ns", "p90_ns", "p99_ns", "iqr_ns", "minimum_ns", "maximum_ns", "is_steady")


def _number(key: str, *, scale: float = 1.0, digits: int = 1) -> Callable[[Row], str]:
    """Show row[key] * scale; a key such as invoke.p90_ns looks into a summary."""

    def show(row: Row) -> str:
        value = row
        for name in key.split("."):
            value = value and value[name]
        return MISSING if value is None else f"{value * scale:,.{digits}f}"  # type: ignore[operator]  # a number now

    return show


def _runtime(row: Row) -> str:
    return " ".join(part for part in (row["runtime"], row["runtime_version"]) if part) or MISSING


def _loss(row: Row) -> str:
    if row["loss_pp"] is None:
        return MISSING
    return "float" if row["reference"] == row["id"] else f"{row['loss_pp']:.2f}"


def _agreement(row: Row) -> str:
    return "float" if row["reference"] == row["id"] else _number("top1_agreement", scale=100, digits=2)(row)


COLUMNS = (
    Column("", "variant", lambda row: row["variant"], is_number=False),
    Column("", "quantization", lambda row: row["quantization"] or MISSING, is_number=False),
    Column("", "runtime", _runtime, is_number=False),
    Column("size", "kB", _number("size_bytes", scale=1e-3)),
    Column("top-1", "%", _number("top1_accuracy", scale=100, digits=2)),
    Column("loss", "pp", _loss),
    Column("agree", "%", _agreement),
    Column("invoke, µs", "median", _number("invoke.median_ns", scale=1e-3)),
    Column("invoke, µs", "p90", _number("invoke.p90_ns", scale=1e-3)),
    Column("invoke, µs", "p99", _number("invoke.p99_ns", scale=1e-3)),
    Column("frame to decision, ms", "median", _number("frame_to_decision.median_ns", scale=1e-6, digits=2)),
    Column("frame to decision, ms", "p90", _number("frame_to_decision.p90_ns", scale=1e-6, digits=2)),
    Column("frame to decision, ms", "p99", _number("frame_to_decision.p99_ns", scale=1e-6, digits=2)),
    Column("load", "ms", _number("load_ns", scale=1e-6)),
    Column("peak memory", "MB", _number("memory_peak_bytes", scale=1e-6)),
    Column("", "status", status, is_number=False),
)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if column.is_number else cell.ljust(width)
        for column, cell, width in zip(COLUMNS, cells, widths, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def _group_line(widths: Sequence[int]) -> str:
    """Each group's name ends where its last column ends."""
    line, end = "", 0
    for number, column in enumerate(COLUMNS):
        end += widths[number] + (len(_GAP) if number else 0)
        is_last = number + 1 == len(COLUMNS) or COLUMNS[number + 1].group != column.group
        if column.group and is_last:
            line += column.group.rjust(end - len(line))
    return line


def _escaped(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|").replace("_", "\\_").replace("<", "&lt;")
