"""Rows as the CSV sink writes them, whole and cut."""

from __future__ import annotations

from pathlib import Path

from edge.sinks.text.csv import COLUMNS
from tests.hardening.soak.rows import Rows

HEADER = ",".join(COLUMNS) + "\n"
ROW = ",".join(["2026-01-02", *["x"] * (len(COLUMNS) - 2), "a" * 64]) + "\n"
QUOTED = ROW.replace("x,", '"a, b",', 1)


def test_whole_rows_are_counted_and_the_header_is_none() -> None:
    rows = Rows()
    rows.count((HEADER + ROW + QUOTED).encode())
    assert (rows.whole, rows.torn) == (2, 0)
    rows.count(b"")
    assert (rows.whole, rows.torn) == (2, 0)


def test_a_row_that_was_cut_is_torn_wherever_it_is() -> None:
    rows = Rows()
    rows.count((HEADER + ROW[:20] + "\n" + ROW + ROW[:-10]).encode())
    assert (rows.whole, rows.torn) == (1, 2)


def test_rotation_empties_the_file_under_who_appends(tmp_path: Path) -> None:
    rows, file = Rows(), tmp_path / "a.csv"
    with file.open("a") as stream:
        stream.write(HEADER + ROW)
        stream.flush()
        rows.rotate(file)
        assert file.stat().st_size == 0
        stream.write(ROW)
        stream.flush()
    rows.rotate(file)
    assert (rows.whole, rows.torn) == (2, 0)
