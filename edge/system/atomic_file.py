"""Whole files or none: written under a temporary name in the same folder, forced to the disk, then renamed.

The order is what counts: the data, then the name, then the folder that holds the name, each on the disk before the
next. What a killed process leaves is `.NAME.xxxxxxxx.unfinished.SUFFIX`, and the next process that writes into the
folder removes it; a lock, which ends with the process that holds it, keeps it from what a living one is writing.
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
    """Yield a temporary path beside `path`; what was written there becomes `path` unless the block raises.

    The folder is made if it is missing. A process killed inside the block leaves the old file as it was.

    Raises:
        OSError: the folder or the file can't be written (full disk, no permission).
    """
    _make_folder(path.parent)
    _sweep_once(path.parent)
    # The suffix stays last: Keras, OpenCV and zip tools choose the format by it.
    with _locked(lambda: _new_file(path)) as temporary:
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
    """Yield a temporary folder beside `path`; it is renamed to `path` at the end, or removed if the block raises.

    Raises:
        FileExistsError: `path` is there already: a finished folder is never overwritten.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already: choose another name or remove it")
    _make_folder(path.parent)
    _sweep_once(path.parent)
    with _locked(lambda: tempfile.mkdtemp(prefix=f".{path.name}.", suffix=_MARK, dir=path.parent)) as temporary:
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
        found = [path for path in folder.iterdir() if _UNFINISHED.fullmatch(path.name)]
    except OSError:  # not there, or not ours to read
        return
    for left in found:
        with suppress(OSError), _handle(left) as handle:  # gone by now, not ours to remove, or locked: in use
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
            _LOGGER.info("removed %s, which a killed process left unfinished", left)


def lock(path: Path) -> int:
    """Lock a file until the handle that is returned, or the process that holds it, is closed.

    Raises:
        BlockingIOError: another process, or another sink of this one, has it.
        FileNotFoundError: it isn't there.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:  # a file system without locks
        pass
    return handle


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents where they are missing, and force them to the disk."""
    missing = [made for made in (folder, *folder.parents) if not made.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        flush(made.parent)


def flush(path: Path) -> None:
    """Force a file's data, or a folder's names, to the disk; its own cache is the disk's affair."""
    with _handle(path) as handle:
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno != errno.EINVAL or not path.is_dir():  # some network file systems know no such thing
                raise


_sweep_once = cache(sweep)  # a process of ours leaves nothing: the first look into a folder is enough


def _new_file(path: Path) -> str:
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=f"{_MARK}{path.suffix}", dir=path.parent)
    os.close(handle)
    return name


@contextmanager
def _locked(make: Callable[[], str]) -> Iterator[Path]:
    """A new file or folder that no sweep removes until the block ends."""
    while True:
        temporary = Path(make())
        handle = os.open(temporary, os.O_RDONLY)
        with suppress(OSError):  # a file system without locks: there nothing is ever swept
            fcntl.flock(handle, fcntl.LOCK_EX)
        if temporary.exists():
            break
        os.close(handle)  # a sweep came between the making and the lock
    try:
        yield temporary
    finally:
        os.close(handle)


@contextmanager
def _handle(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _umask() -> int:
    """The process's file-mode mask; temporary files are private (0600), finished ones follow the user's mask."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
