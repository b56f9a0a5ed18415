"""Images that the INPUTs name: folders, globs, Parquet files, and URLs of object stores."""

from __future__ import annotations

import fnmatch
import glob
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.bulk import arrow
from edge.bulk.items import UNKNOWN_SIZE, Item
from edge.bulk.parquet_images import SUFFIX, ParquetImages
from edge.bulk.reading import root_of
from edge.errors import ConfigError, DatasetError, SourceError
from edge.images.folders import files_below, sort_files
from edge.images.kinds import has_image_suffix
from edge.system.urls import is_url, redact_url

_LOGGER = logging.getLogger(__name__)

_GLOB_CHARACTERS = frozenset("*?[")
_ANY_DEPTH = "**"  # as a whole part of a glob: elsewhere it is a `*`
_Parts = tuple[str, ...]  # of a glob, divided at its slashes
_SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss")
_GCS_RETRIES, _GCS_RETRIES_S = "retry_limit_seconds", 30  # the library's own limit is 15 minutes
_LOOKED_UP_AT_ONCE = 1000  # files of an object store
_EXPECTED = "expected a folder, an image, a 'glob', a Parquet file, s3://BUCKET/... or gs://BUCKET/..."


@dataclass
class Archive:
    """Inputs of one call, and the file systems that they lie in."""

    column: str | None = None
    """Column of Parquet files that holds images or their paths; None: by name or type."""
    exclude: Path | None = None
    """Folder whose files are no input: that of the output."""
    filesystems: dict[str, arrow.FileSystem] = field(default_factory=dict)
    """Scheme and bucket -> file system, of the URLs that were listed."""
    unreadable: list[str] = field(default_factory=list)
    """Parquet files in folders and buckets that can't be read, whose images aren't listed."""

    def items(self, inputs: Sequence[str]) -> Iterator[Item]:
        """Yield the images of all inputs, in their order and sorted in each; one of two inputs comes twice.

        Raises:
            SourceError: an input doesn't exist, can't be listed, or holds no image.
            ConfigError: an input is an address of an unknown kind, the output, or a Parquet file without such a column.
            DatasetError: a Parquet file that is named is unreadable; one in a folder is noted in `unreadable`.
        """
        for text in inputs:
            found = False
            for item in self._remote(text) if is_url(text) else self._local(text):
                found = True
                yield item
            if not found and self._is_output(text):
                raise ConfigError(f"{text} lies in the folder of --out, whose files are results: name another --out")
            if not found:
                raise SourceError(f"no image in {redact_url(text)}: {_EXPECTED}")

    def _is_output(self, text: str) -> bool:
        return self.exclude is not None and not is_url(text) and plain_path(text).is_relative_to(self.exclude)

    # ---- this machine

    def _local(self, text: str) -> Iterator[Item]:
        if not text:
            raise ConfigError(f"an INPUT is empty: {_EXPECTED}")
        path = plain_path(text)
        if path.is_dir():
            yield from self._of_files(files_below(path), text)
        elif path.suffix.lower() == SUFFIX and path.is_file():
            yield from self._of_parquet(str(path), _mtime(path), None)
        elif path.exists():
            yield from _items_of_files([path])
        elif _GLOB_CHARACTERS & set(text):
            yield from self._of_files(_matching(str(path)), text)
        else:
            raise SourceError(f"no input {text!r}: {_EXPECTED}")

    def _of_files(self, paths: Iterable[Path], text: str) -> Iterator[Item]:
        """Yield images by their suffix unopened, others by their first bytes, and the rows of Parquet files."""
        others: list[Path] = []
        for path in paths:
            if self.exclude is not None and path.is_relative_to(self.exclude):
                continue
            if has_image_suffix(path):
                yield from _items_of_files([path])
            elif path.suffix.lower() == SUFFIX:
                yield from self._of_parquet_in_folder(str(path), _mtime(path), None)
            else:
                others.append(path)
        sorted_files = sort_files(others)
        sorted_files.log_left_out(text)
        yield from _items_of_files(sorted_files.images)

    # ---- Parquet

    def _of_parquet_in_folder(self, path: str, mtime: int, remote: _Remote | None) -> Iterator[Item]:
        try:
            yield from self._of_parquet(path, mtime, remote)
        except ConfigError as error:
            _LOGGER.warning("left out: %s", error)
        except DatasetError as error:  # one file of a million must not end the others
            self.unreadable.append(path)
            _LOGGER.warning("%s: its images are lost to this call, which will end with exit code 1", error)

    def _of_parquet(self, path: str, mtime: int, remote: _Remote | None) -> Iterator[Item]:
        images = ParquetImages(path, remote.filesystem if remote else None, column=self.column)
        container = f"{remote.scheme}://{path}" if remote else path
        if images.holds_bytes:
            yield from (Item(f"{container}#{row}", UNKNOWN_SIZE, mtime, container, row) for row in range(images.rows))
            return
        folder = container.rpartition("/")[0]
        named = [each for each in images.paths() if each]
        if len(named) < images.rows:
            _LOGGER.warning("left out: rows without a path: %d, in %s", images.rows - len(named), container)
        paths = [each if is_url(each) or each.startswith("/") else f"{folder}/{each}" for each in named]
        here = [each for each in paths if not is_url(each)]
        yield from _items_of_files(map(plain_path, here))
        for root in sorted({root_of(each) for each in paths if is_url(each)}):
            yield from self._looked_up(self._opened(root), [each for each in paths if root_of(each) == root])

    def _looked_up(self, remote: _Remote, urls: Sequence[str]) -> Iterator[Item]:
        names = [url.partition("://")[2] for url in urls]
        for start in range(0, len(names), _LOOKED_UP_AT_ONCE):
            some = names[start : start + _LOOKED_UP_AT_ONCE]
            try:
                found = arrow.file_infos(remote.filesystem, some)
            except OSError as error:
                raise SourceError(f"{remote.scheme}://{some[0]} can't be looked up: {error}") from error
            yield from (remote.item(info) for info in found)

    # ---- object stores

    def _remote(self, url: str) -> Iterator[Item]:
        remote = self._opened(url)
        whole = remote.path
        base = _base(whole)
        try:
            found = arrow.files_below(remote.filesystem, base)
        except OSError as error:
            raise SourceError(
                f"{redact_url(url)} can't be listed: {error}; check its name, and this machine's credentials for it"
            ) from error
        left_out = 0
        for info in sorted(found, key=lambda info: info.path):
            if base != whole:
                if not matches(info.path, whole):
                    continue
            elif any(part.startswith(".") for part in info.path[len(base) :].split("/")):
                continue
            if info.path.lower().endswith(SUFFIX):
                yield from self._of_parquet_in_folder(info.path, info.mtime_ns or 0, remote)
            elif has_image_suffix(info.path):
                yield remote.item(info)
            else:
                left_out += 1
        if left_out:
            _LOGGER.warning("left out of %s: files that aren't named like images: %d", redact_url(url), left_out)

    def _opened(self, url: str) -> _Remote:
        """Open the file system of a URL, one for each bucket; what follows the bucket is taken as it is written.

        Raises:
            ConfigError: an address of an unknown kind.
            SourceError: it can't be opened.
        """
        scheme, _, rest = url.partition("://")
        if scheme not in _SCHEMES:
            raise ConfigError(f"no input {redact_url(url)!r}: {_EXPECTED}")
        place, _, query = rest.partition("?")
        bucket, _, key = place.partition("/")
        if scheme in ("gs", "gcs") and _GCS_RETRIES not in query:
            query = "&".join(filter(None, (query, f"{_GCS_RETRIES}={_GCS_RETRIES_S}")))
        try:
            filesystem, top = arrow.filesystem_of(f"{scheme}://{bucket}{'?' * bool(query)}{query}")
        except OSError as error:
            raise SourceError(f"{redact_url(url)} can't be opened: {error}; {_EXPECTED}") from error
        self.filesystems[root_of(f"{scheme}://{top}")] = filesystem
        return _Remote(scheme, filesystem, f"{top}/{key}".rstrip("/"))


@dataclass(frozen=True)
class _Remote:
    scheme: str
    filesystem: arrow.FileSystem
    path: str
    """Bucket and key, which may be a glob; without login and query of the URL."""

    def item(self, info: Any) -> Item:
        size = UNKNOWN_SIZE if info.size is None else info.size
        return Item(f"{self.scheme}://{info.path}", size, info.mtime_ns or 0)


def plain_path(path: str | Path) -> Path:
    """Return the absolute path without `..`; links stay, for their names are what rows are called after."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _base(pattern: str) -> str:
    """Return the folder above the first part of a glob that has a `*`, `?` or `[`; of a path itself."""
    places = [pattern.index(each) for each in _GLOB_CHARACTERS & set(pattern)]
    return pattern[: min(places)].rpartition("/")[0] if places else pattern


def _matching(pattern: str) -> Iterator[Path]:
    """Yield the files that match an absolute glob, sorted in each folder; a part `**` is any depth.

    As in a shell `**` passes over what is hidden, which the pattern may name; it follows no link back to where it came
    from. A folder below it that may not be read is left out, and named.
    """
    parts = pattern.split("/")
    if _ANY_DEPTH in parts:
        place = parts.index(_ANY_DEPTH)
        folders = sorted(map(Path, glob.glob("/".join(parts[:place]) or "/")))  # noqa: PTH207
        return (path for folder in folders for path in _below(folder, frozenset([tuple(parts[place:])])))
    paths = sorted(map(Path, glob.glob(pattern)))  # noqa: PTH207  # Path.glob takes no absolute pattern
    files = [path for path in paths if not os.path.isdir(path)]  # noqa: PTH112  # Path.is_dir() raises PermissionError
    if len(files) < len(paths):
        _LOGGER.warning("left out of %s: folders: %d; ** is any depth", pattern, len(paths) - len(files))
    return iter(files)


def _below(folder: Path, globs: frozenset[_Parts], above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield the files below a folder that match one of the globs; only folders in which one may be are opened."""
    if not os.path.isdir(folder):  # noqa: PTH112
        return
    real = folder.resolve()
    if real in above:
        return
    try:
        paths = sorted(folder.iterdir())
    except PermissionError:
        _LOGGER.warning("left out: %s, a folder that may not be read", folder)
        return
    for path in paths:
        left = _after(path.name, globs)
        if not os.path.isdir(path):  # noqa: PTH112
            if () in left:
                yield path
        elif deeper := left - {()}:
            yield from _below(path, deeper, above | {real})


def _after(name: str, globs: Iterable[_Parts]) -> frozenset[_Parts]:
    """Return what is left of globs below a file or folder of this name; `()` of one that ends with it."""
    left: set[_Parts] = set()
    for each in globs:
        parts = each
        while parts[:1] == (_ANY_DEPTH,):
            if not name.startswith("."):
                left |= {parts, ()} if len(parts) == 1 else {parts}
            parts = parts[1:]  # it may be no folder at all
        if parts and fnmatch.fnmatchcase(name, parts[0]) and (name[:1] != "." or parts[0][:1] == "."):
            left.add(parts[1:])
    return frozenset(left)


def _mtime(path: Path) -> int:
    """Return the time of a file in nanoseconds; 0 for an absent one, which is left to its reader."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _items_of_files(paths: Iterable[Path]) -> Iterator[Item]:
    """Yield files with size and time; an absent one is left to its reader, and one without a proper name left out."""
    for path in paths:
        try:
            str(path).encode()
        except UnicodeEncodeError:
            _LOGGER.warning("left out: %r, whose name isn't UTF-8: rename it", os.fsencode(path))
            continue
        try:
            status = path.stat()
        except OSError:
            yield Item(str(path), UNKNOWN_SIZE, 0)
        else:
            yield Item(str(path), status.st_size, status.st_mtime_ns)


def matches(path: str, pattern: str) -> bool:
    """Return whether a path matches a glob: `*` and `?` end at a slash, and a part `**` is any depth.

    A hidden name is matched by a part that begins with a dot alone.
    """
    globs = frozenset([tuple(pattern.split("/"))])
    for name in path.split("/"):
        globs = _after(name, globs)
    return () in globs
