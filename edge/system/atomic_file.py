"""Whole files or none, and locks between processes.

A file is written under a temporary name in the same folder and then renamed. The data reaches the disk before the name,
and the name before the end. What a killed process leaves is `.NAME.xxxxxxxx.unfinished.SUFFIX`, and the next process
that writes into the folder removes it. A lock, which ends with the process that holds it, marks files in use.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_LOGGER = logging.getLogger(__name__)
_MARK = ".unfinished"
_UNFINISHED = re.compile(r"\..*\.[a-z0-9_]{8}\.unfinished(\.[^.]*)?")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; what was written there becomes `path` unless the block raises.

    The folder is made if it is missing. A process killed inside the block leaves the old file as it was.

    Raises:
        OSError: the folder or the file can't be written (full disk, no permission).
    """
    # The suffix stays last: Keras, OpenCV and zip tools choose the format by it.
    with _temporary(path.parent, lambda: _new_file(path)) as temporary:
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            flush(temporary)
            temporary.replace(path)
            flush(path.parent)
        except BaseException as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(path)  # a full disk doesn't say where it was full
            raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder in that of `path`; it is renamed to `path` at the end, or removed if the block raises.

    Raises:
        FileExistsError: `path` is there already: a finished folder is never overwritten.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already: choose another name or remove it")
    with _temporary(path.parent, lambda: tempfile.mkdtemp(_MARK, f".{path.name}.", path.parent)) as temporary:
        try:
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            for inner in (*temporary.rglob("*"), temporary):
                flush(inner)
            temporary.rename(path)
            flush(path.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder, and nothing that a living one is still writing."""
    try:
        leftovers = [path for path in folder.iterdir() if _UNFINISHED.fullmatch(path.name)]
    except OSError:  # not there, or not ours to read
        return
    for path in leftovers:
        with suppress(OSError), _opened(path) as descriptor:  # gone by now, not ours to remove, or locked: in use
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
            _LOGGER.info("removed %s, which a killed process left unfinished", path)


def flush(path: Path) -> None:
    """Force a file's data, or a folder's names, to the disk. The drive's own write cache is not flushed."""
    with _opened(path) as descriptor:
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL or not path.is_dir():  # some network file systems can't flush a folder
                raise


@contextmanager
def locked(path: Path, *, waits: bool = True) -> Iterator[bool]:
    """Hold the lock of a file for the block, however it ends; yield True if it is held.

    The file is made if it is missing, and stays. If another process holds it, the block waits or runs without the lock.

    Raises:
        OSError: the file can't be made, or is a symbolic link.
    """
    with _opened(path, os.O_CREAT | os.O_NOFOLLOW) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def lock(path: Path) -> int:
    """Lock an existing file until the returned descriptor is closed or the process ends.

    Raises:
        BlockingIOError: another process, or another descriptor of this one, holds the lock.
        FileNotFoundError: there is no such file.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:  # a file system without locks
        pass
    return descriptor


@contextmanager
def _temporary(folder: Path, make: Callable[[], str]) -> Iterator[Path]:
    """Make a folder where it is missing, and in it a file or folder that no sweep removes until the block ends."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        flush(path.parent)
    _sweep_once(folder)
    while True:
        temporary = Path(make())
        with _opened(temporary) as descriptor:
            with suppress(OSError):  # a file system without locks: there nothing is ever swept
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if temporary.exists():  # unless a sweep came between the making and the lock
                yield temporary
                return


_sweep_once = cache(sweep)  # a process of ours leaves nothing: the first look into a folder is enough


def _new_file(path: Path) -> str:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=f"{_MARK}{path.suffix}", dir=path.parent)
    os.close(descriptor)
    return name


@contextmanager
def _opened(path: Path, flags: int = 0) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _umask() -> int:
    """Return the process's file-mode mask, which finished files follow; temporary ones are private (0600)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
