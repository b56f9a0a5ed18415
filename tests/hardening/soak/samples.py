"""Resources of a process, read from /proc: memory, file descriptors, threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.hardening.figures import Figure

GROWTH_LIMIT_MB = 2.0
"""Resident memory in bytes."""


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


def of_growth(samples: Sequence[Sample], *, since: str = "1,000 frames") -> list[Figure]:
    """Return the growth from the first sample to the last; nothing where there is only one.

    Args:
        samples: the first one taken when all has been there that there is.
        since: after what that was, in words.
    """
    if len(samples) < 2:
        return []
    first, last = samples[0], samples[-1]
    return [
        Figure(f"memory after {since}", first.memory_bytes / 1e6, "MB"),
        Figure("memory grown since", (last.memory_bytes - first.memory_bytes) / 1e6, "MB", GROWTH_LIMIT_MB),
        Figure("handles grown since", last.handles - first.handles, limit=0),
        Figure("threads grown since", last.threads - first.threads, limit=0),
    ]
