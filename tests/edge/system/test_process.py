"""Native notices become debug records, malloc is tuned, and the collector is paused and goes on."""

from __future__ import annotations

import ctypes
import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.system.process import collector_paused, log_native_stderr

THREADS = """
import ctypes, sys, threading
from edge.system import process
if sys.argv[2] == "shared":
    process.limit_arenas()
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

PICTURE = """
import ctypes, sys
from edge.system import process
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
if sys.argv[2] == "apart":
    process.use_mmap_for_frames()
libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(4_000_000))))
picture = libc.malloc(ctypes.c_size_t(900_000))
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
assert libc.malloc_info(0, file) == 0
libc.fclose(file)
"""
needs_glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="no glibc here")


@needs_glibc
@pytest.mark.parametrize(
    ("how", "chosen", "is_one"), [("shared", "", True), ("each its own", "", False), ("shared", "5", False)]
)
def test_threads_share_a_heap_unless_the_user_chose_otherwise(
    tmp_path: Path, how: str, chosen: str, is_one: bool
) -> None:
    told = run(THREADS, tmp_path / "heaps.xml", how, {"MALLOC_ARENA_MAX": chosen})
    assert (told.count("<heap nr=") == 1) is is_one


@needs_glibc
@pytest.mark.parametrize(
    ("how", "chosen", "is_apart"), [("apart", "", True), ("as it is", "", False), ("apart", "2000000", False)]
)
def test_a_picture_has_pages_of_its_own_unless_the_user_chose_otherwise(
    tmp_path: Path, how: str, chosen: str, is_apart: bool
) -> None:
    """The C library has them in the heap, once a larger one was let go."""
    told = run(PICTURE, tmp_path / "heaps.xml", how, {"MALLOC_MMAP_THRESHOLD_": chosen})
    mapped = re.search(r'<total type="mmap" count="\d+" size="(\d+)"/>', told)
    assert mapped is not None
    assert (int(mapped[1]) >= 900_000) is is_apart


def run(program: str, told: Path, how: str, chosen: dict[str, str]) -> str:
    """Run a program; return malloc_info's output at its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    environment |= {name: value for name, value in chosen.items() if value}
    command = [sys.executable, "-c", program, str(told), how]
    subprocess.run(command, env=environment, check=True, cwd=Path(__file__).parents[3])
    return told.read_text(encoding="utf-8")


@pytest.fixture
def debug_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The debug records of `edge`."""
    caplog.set_level("DEBUG", logger="edge")
    return caplog


def test_native_lines_become_debug_records(
    debug_log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with log_native_stderr():
        os.write(2, b"INFO: 100% \xff native\nsecond\n")
    os.write(2, b"after\n")
    assert [(record.levelname, record.getMessage()) for record in debug_log.records] == [
        ("DEBUG", "INFO: 100% \ufffd native"),
        ("DEBUG", "second"),
    ]
    assert capfd.readouterr().err == "after\n"


def test_stderr_is_back_after_an_error(debug_log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="stop"), log_native_stderr():  # noqa: PT012
        os.write(2, b"the reason\n")
        raise ValueError("stop")
    os.write(2, b"after\n")
    assert debug_log.messages == ["the reason"]
    assert capfd.readouterr().err == "after\n"


def test_the_collector_is_paused_inside_the_block_and_back_as_it_was_after_it() -> None:
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="stop"), collector_paused():
        raise ValueError("stop")
    assert gc.isenabled()


def test_what_is_alive_at_the_end_is_frozen_only_if_asked_for() -> None:
    before = gc.get_freeze_count()
    try:
        with collector_paused():
            pass
        assert gc.get_freeze_count() == before
        with collector_paused(freezes=True):
            pass
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
