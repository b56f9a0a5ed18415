"""Hangs of real processes: an endless loop and a sleep."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.hardening.hang_watch import HangWatch


@contextmanager
def process(program: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program; wait for its first byte, kill it at the end."""
    command = [sys.executable, "-c", f"import time\nprint(flush=True)\n{program}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
        child.kill()


def hangs_within(watch: HangWatch, seconds: float) -> bool:
    """Return whether a process is called hung in this time."""
    ends_s = time.monotonic() + seconds
    while time.monotonic() < ends_s:
        if watch.is_hung():
            return True
        time.sleep(0.02)
    return False


def test_an_endless_loop_hangs_by_its_processor_time() -> None:
    with process("while True: pass") as child:
        assert hangs_within(HangWatch(child.pid, processor_s=0.2, idle_s=60), 30)


def test_a_process_that_works_is_not_hung_however_long_it_takes() -> None:
    with process("while True: pass") as child:
        assert not hangs_within(HangWatch(child.pid, processor_s=60, idle_s=60), 1)


def test_a_process_that_sleeps_hangs_by_its_idle_time() -> None:
    with process("time.sleep(60)") as child:
        assert not hangs_within(HangWatch(child.pid, processor_s=0.5, idle_s=60), 0.5)
        assert hangs_within(HangWatch(child.pid, processor_s=60, idle_s=0.3), 30)
