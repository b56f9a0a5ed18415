"""Tables, Parquet files and file systems by Apache Arrow; the only file that imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from edge.bulk.items import Item
from edge.errors import DatasetError, RuntimeMissingError

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.fs as pf
    import pyarrow.parquet as pq
except ImportError as error:
    raise RuntimeMissingError(
        f"bulk classification can't be done ({error}): pip install 'edge-classify[bulk]'"
    ) from error

Table = Any
"""pyarrow.Table."""
FileSystem = Any
"""pyarrow.fs.FileSystem."""
ParquetFile = Any
"""pyarrow.parquet.ParquetFile."""
Column = Any
"""pyarrow.Array."""
BYTES, TEXT = "bytes", "text"
"""Kinds of columns that images can be in."""

_TIME = pa.timestamp("ns", tz="UTC")
ITEM_SCHEMA = pa.schema(
    [("path", pa.string()), ("size", pa.int64()), ("mtime", _TIME), ("container", pa.string()), ("row", pa.int64())]
)
ROW_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("size", pa.int64()),
        ("mtime", _TIME),
        ("sha256", pa.string()),
        ("label", pa.string()),
        ("probability", pa.float64()),
        ("score", pa.float64()),
        ("top_k", pa.list_(pa.struct([("label", pa.string()), ("probability", pa.float64())]))),
        ("model_sha256", pa.string()),
        ("spec_sha256", pa.string()),
        ("error", pa.string()),
        ("latency_ms", pa.float64()),
    ]
)
_MOST_OF_A_MESSAGE = 300  # characters
_CONVERTED_AT_ONCE = 10_000  # items
_BUFFER_BYTES = 4 * 2**20  # read at once; without a buffer pyarrow reads a row group as a whole, which may be a file


# ---- file systems


@contextmanager
def os_errors() -> Iterator[None]:
    """Turn what Arrow raises inside the block into OSError, with the first line of its message."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        lines = (getattr(error, "strerror", None) or str(error)).splitlines() or [type(error).__name__]
        raise OSError(lines[0][:_MOST_OF_A_MESSAGE].rstrip(".;: ")) from error


def filesystem_of(url: str) -> tuple[FileSystem, str]:
    """Open the file system of a URL; return it and its path of the URL.

    Raises:
        OSError: Arrow has none for it, or it can't be reached.
    """
    with os_errors():
        filesystem, path = pf.FileSystem.from_uri(url)
    return filesystem, str(path).rstrip("/")


def files_below(filesystem: FileSystem, path: str) -> list[Any]:
    """List a file, or all files of a folder at any depth, as Arrow's `FileInfo`; empty: there is neither.

    Raises:
        OSError: it can't be listed.
    """
    with os_errors():
        own = filesystem.get_file_info(path)
        below = (
            filesystem.get_file_info(pf.FileSelector(path, recursive=True)) if own.type == pf.FileType.Directory else []
        )
    return [info for info in (own, *below) if info.type == pf.FileType.File]


def file_infos(filesystem: FileSystem, paths: Sequence[str]) -> list[Any]:
    """Look files up; `FileInfo.size` of one that isn't there is None.

    Raises:
        OSError: they can't be looked up.
    """
    with os_errors():
        return list(filesystem.get_file_info(list(paths)))


def read_file(filesystem: FileSystem, path: str, *, limit_bytes: int) -> bytes:
    """Read a file, or the first `limit_bytes` of it.

    Raises:
        OSError: unreadable.
    """
    with os_errors(), filesystem.open_input_stream(path, compression=None) as stream:
        return bytes(stream.read(limit_bytes))


def open_parquet(path: str, filesystem: FileSystem | None) -> ParquetFile:
    """Open a Parquet file, of this machine without a file system.

    Raises:
        OSError: unreadable, or no Parquet file.
    """
    with os_errors():
        return pq.ParquetFile(path, filesystem=filesystem, buffer_size=_BUFFER_BYTES, pre_buffer=False)


def kinds(file: ParquetFile, column: str) -> dict[str, str]:
    """Return which kinds of values a column holds, and the field of a struct that does; empty: itself, or nothing.

    Returns:
        `BYTES`, `TEXT`, both or none -> name of the first such field, empty for a column that is no struct.
    """
    schema = file.schema_arrow
    kind = schema.field(schema.names.index(column)).type
    fields = [(field.name, field.type) for field in kind] if pa.types.is_struct(kind) else [("", kind)]
    return {found: name for name, each in reversed(fields) if (found := _kind(each))}


def _kind(kind: Any) -> str:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    return TEXT if is_text else BYTES if is_bytes or pa.types.is_fixed_size_binary(kind) else ""


def column_of(table: Table, name: str) -> Column:
    """Return the first column of a name; reading `image` brings `image.width` too."""
    return table.column(table.schema.names.index(name))


def plain(column: Column, field: str) -> Column:
    """Return a column, or a field of a column of structs, as values without a dictionary."""
    if field:
        column = pc.struct_field(column, field)  # null where the whole struct is
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def is_all_null(file: ParquetFile, column: str, field: str) -> bool:
    """Return true if the file's statistics say that no row has a value in a field of a column of structs."""
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    leaves = [group.column(number) for group in groups for number in range(group.num_columns)
              if group.column(number).path_in_schema == f"{column}.{field}"]  # fmt: skip
    found = [(leaf.statistics, leaf.num_values) for leaf in leaves]
    return bool(found) and all(each and each.has_null_count and each.null_count == count for each, count in found)


# ---- tables of items and rows


def items_table(items: Iterable[Item]) -> Table:
    """Return items as a table of `ITEM_SCHEMA`; of those with the same path the first one stays."""
    batches: list[Any] = []
    some: list[Item] = []
    for item in items:
        some.append(item)
        if len(some) == _CONVERTED_AT_ONCE:
            batches.append(_batch(some))
            some = []
    table = pa.Table.from_batches([*batches, _batch(some)], ITEM_SCHEMA)
    first = _numbered(table).group_by("path", use_threads=False).aggregate([("number", "min")])
    return table if len(first) == len(table) else table.take(first["number_min"].combine_chunks().sort())


def _batch(items: Sequence[Item]) -> Any:
    columns = list(zip(*items, strict=True)) or [()] * len(ITEM_SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, ITEM_SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=ITEM_SCHEMA)


def items_of(table: Table) -> list[Item]:
    """Return the rows of a table of items."""
    plain = table.set_column(2, "mtime", table["mtime"].cast(pa.int64()))
    return list(map(Item, *(plain[name].to_pylist() for name in ITEM_SCHEMA.names)))


def evenly(table: Table, count: int) -> Table:
    """Return `count` rows that lie evenly among all; all of them where there are no more."""
    if count >= len(table):
        return table
    return table.take(pa.array([number * len(table) // count for number in range(count)], pa.int64()))


def chunks_of(table: Table, rows: int) -> list[Table]:
    """Divide a table, so that no part has more rows; each holds memory of its own."""
    starts = range(0, len(table), rows)
    return [table.take(pa.array(range(start, min(start + rows, len(table))), pa.int64())) for start in starts]


def rows_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Return classified images as a table of `ROW_SCHEMA`."""
    return pa.Table.from_pylist(list(rows), ROW_SCHEMA)


def numbered_chunk(table: Table, number: int) -> Table:
    """Append a column `chunk` that holds a number."""
    return table.append_column("chunk", pa.array([number] * len(table), pa.int32()))


def concatenated(tables: Sequence[Table]) -> Table:
    """Return the rows of all tables of rows, without further columns; an empty table for none."""
    return pa.concat_tables([ROW_SCHEMA.empty_table(), *(table.select(ROW_SCHEMA.names) for table in tables)])


# ---- parts of the output


def write_part(table: Table, path: Path) -> None:
    """Write a table as a Parquet file."""
    pq.write_table(table, path, compression="zstd")


def read_part(path: Path, columns: Sequence[str] | None = None) -> Table:
    """Read a Parquet file of ours.

    Raises:
        DatasetError: damaged, or of another kind.
    """
    try:
        with os_errors(), pq.ParquetFile(path) as file:
            return file.read(columns)
    except OSError as error:
        raise DatasetError(f"{path} can't be read ({error}): remove it, and its images are classified again") from error


def counts(table: Table, column: str) -> dict[str, int]:
    """Count the values of a column of text that are not null."""
    return {each["values"]: each["counts"] for each in pc.value_counts(table[column].drop_null()).to_pylist()}


def smallest(table: Table, column: str, count: int) -> list[dict[str, Any]]:
    """Return the rows with the smallest values above 0 of a column, ascending."""
    valid = table.filter(pc.greater(table[column], 0))
    keys = [(column, "ascending"), ("path", "ascending")]
    return list(valid.take(pc.select_k_unstable(valid, count, keys)).to_pylist()) if len(valid) else []


class Standing(NamedTuple):
    """Comparison of a listing with the rows that are there."""

    pending: Table
    """Items that are to be classified, in the order of the listing."""
    replaced: dict[int, list[str]]
    """Number of a part -> paths of its rows whose files have changed since, or could not be read."""


def compare(listing: Table, parts: Sequence[Table]) -> Standing:
    """Find what is to be done: files without a row, changed ones, and those that could not be read.

    Args:
        listing: of `items_table`.
        parts: path, size, mtime and sha256 of the rows of each part.
    """
    numbers = [pa.array([number] * len(part), pa.int32()) for number, part in enumerate(parts)]
    done = [part.append_column("part", number) for part, number in zip(parts, numbers, strict=True)]
    if not any(map(len, done)):
        return Standing(listing, {})
    both = _numbered(listing).join(pa.concat_tables(done), "path", right_suffix="_done", use_threads=False)
    is_same_size = pc.or_(pc.equal(both["size"], both["size_done"]), pc.not_equal(both["container"], ""))
    is_same = pc.and_(pc.and_(is_same_size, pc.equal(both["mtime"], both["mtime_done"])), pc.is_valid(both["sha256"]))
    rest = both.filter(pc.invert(pc.fill_null(is_same, False)))
    replaced: dict[int, list[str]] = {}
    for row in rest.filter(pc.is_valid(rest["part"])).select(["part", "path"]).to_pylist():
        replaced.setdefault(row["part"], []).append(row["path"])
    return Standing(rest.sort_by("number").select(ITEM_SCHEMA.names), replaced)


def without(table: Table, paths: Sequence[str]) -> Table:
    """Return the rows that have none of these paths."""
    return table.filter(pc.invert(pc.is_in(table["path"], pa.array(paths, pa.string()))))


def _numbered(table: Table) -> Table:
    return table.append_column("number", pa.array(range(len(table)), pa.int64()))
