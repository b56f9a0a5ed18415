"""Parquet files that hold images in a column, or the paths of images."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from edge.bulk import arrow
from edge.bulk.arrow import BYTES, TEXT
from edge.errors import ConfigError, DatasetError

SUFFIX = ".parquet"

_KNOWN_COLUMNS = ("image", "bytes", "content", "data", "jpg", "png", "path", "file", "uri", "url")
_ROWS_AT_ONCE = 64  # images that are in memory together


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
        self._column = _choose(self._file, path, column)
        self._kinds = arrow.kinds(self._file, self._column)
        metadata = self._file.metadata
        counts = (metadata.row_group(number).num_rows for number in range(metadata.num_row_groups))
        self._groups: list[int] = [0, *accumulate(counts)]  # first row of each row group, and the number of all rows
        self._group = -1  # the row group that is read
        self._batches: Iterator[arrow.Column] = iter(())
        self._batch: arrow.Column = ()
        self._first = 0  # row that the batch begins with

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._groups[-1]

    @property
    def holds_bytes(self) -> bool:
        """True if the column holds the images themselves, False if it holds their paths."""
        if BYTES not in self._kinds:
            return False
        # A struct's bytes may all be missing, where its paths aren't: the data set was saved without its images.
        return TEXT not in self._kinds or not arrow.is_all_null(self._file, self._column, self._kinds[BYTES])

    def paths(self) -> list[str]:
        """Return the paths in the column; an empty one for a row without.

        Raises:
            DatasetError: unreadable.
        """
        try:
            with arrow.os_errors():
                column = arrow.column_of(self._file.read(columns=[self._column]), self._column)
                return [path or "" for chunk in column.chunks for path in self._plain(chunk, TEXT).to_pylist()]
        except OSError as error:
            raise DatasetError(f"{self._path} can't be read: {error}") from error

    def contents(self, rows: Sequence[int]) -> Iterator[bytes]:
        """Yield the bytes of rows, which ascend; empty for a row without. It ends at a row that isn't there.

        Reading goes on where the call before has ended. So calls with ascending rows read the file once.

        Raises:
            OSError: unreadable.
            DatasetError: it ends too early.
        """
        for row in rows:
            if row >= self.rows:
                return
            with arrow.os_errors():
                self._seek(row)
            yield self._batch[row - self._first].as_py() or b""

    def _seek(self, row: int) -> None:
        """Read up to the batch that holds a row."""
        group = bisect_right(self._groups, row) - 1
        if group != self._group or row < self._first:
            batches = self._file.iter_batches(_ROWS_AT_ONCE, row_groups=[group], columns=[self._column])
            self._batches = (arrow.column_of(batch, self._column) for batch in batches)
            self._group, self._first, self._batch = group, self._groups[group], ()
        while row >= self._first + len(self._batch):
            self._first += len(self._batch)
            self._batch = ()  # an error leaves none behind
            batch = next(self._batches, None)
            if batch is None:
                raise DatasetError(f"{self._path} ends before its row {row}: it is damaged")
            self._batch = self._plain(batch, BYTES)

    def _plain(self, column: arrow.Column, kind: str) -> arrow.Column:
        return arrow.plain(column, self._kinds[kind])


def _choose(file: arrow.ParquetFile, path: str, name: str | None) -> str:
    columns = file.schema_arrow.names
    kinds = {each: found for each in dict.fromkeys(columns) if (found := arrow.kinds(file, each))}
    if name is not None:
        if name not in kinds:
            raise ConfigError(f"{path} has no column {name!r} of bytes or text: it has {', '.join(columns)}")
        return name
    by_name = [known for known in _KNOWN_COLUMNS if known in kinds]
    by_kind = [each for each, found in kinds.items() if BYTES in found]
    if by_name or by_kind:
        return (by_name or by_kind)[0]
    if not kinds:
        raise ConfigError(f"{path} has no column of bytes or text, and so no images: it has {', '.join(columns)}")
    raise ConfigError(
        f"{path} has no column that looks like one of images: name one of {', '.join(kinds)} with --column"
    )
