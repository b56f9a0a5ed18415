"""Whole files or none: after an error, after a kill, and with the permissions that a user expects; and locks."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.system import atomic_file
from edge.system.atomic_file import locked

Spawn = Callable[..., subprocess.Popen[str]]


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "note.txt"
    atomic_file.write_text(path, "first ü\n")
    assert path.read_bytes() == b"first \xc3\xbc\n"
    atomic_file.write_bytes(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(path.parent) == ["note.txt"]


def test_the_temporary_file_lies_beside_its_target_with_the_same_suffix(tmp_path: Path) -> None:
    with atomic_file.replacing(tmp_path / "model.keras") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".keras"
        assert temporary.name.startswith(".model.")
        assert not (tmp_path / "model.keras").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt], ids=["error", "Ctrl-C"])
def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "note.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(error), atomic_file.replacing(path) as temporary:  # noqa: PT012  # the write must come first
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
from edge.system import atomic_file
with atomic_file.replacing(Path(sys.argv[1])) as temporary, temporary.open("w") as file:
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
        atomic_file.write_text(tmp_path / "note.txt", "x")
        with atomic_file.new_folder(tmp_path / "run"):
            pass
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (tmp_path / "note.txt").stat().st_mode & 0o777 == mode
    assert (tmp_path / "run").stat().st_mode & 0o777 == (0o777 & ~mask)


def test_a_folder_that_is_a_file_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(OSError, match="taken"):
        atomic_file.write_text(tmp_path / "taken" / "note.txt", "x")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Calls to the system, in order, without the random part of a temporary name."""
    steps: list[str] = []

    def note(what: str, path: Path | str) -> None:
        name = Path(path).relative_to(tmp_path).as_posix()
        steps.append(f"{what} {re.sub('[a-z0-9_]{8}.unfinished', 'unfinished', name)}")

    fsync, replace, rename = os.fsync, Path.replace, Path.rename

    def flush(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        note("flush" if path.is_dir() else f"flush[{os.fstat(handle).st_size}]", path)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", lambda self, to: (note("rename", to), replace(self, to))[1])
    monkeypatch.setattr(Path, "rename", lambda self, to: (note("rename", to), rename(self, to))[1])
    return steps


def test_the_data_is_on_the_disk_before_its_name_and_the_name_before_the_end(tmp_path: Path, calls: list[str]) -> None:
    atomic_file.write_bytes(tmp_path / "x.bin", b"four")
    assert calls == ["flush[4] .x.unfinished.bin", "rename x.bin", "flush ."]


def test_a_missing_folder_is_on_the_disk_before_what_is_in_it(tmp_path: Path, calls: list[str]) -> None:
    atomic_file.write_bytes(tmp_path / "a" / "b" / "x.bin", b"four")
    assert calls == [
        "flush a", "flush .", "flush[4] a/b/.x.unfinished.bin", "rename a/b/x.bin", "flush a/b",
    ]  # fmt: skip


def test_a_folder_is_on_the_disk_with_all_that_is_in_it_before_its_name(tmp_path: Path, calls: list[str]) -> None:
    with atomic_file.new_folder(tmp_path / "run") as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "a").write_bytes(b"one")
    assert sorted(calls[:3]) == ["flush .run.unfinished", "flush .run.unfinished/deep",
                                 "flush[3] .run.unfinished/deep/a"]  # fmt: skip
    assert calls[3:] == ["rename run", "flush ."]


def test_a_network_file_system_that_can_not_flush_a_folder_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = [errno.EINVAL]

    def fsync(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().is_dir():
            raise OSError(fault[0], "no")

    monkeypatch.setattr(os, "fsync", fsync)
    atomic_file.write_text(tmp_path / "a.txt", "a")
    fault[0] = errno.EIO
    with pytest.raises(OSError, match="no"):
        atomic_file.write_text(tmp_path / "a.txt", "b")


KILLED_AT_EVERY_STEP = """
import os, signal, sys
from pathlib import Path
from edge.system import atomic_file

path = Path(sys.argv[1])

def write_and_die_at(step):
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [step]
    def count(event, arguments):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    atomic_file.write_bytes(path, b"new" * 1000)
    os._exit(0)

step = 0
path.write_bytes(b"old")
while write_and_die_at(step):
    now = path.read_bytes()
    assert now in (b"old", b"new" * 1000), now[:10]
    print(len(now), len(os.listdir(path.parent)), flush=True)
    atomic_file.sweep(path.parent)
    assert os.listdir(path.parent) == [path.name], os.listdir(path.parent)
    path.write_bytes(b"old")
    step += 1
print(path.read_bytes() == b"new" * 1000)
"""


def test_killed_before_each_of_its_steps_the_file_is_the_old_one_or_the_new_one(tmp_path: Path, spawn: Spawn) -> None:
    out, errors = spawn("-c", KILLED_AT_EVERY_STEP, str(tmp_path / "x.bin")).communicate()
    *steps, end = out.splitlines()
    assert (end, errors) == ("True", "")
    assert len(steps) > 10
    assert {line.split()[0] for line in steps} == {"3", "3000"}
    assert {line.split()[1] for line in steps} == {"1", "2"}  # and the temporary file


def test_what_a_killed_process_left_goes_and_what_a_living_one_writes_stays(tmp_path: Path, spawn: Spawn) -> None:
    program = """
import sys
from pathlib import Path
from edge.system import atomic_file
folder = Path(sys.argv[1])
with atomic_file.replacing(folder / "a.txt"), atomic_file.new_folder(folder / "b") as inner:
    (inner / "c").touch()
    print("written", flush=True)
    sys.stdin.read()
"""
    child = spawn("-c", program, str(tmp_path))
    assert child.stdout
    assert child.stdout.readline() == "written\n"
    atomic_file.sweep(tmp_path)
    assert len(os.listdir(tmp_path)) == 2
    child.send_signal(signal.SIGKILL)
    child.wait()
    others = {"a.txt", ".hidden", ".x.unfinished.txt"}  # a person's
    for name in others:
        (tmp_path / name).touch()
    atomic_file.sweep(tmp_path)
    assert set(os.listdir(tmp_path)) == others


def test_the_first_write_into_a_folder_sweeps_it(tmp_path: Path) -> None:
    (tmp_path / ".old.12345678.unfinished.json").touch()
    atomic_file.write_text(tmp_path / "new.txt", "x")
    assert os.listdir(tmp_path) == ["new.txt"]


def test_a_folder_that_is_not_there_or_no_folder_is_not_swept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    atomic_file.sweep(tmp_path / "file")
    atomic_file.sweep(tmp_path / "none")


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one"
    with atomic_file.new_folder(path) as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "a.txt").write_text("a", encoding="utf-8")
        assert temporary.parent == path.parent
        assert not path.exists()
    assert (path / "deep" / "a.txt").read_text(encoding="utf-8") == "a"
    assert os.listdir(path.parent) == ["one"]


def test_an_error_in_the_block_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), atomic_file.new_folder(tmp_path / "one") as temporary:  # noqa: PT012
        (temporary / "a.txt").write_text("a", encoding="utf-8")
        raise ValueError("stop")
    assert os.listdir(tmp_path) == []


def test_a_finished_folder_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="exists already"):  # noqa: SIM117
        with atomic_file.new_folder(tmp_path):
            pytest.fail("the block must not run")


def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as full, atomic_file.replacing(tmp_path / "a.bin"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert full.value.filename == str(tmp_path / "a.bin")


# ---- locks


HOLD_A_LOCK = """
import sys
from pathlib import Path
from edge.system.atomic_file import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path / "lock") as first, locked(tmp_path / "lock", waits=False) as second:
        assert (first, second) == (True, False)
    with locked(tmp_path / "lock", waits=False) as third:
        assert third


def test_a_killed_holder_frees_its_lock(tmp_path: Path, spawn: Spawn) -> None:
    child = spawn("-c", HOLD_A_LOCK, str(tmp_path / "lock"))
    assert child.stdout
    assert child.stdout.readline() == "held\n"
    with locked(tmp_path / "lock", waits=False) as ours:
        assert not ours
    child.kill()
    with locked(tmp_path / "lock"):
        child.wait()


def test_a_symbolic_link_is_no_lock_file(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()
