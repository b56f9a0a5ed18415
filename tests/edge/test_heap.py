"""How many heaps the C library has, counted by itself in a process of its own."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

THREADS = """
import ctypes, sys, threading
from edge import heap
if sys.argv[2] == "shared":
    heap.share()
there, done = threading.Barrier(4), threading.Event()
def hold():
    held = bytes(100_000)
    there.wait()
    done.wait()
threads = [threading.Thread(target=hold) for _ in range(3)]
for thread in threads:
    thread.start()
there.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
assert libc.malloc_info(0, file) == 0
libc.fclose(file)
done.set()
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="no glibc here")
@pytest.mark.parametrize(
    ("how", "chosen", "is_one"), [("shared", "", True), ("each its own", "", False), ("shared", "5", False)]
)
def test_threads_share_a_heap_unless_the_user_chose_otherwise(
    tmp_path: Path, how: str, chosen: str, is_one: bool
) -> None:
    environment = {**os.environ, "MALLOC_ARENA_MAX": chosen}
    if not chosen:
        del environment["MALLOC_ARENA_MAX"]
    command = [sys.executable, "-c", THREADS, str(tmp_path / "heaps.xml"), how]
    subprocess.run(command, env=environment, check=True, cwd=Path(__file__).parents[2])
    assert ((tmp_path / "heaps.xml").read_text(encoding="utf-8").count("<heap nr=") == 1) is is_one
