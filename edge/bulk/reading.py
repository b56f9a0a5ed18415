"""Bytes of listed images, read ahead on threads, in the process that classifies them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from edge.bulk import arrow
from edge.bulk.items import Item
from edge.bulk.parquet_images import ParquetImages
from edge.errors import FrameError, ToolkitError
from edge.images import limits
from edge.images.decode import read_content
from edge.system.urls import is_url

_AHEAD_HERE, _AHEAD_REMOTE = 2, 16  # files: a disk answers at once, a server after dozens of milliseconds

FileSystems = Mapping[str, arrow.FileSystem]
"""Scheme and bucket of a URL, such as s3://photos -> its file system."""


def root_of(url: str) -> str:
    """Return scheme and bucket of a URL: s3://photos of s3://photos/2024/a.jpg."""
    scheme, _, path = url.partition("://")
    return f"{scheme}://{path.partition('/')[0]}"


class ImageReader:
    """Reads listed images. The last Parquet file stays open, so that it is read once by calls that go through it."""

    def __init__(self, filesystems: FileSystems, *, column: str | None) -> None:
        self._filesystems = filesystems
        self._column = column
        self._container = ""
        self._opened: ParquetImages | None = None

    def read(self, items: Sequence[Item]) -> Iterator[tuple[Item, bytes | str]]:
        """Yield each item with its bytes, or with the reason why it can't be read.

        Args:
            items: those of a Parquet file with ascending rows.
        """
        for container, group in groupby(items, key=lambda item: item.container):
            together = list(group)
            yield from self._rows(container, together) if container else _files(together, self._filesystems)

    def _rows(self, container: str, items: Sequence[Item]) -> Iterator[tuple[Item, bytes | str]]:
        read = 0
        try:
            images = self._open(container)
            for item, content in zip(items, images.contents([item.row for item in items]), strict=False):
                yield item, content
                read += 1
        except (OSError, ToolkitError) as error:
            self._opened = None
            reason = str(getattr(error, "strerror", None) or error)
            yield from ((item, reason) for item in items[read:])
            return
        yield from ((item, f"{container} has fewer rows than it had") for item in items[read:])

    def _open(self, container: str) -> ParquetImages:
        if self._opened is None or container != self._container:
            remote = _filesystem(container, self._filesystems) if is_url(container) else None
            path = container.partition("://")[2] if remote else container
            self._opened = ParquetImages(path, remote, column=self._column)
            self._container = container
        return self._opened


def read_items(
    items: Sequence[Item], filesystems: FileSystems, *, column: str | None
) -> Iterator[tuple[Item, bytes | str]]:
    """Yield each item with its bytes, or with the reason why it can't be read; see `ImageReader.read`."""
    yield from ImageReader(filesystems, column=column).read(items)


def _files(items: Sequence[Item], filesystems: FileSystems) -> Iterator[tuple[Item, bytes | str]]:
    ahead = _AHEAD_REMOTE if is_url(items[0].path) else _AHEAD_HERE
    with ThreadPoolExecutor(ahead) as pool:
        waiting: deque[tuple[Item, Future[bytes | str]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(_read, item, filesystems)))
            if len(waiting) > ahead:
                done, content = waiting.popleft()
                yield done, content.result()
        for done, content in waiting:
            yield done, content.result()


def _read(item: Item, filesystems: FileSystems) -> bytes | str:
    if item.size > limits.MOST_BYTES:
        return f"larger than {limits.MOST_BYTES:,} bytes"
    try:
        if not is_url(item.path):
            return read_content(Path(item.path))
        path = item.path.partition("://")[2]
        return arrow.read_file(_filesystem(item.path, filesystems), path, limit_bytes=limits.MOST_BYTES + 1)
    except (OSError, FrameError) as error:
        return str(getattr(error, "strerror", None) or error)


def _filesystem(url: str, filesystems: FileSystems) -> arrow.FileSystem:
    """Return the file system of a URL; rows of earlier calls may be of buckets that this one doesn't open."""
    if root_of(url) not in filesystems:
        raise OSError(f"{root_of(url)} isn't among the inputs")
    return filesystems[root_of(url)]
