"""Tables of items and rows: what a listing and earlier rows leave to be done."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from edge.bulk import arrow
from edge.bulk.items import UNKNOWN_SIZE, Item
from edge.errors import DatasetError

READ = "ab" * 32  # a digest


def rows(*facts: tuple[str, int, int, str | None]) -> pa.Table:
    """Path, size, mtime and digest of rows."""
    names = ("path", "size", "mtime", "sha256")
    return pa.Table.from_pylist(
        [dict(zip(names, each, strict=True)) for each in facts],
        pa.schema([arrow.ROW_SCHEMA.field(name) for name in names]),
    )


def test_items_come_back_from_their_table_and_of_equal_paths_the_first_stays() -> None:
    items = [Item("/b", 1, 20), Item("/a", 2, 30, "/a.parquet", 7), Item("/b", 9, 90), Item("/c", UNKNOWN_SIZE, 0)]
    assert arrow.items_of(arrow.items_table(items)) == [items[0], items[1], items[3]]
    assert arrow.items_of(arrow.items_table([])) == []


def test_what_is_unchanged_is_done_and_what_changed_or_was_not_read_is_not() -> None:
    listed = [
        Item("/new", 1, 1),
        Item("/same", 2, 2),
        Item("/longer", 4, 3),
        Item("/later", 4, 5),
        Item("/unread", 5, 5),
    ]
    first = rows(("/same", 2, 2, READ), ("/longer", 3, 3, READ), ("/elsewhere", 1, 1, READ))
    second = rows(("/later", 4, 4, READ), ("/unread", 5, 5, None))
    standing = arrow.compare(arrow.items_table(listed), [first, second])
    assert [item.path for item in arrow.items_of(standing.pending)] == ["/new", "/longer", "/later", "/unread"]
    assert standing.replaced == {0: ["/longer"], 1: ["/later", "/unread"]}


def test_a_row_of_a_parquet_file_is_unchanged_while_that_file_is() -> None:
    listed = [
        Item("/f.parquet#0", UNKNOWN_SIZE, 5, "/f.parquet", 0),
        Item("/f.parquet#1", UNKNOWN_SIZE, 6, "/f.parquet", 1),
    ]
    done = rows(("/f.parquet#0", 1234, 5, READ), ("/f.parquet#1", 1234, 5, READ))
    assert arrow.items_of(arrow.compare(arrow.items_table(listed), [done]).pending) == [listed[1]]


@pytest.mark.parametrize(
    ("count", "expected"), [(2, [0, 5]), (3, [0, 3, 6]), (10, list(range(10))), (99, list(range(10)))]
)
def test_a_limit_takes_evenly_of_all(count: int, expected: list[int]) -> None:
    table = arrow.items_table([Item(f"/{number}", number, 0) for number in range(10)])
    assert [item.size for item in arrow.items_of(arrow.evenly(table, count))] == expected


def test_chunks_hold_every_item_once_in_order() -> None:
    table = arrow.items_table([Item(f"/{number}", number, 0) for number in range(7)])
    chunks = arrow.chunks_of(table, 3)
    assert [[item.size for item in arrow.items_of(chunk)] for chunk in chunks] == [[0, 1, 2], [3, 4, 5], [6]]


def test_the_smallest_values_above_zero_are_found(tmp_path: Path) -> None:
    table = arrow.rows_table([{"path": path, "probability": value} for path, value in
                              (("/a", 0.5), ("/0", 0.0), ("/b", None), ("/d", 0.2), ("/c", 0.2))])  # fmt: skip
    assert [row["path"] for row in arrow.smallest(table, "probability", 3)] == ["/c", "/d", "/a"]
    assert arrow.smallest(table.slice(1, 2), "probability", 3) == []
    arrow.write_part(table, tmp_path / "a.parquet")
    assert arrow.read_part(tmp_path / "a.parquet").equals(table)


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "part-000000.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DatasetError, match="part-000000"):
        arrow.read_part(tmp_path / "part-000000.parquet")
