"""A lock between processes: held as long as its block, or its process, lasts; however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, *, waits: bool = True) -> Iterator[bool]:
    """Hold the lock that a file stands for; yield whether it is held.

    Args:
        path: of the file, which is made if it is missing and stays; its folder must be there.
        waits: for whoever holds it now; otherwise the block runs without it.

    Raises:
        OSError: the file can't be made.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
