"""One holder at a time, within a process and between two; freed by whatever ends it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.system.file_lock import locked

PROGRAM = """
import sys
from pathlib import Path
from edge.system.file_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_does_without_or_waits(tmp_path: Path) -> None:
    with locked(tmp_path / "lock") as first, locked(tmp_path / "lock", waits=False) as second:
        assert (first, second) == (True, False)
    with locked(tmp_path / "lock", waits=False) as third:
        assert third


def test_a_killed_holder_holds_nothing(tmp_path: Path, spawn: Callable[..., subprocess.Popen[str]]) -> None:
    child = spawn("-c", PROGRAM, str(tmp_path / "lock"))
    assert child.stdout
    assert child.stdout.readline() == "held\n"
    with locked(tmp_path / "lock", waits=False) as ours:
        assert not ours
    child.kill()
    with locked(tmp_path / "lock"):
        child.wait()


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()
