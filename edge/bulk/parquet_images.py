"""Parquet files that hold images in a column, or the paths of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edge.bulk import arrow
from edge.errors import ConfigError, DatasetError

SUFFIX = ".parquet"

_KNOWN_COLUMNS = ("image", "bytes", "content", "data", "jpg", "png", "path", "file", "uri", "url")
_ROWS_AT_ONCE = 64  # images that are in memory together
_BINARY, _TEXT = ("binary", "large_binary"), ("string", "large_string")  # Arrow's types by their names


class ParquetImages:
    """Parquet file with a column of images: their bytes, their paths, or a struct that holds either.

    Hugging Face's data sets have a struct of `bytes` and `path`.
    """

    def __init__(self, path: str, filesystem: arrow.FileSystem | None, *, column: str | None) -> None:
        """Open the file.

        Args:
            path: its path in the file system.
            filesystem: where it lies; None: on this machine.
            column: name of the column; None: the first one that is called or typed like one of images.

        Raises:
            ConfigError: no such column, or it holds neither bytes nor text.
            DatasetError: unreadable, or no Parquet file.
        """
        try:
            self._file = arrow.open_parquet(path, filesystem)
        except OSError as error:
            raise DatasetError(f"{path} can't be read as Parquet: {error}") from error
        self._path = path
        self._column = _choose(self._file.schema_arrow, path, column)
        self._kind = self._file.schema_arrow.field(self._column).type

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self._file.metadata.num_rows)

    @property
    def holds_bytes(self) -> bool:
        """True if the column holds the images themselves, False if it holds their paths."""
        return _holds(self._kind, _BINARY)

    def paths(self) -> list[str]:
        """Return the paths in the column; an empty one for a row without.

        Raises:
            DatasetError: unreadable.
        """
        try:
            with arrow.os_errors():
                chunks = self._file.read(columns=[self._column]).column(0).chunks
        except OSError as error:
            raise DatasetError(f"{self._path} can't be read: {error}") from error
        return [path or "" for chunk in chunks for path in self._plain(chunk, _TEXT).to_pylist()]

    def contents(self, rows: Sequence[int]) -> Iterator[bytes]:
        """Yield the bytes of rows, which ascend; empty for a row without.

        Raises:
            OSError: unreadable.
        """
        start = 0
        for number in range(self._file.num_row_groups):
            end = start + self._file.metadata.row_group(number).num_rows
            inside = {row - start for row in rows if start <= row < end}
            if inside:
                yield from self._of_group(number, inside)
            start = end

    def _of_group(self, number: int, rows: set[int]) -> Iterator[bytes]:
        start = 0
        with arrow.os_errors():
            for batch in self._file.iter_batches(_ROWS_AT_ONCE, row_groups=[number], columns=[self._column]):
                column = self._plain(batch.column(0), _BINARY)
                wanted = (row for row in range(len(column)) if start + row in rows)
                yield from (column[row].as_py() or b"" for row in wanted)
                start += len(column)
                if start > max(rows):
                    return

    def _plain(self, column: Any, types: Sequence[str]) -> Any:
        """Return the column, or of structs the field that is of one of the types."""
        names = _fields(self._kind)
        return column if not names else column.field(next(name for name, kind in names.items() if kind in types))


def _fields(kind: Any) -> dict[str, str]:
    """Return names and types of a struct's fields; empty for other types."""
    return {field.name: str(field.type) for field in kind} if str(kind).startswith("struct<") else {}


def _holds(kind: Any, types: Sequence[str]) -> bool:
    return str(kind) in types or any(each in types for each in _fields(kind).values())


def _choose(schema: Any, path: str, name: str | None) -> str:
    kinds = {field.name: field.type for field in schema if _holds(field.type, (*_BINARY, *_TEXT))}
    if name is not None:
        if name not in kinds:
            raise ConfigError(f"{path} has no column {name!r} of bytes or text: it has {', '.join(schema.names)}")
        return name
    by_name = [known for known in _KNOWN_COLUMNS if known in kinds]
    by_kind = [each for each, kind in kinds.items() if _holds(kind, _BINARY)]
    if not (by_name or by_kind):
        raise ConfigError(
            f"{path} has no column that looks like one of images: name one of {', '.join(schema.names)} with --column"
        )
    return (by_name or by_kind)[0]
