"""Children end with their parent, however it ends; a disk can be full without anybody else's being so."""

from __future__ import annotations

import errno
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hardening.soak import child_process
from tests.hardening.soak.child_process import Disk, bound_to_parent, can_mount, small_disk

needs_setpriv = pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
# Writes a line when it is told to; says what became of it.
WRITER = """
import sys
with open(sys.argv[1], "a", buffering=1) as file:
    for _ in sys.stdin:
        try:
            file.write("x" * 99 + "\\n")
            print("ok", flush=True)
        except OSError as error:
            print(error.errno, flush=True)
            file = open(sys.argv[1], "a", buffering=1)
"""


@needs_setpriv
def test_a_child_is_killed_with_its_parent() -> None:
    script = (
        "import subprocess, sys; child = subprocess.Popen(sys.argv[1:]); print(child.pid, flush=True); child.wait()"
    )
    sleeper = bound_to_parent([sys.executable, "-c", "import time; print('there', flush=True); time.sleep(600)"])
    parent = subprocess.Popen([sys.executable, "-c", script, *sleeper], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout as out:
        lines = {out.readline(), out.readline()}
        assert "there\n" in lines
        parent.send_signal(signal.SIGKILL)
        assert out.read() == ""  # ends when nobody holds the pipe any more
    parent.wait()


def test_without_setpriv_the_command_is_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert bound_to_parent(["a", "b"], is_nobody=True) == ["a", "b"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prlimit or name spaces")
@pytest.mark.parametrize("is_own", [False, True])
def test_a_full_disk_takes_nothing_and_then_goes_on(is_own: bool, tmp_path: Path) -> None:
    if is_own and not can_mount():
        pytest.skip("no mount is allowed here: needs root or user name spaces")
    disk = Disk(None if is_own else tmp_path)
    file = disk.seen_by_runner / "soak-test.txt"
    writer = subprocess.Popen(disk.command([sys.executable, "-c", WRITER, str(file)]), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)  # fmt: skip
    disk.belongs_to(writer.pid)
    assert writer.stdin is not None
    assert writer.stdout is not None

    def write() -> str:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
        return writer.stdout.readline().strip()

    with writer, writer.stdin, writer.stdout:
        assert write() == "ok"
        seen = disk.folder / "soak-test.txt"
        assert seen.stat().st_size == 100
        for _ in range(60 if is_own else 0):  # what is left of a page is still there to be written to
            write()
        disk.fill()
        codes = {write() for _ in range(60)}
        assert codes - {"ok"} == {str(errno.ENOSPC if is_own else errno.EFBIG)}
        disk.free()
        assert write() == "ok"
        writer.stdin.close()
    assert not is_own or not file.exists()  # nothing of it is left


def test_where_nothing_can_be_mounted_a_folder_is_taken_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "can_mount", lambda: False)
    with small_disk() as disk:
        assert (disk.is_own, disk.folder, disk.folder.is_dir()) == (False, disk.seen_by_runner, True)
    assert not disk.folder.exists()
