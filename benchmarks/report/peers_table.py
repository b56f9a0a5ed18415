"""The table of the peers, and the sentences below it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.columns import MISSING, Column, Row, as_markdown, as_text, number
from benchmarks.measure.job import NOT_INSTALLED, OK


def peers_text(rows: Sequence[Row]) -> str:
    """Lay the table out for a terminal, with a sentence for each peer that couldn't be measured."""
    return "\n".join([as_text(COLUMNS, tabled(rows)), *peer_sentences(rows)])


def peers_markdown(rows: Sequence[Row]) -> str:
    """Lay the table out as Markdown, without a newline at the end."""
    return as_markdown(COLUMNS, tabled(rows))


def tabled(rows: Sequence[Row]) -> list[Row]:
    """The rows of the table: a tool that isn't installed is named below it, once, not in a line for every file."""
    return [row for row in rows if row["status"] != NOT_INSTALLED]


def peer_sentences(rows: Sequence[Row]) -> list[str]:
    """What each peer times; and of those without numbers why, and how to get them. Each once."""
    what = {f"{row['peer']}: {row['what']}." for row in rows if row["status"] == OK}
    missing = {f"{row['peer']}: not installed: {row['how_to_get']}." for row in rows if row["status"] == NOT_INSTALLED}
    failed = [
        f"{row['id']}: {row['status']}: {row['reason']}" for row in rows if row["status"] not in (OK, NOT_INSTALLED)
    ]
    return [*sorted(what), *sorted(missing), *failed]


def _against_ours(row: Row) -> str:
    found = row["speedup"]
    if found is None:
        return MISSING
    return f"{found['ratio']:.2f}" + {True: "", False: " n.s.", None: " ?"}[found["is_significant"]]


def _status(row: Row) -> str:
    return "ok, invalid times" if row["status"] == OK and row["invalid"] else str(row["status"])


COLUMNS = (
    Column("", "variant", lambda row: row["variant"], is_number=False),
    Column("", "tool", lambda row: " ".join(filter(None, (row["peer"], row["version"]))), is_number=False),
    Column("one call, µs", "median", number("invoke.median_ns", scale=1e-3)),
    Column("one call, µs", "p90", number("invoke.p90_ns", scale=1e-3)),
    Column("one call, µs", "p99", number("invoke.p99_ns", scale=1e-3)),
    Column("speed", "× ours", _against_ours),  # noqa: RUF001  # a multiplication sign, as in print
    Column("", "status", _status, is_number=False),
)
