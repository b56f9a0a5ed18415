"""Processor time of another process, which tells a hang from a busy machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def processor_time_s(process: int) -> float:
    """Return the processor time that a child of this process has taken, in seconds.

    Raises:
        OSError: no such process; a child is there until it was waited for.
    """
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


class HangWatch:
    """Limits of a process from now on: however busy the machine is, a process that works is not called hung."""

    def __init__(self, process: int, *, processor_s: float, idle_s: float) -> None:
        """Begin at the processor time that the process has taken so far.

        Args:
            process: id of a child of this process.
            processor_s: seconds of processor time; infinite: no limit.
            idle_s: seconds in a row in which it takes no processor time.
        """
        self._process, self._processor_s, self._idle_s = process, processor_s, idle_s
        self._began_s = self._used_s = processor_time_s(process)
        self._worked_s = time.monotonic()

    def is_hung(self) -> bool:
        """Return whether a limit is passed; to be called every second or so."""
        used_s, now_s = processor_time_s(self._process), time.monotonic()
        if used_s > self._used_s:
            self._used_s, self._worked_s = used_s, now_s
        return used_s - self._began_s > self._processor_s or now_s - self._worked_s > self._idle_s
