"""Processor time of another process, which tells a hang from a busy machine."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def processor_time_s(process: int) -> float:
    """Return the processor time that a child of this process has taken, in seconds.

    Raises:
        OSError: no such process; a child is there until it was waited for.
    """
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
