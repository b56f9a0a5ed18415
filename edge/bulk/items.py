"""Images of an archive as they are listed, and their bytes: files here or behind a URL, and rows of Parquet files."""

from __future__ import annotations

import re
from typing import NamedTuple

UNKNOWN_SIZE = -1
"""Size of an item that is known once it is read."""


class Item(NamedTuple):
    """Image to classify."""

    path: str
    """Absolute path or URL; of an image inside a Parquet file FILE#ROW."""
    size: int
    """Bytes, or `UNKNOWN_SIZE`."""
    mtime: int
    """Time of the last change in nanoseconds since 1970, UTC; of an image inside a Parquet file that file's."""
    container: str = ""
    """Parquet file that holds it; empty: a file of its own."""
    row: int = -1
    """Row of the container, from 0."""

    @classmethod
    def at(cls, path: str) -> Item:
        """Return the item of a row's path."""
        inside = re.fullmatch(r"(.+\.parquet)#(\d+)", path, re.IGNORECASE | re.DOTALL)
        return cls(path, UNKNOWN_SIZE, 0, *((inside[1], int(inside[2])) if inside else ()))
