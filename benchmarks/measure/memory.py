"""How much memory this process holds."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def memory_bytes(field: str) -> int:
    """Resident memory of this process: VmRSS, now, or VmHWM, the most it ever was.

    Not getrusage's ru_maxrss where Linux has better: that one survives exec, so it would be the parent's.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    line = next((line for line in status.splitlines() if line.startswith(f"{field}:")), "unknown 0")
    return int(line.split()[1]) * 1024  # "kB" there means 1024 bytes
