"""Remembers which networks passed their trial, so that only the first start with a file pays for it.

Only what passed is kept, as empty files; one that is missing, foreign or unreadable means another trial. A file counts
only where nobody but this user, or root, could have put it: in a folder that only they can write to.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def folder() -> Path | None:
    """Where systemd, XDG or the home folder has caches; None where there is none."""
    if given := os.environ.get("CACHE_DIRECTORY"):  # systemd's, of this service alone
        return Path(given.partition(":")[0]) / "tried"
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "edge-classify" / "tried" if Path(given).is_absolute() else None
    with suppress(RuntimeError):
        return Path.home() / ".cache" / "edge-classify" / "tried"
    return None


def is_known(name: str) -> bool:
    """Whether this passed before."""
    path = folder()
    if path is None:
        return False
    try:
        return _is_ours(path.lstat(), stat.S_ISDIR) and _is_ours((path / name).lstat(), stat.S_ISREG)
    except (OSError, ValueError):
        return False


def remember(name: str) -> None:
    """This passed. Where nothing can be written, the next start tries again."""
    path = folder()
    if path is None:
        return
    with suppress(OSError, ValueError):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (path / name).touch(mode=0o600)


def _is_ours(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    foreign = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or found.st_uid not in (0, os.geteuid())
    return is_kind(found.st_mode) and not foreign
