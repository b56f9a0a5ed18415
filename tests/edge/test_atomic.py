"""Whole files or none: after an error, after a kill, and with the permissions that a user expects."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge import atomic

Spawn = Callable[..., subprocess.Popen[str]]


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "note.txt"
    atomic.write_text(path, "first ü\n")
    assert path.read_bytes() == b"first \xc3\xbc\n"
    atomic.write_bytes(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(path.parent) == ["note.txt"]


def test_the_temporary_file_lies_beside_its_target_with_the_same_suffix(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "model.keras") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".keras"
        assert temporary.name.startswith(".model.")
        assert not (tmp_path / "model.keras").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt], ids=["error", "Ctrl-C"])
def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "note.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(error), atomic.replacing(path) as temporary:  # noqa: PT012  # the write must come first
        temporary.write_text("half", encoding="utf-8")
        raise error
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["note.txt"]


def test_a_kill_in_the_block_leaves_the_old_file_whole(tmp_path: Path, spawn: Spawn) -> None:
    path = tmp_path / "note.txt"
    path.write_text("old", encoding="utf-8")
    program = """
import sys
from pathlib import Path
from edge import atomic
with atomic.replacing(Path(sys.argv[1])) as temporary, temporary.open("w") as file:
    file.write("half")
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
"""
    child = spawn("-c", program, str(path))
    assert child.stdout
    assert child.stdout.readline() == "written\n"
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)], ids=["usual", "private"])
def test_finished_files_follow_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        atomic.write_text(tmp_path / "note.txt", "x")
        with atomic.new_folder(tmp_path / "run"):
            pass
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (tmp_path / "note.txt").stat().st_mode & 0o777 == mode
    assert (tmp_path / "run").stat().st_mode & 0o777 == (0o777 & ~mask)


def test_a_folder_that_is_a_file_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(OSError, match="taken"):
        atomic.write_text(tmp_path / "taken" / "note.txt", "x")


def test_what_was_written_is_flushed_to_the_disk_before_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    replace = Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: calls.append(f"flush {os.fstat(handle).st_size}"))
    monkeypatch.setattr(Path, "replace", lambda self, to: (calls.append("rename"), replace(self, to))[1])
    atomic.write_bytes(tmp_path / "x.bin", b"four")
    assert calls == ["flush 4", "rename"]


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one"
    with atomic.new_folder(path) as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "a.txt").write_text("a", encoding="utf-8")
        assert temporary.parent == path.parent
        assert not path.exists()
    assert (path / "deep" / "a.txt").read_text(encoding="utf-8") == "a"
    assert os.listdir(path.parent) == ["one"]


def test_an_error_in_the_block_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), atomic.new_folder(tmp_path / "one") as temporary:  # noqa: PT012
        (temporary / "a.txt").write_text("a", encoding="utf-8")
        raise ValueError("stop")
    assert os.listdir(tmp_path) == []


def test_a_finished_folder_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="exists already: choose another name or remove it"):  # noqa: SIM117
        with atomic.new_folder(tmp_path):
            pytest.fail("the block must not run")


def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as full, atomic.replacing(tmp_path / "a.bin"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert full.value.filename == str(tmp_path / "a.bin")
