"""The writer of labelled images: names, the limit, and files that are whole or not there."""

from __future__ import annotations

import errno
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import QuotaError
from edge.sinks.images.class_folders import COLLECTED, CORRECTED, ClassFolders
from edge.system import atomic_file

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
IMAGE = np.full((60, 80, 3), 90, np.uint8)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_name_begins_with_the_time_and_no_file_is_overwritten(tmp_path: Path) -> None:
    """A clock that was set back comes to the same moment again."""
    folders = ClassFolders(tmp_path, limit_bytes=10**6, ending=COLLECTED)
    for _ in range(2):
        folders.write("ripe", IMAGE, NOON.astimezone(timezone(timedelta(hours=5))))
    ClassFolders(tmp_path, limit_bytes=10**6, ending=CORRECTED).write("ripe", IMAGE, NOON, {"label": "unripe"})
    assert names(tmp_path) == [
        "ripe/20260102T120000.000Z-collected.jpg",
        "ripe/20260102T120000.000Z-corrected.jpg",
        "ripe/20260102T120000.000Z-corrected.json",
        "ripe/20260102T120000.001Z-collected.jpg",
    ]


def test_snapshots_that_reach_their_limit_leave_the_images_of_a_person_alone(tmp_path: Path) -> None:
    collected = ClassFolders(tmp_path, limit_bytes=10**6, ending=COLLECTED)
    collected.write("ripe", IMAGE, NOON - timedelta(days=1))
    snapshots = ClassFolders(tmp_path, limit_bytes=1)
    for seconds in range(3):
        snapshots.write("ripe", IMAGE, NOON + timedelta(seconds=seconds))
    assert names(tmp_path) == ["ripe/20260101T120000.000Z-collected.jpg", "ripe/20260102T120002.000Z_ripe.jpg"]


def test_the_limit_counts_what_is_there_in_whatever_class_and_survives_a_restart(tmp_path: Path) -> None:
    one = ClassFolders(tmp_path, limit_bytes=10**6, ending=COLLECTED)
    path = one.write("ripe", IMAGE, NOON)
    size_bytes = path.stat().st_size
    assert one.used_bytes == size_bytes
    (tmp_path / "unripe").mkdir()
    path.rename(tmp_path / "unripe" / path.name)
    (tmp_path / "ripe" / "mine.jpg").write_bytes(b"x" * 10**6)
    again = ClassFolders(tmp_path, limit_bytes=2 * size_bytes - 1, ending=CORRECTED)
    with pytest.raises(QuotaError, match=str(tmp_path)):
        again.write("ripe", IMAGE, NOON)
    assert len(names(tmp_path)) == 2


def test_an_image_that_can_not_be_written_leaves_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = ClassFolders(tmp_path, limit_bytes=10**6, ending=CORRECTED)
    write = atomic_file.write_bytes

    def full(path: Path, content: bytes) -> None:
        write(path, content[:10])
        path.unlink()
        raise OSError(errno.ENOSPC, "full", str(path))

    monkeypatch.setattr(atomic_file, "write_bytes", full)
    with pytest.raises(OSError, match="full"):
        folders.write("ripe", IMAGE, NOON, {"a": 1})
    assert names(tmp_path) == []
    assert folders.used_bytes == 0


def test_removing_takes_the_record_too_and_forgives_what_is_gone(tmp_path: Path) -> None:
    folders = ClassFolders(tmp_path, limit_bytes=10**6, ending=CORRECTED)
    path = folders.write("ripe", IMAGE, NOON, {"a": 1})
    for _ in range(2):
        folders.remove(path)
    assert (names(tmp_path), folders.used_bytes) == ([], 0)


def test_a_folder_that_is_a_file_or_closed_is_an_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught:
        ClassFolders(tmp_path / "file", limit_bytes=1)
    assert caught.value.filename == str(tmp_path / "file")
    may: Any = lambda *_: False  # noqa: E731  # root may everything
    monkeypatch.setattr(os, "access", may)
    with pytest.raises(PermissionError):
        ClassFolders(tmp_path / "new", limit_bytes=1)
