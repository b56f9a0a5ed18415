"""What a process holds, read from outside (/proc): memory, open handles, threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """A process at a moment."""

    time_s: float
    """Since the start of the run."""
    frames: int
    """Classified by then."""
    memory_bytes: int
    """Resident."""
    handles: int
    threads: int


def take(process: int | str, *, time_s: float, frames: int) -> Sample:
    """Look at a process.

    Args:
        process: its id, or self.
        time_s: now.
        frames: classified by now.

    Raises:
        OSError: it isn't there, or this isn't Linux.
    """
    folder = Path("/proc") / str(process)
    status = (folder / "status").read_text(encoding="ascii", errors="replace")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return Sample(
        time_s,
        frames,
        memory_bytes=int(fields["VmRSS"].split()[0]) * 1024,  # "kB" there means 1024 bytes
        handles=len(list((folder / "fd").iterdir())) - (process == "self"),  # its own look takes one
        threads=int(fields["Threads"]),
    )
