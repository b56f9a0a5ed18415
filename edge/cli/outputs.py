"""Paths that a command writes to at its end, checked at its start: minutes of work aren't lost to a wrong one."""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Callable
from pathlib import Path

from edge.cli.console import local_path
from edge.errors import ConfigError


def output_file(text: str) -> Path:
    """Parse the path of a file to write, for argparse: no folder, and in one where this user can write."""
    return _parsed(text, require_file)


def output_folder(text: str) -> Path:
    """Parse the path of a folder to write, for argparse: no file, and this user can write in it."""
    return _parsed(text, require_folder)


def require_file(path: Path) -> None:
    """Refuse a file that can't be written.

    Raises:
        ConfigError: it is a folder, or its folder can't be made or isn't this user's to write to.
    """
    if _is_folder(path):
        raise ConfigError(f"{path} is a folder: name a file in it")
    _require_name(path)
    require_folder(path.absolute().parent)


def require_folder(path: Path) -> None:
    """Refuse a folder in which nothing can be written; it needn't be there.

    Raises:
        ConfigError: it is a file, or it can't be made or isn't this user's to write to.
    """
    _require_name(path)
    nearest = next(folder for folder in (path.absolute(), *path.absolute().parents) if os.path.lexists(folder))
    if not _is_folder(nearest):
        raise ConfigError(f"{nearest} is no folder: nothing can be written in it, choose another path")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ConfigError(f"no file can be written in {nearest}: choose another folder")


def _parsed(text: str, require: Callable[[Path], None]) -> Path:
    path = local_path(text)
    try:
        require(path)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return path


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  # Path.is_dir raises where this user may not look


def _require_name(path: Path) -> None:
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            raise ConfigError(f"{path}: {os.strerror(error.errno).lower()}, choose another path") from None
