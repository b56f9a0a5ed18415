"""One start of a command: left to its end, or killed with its children at a moment of its life or of its writing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TEMPORARY = re.compile(
    r"\..*\.[a-z0-9_]{8}\.unfinished(\..*)?|.*\.new"
)  # of edge.system.atomic_file, and of the Makefile
_LOOK_EVERY_S = 0.001
_DYING_S = 5.0  # a child that waits for the disk dies when the disk has answered

halted = threading.Event()
"""Set when the attack itself is to end: running commands are killed."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command as a person or a service would start it."""

    argv: Sequence[str]
    folder: Path
    """Working folder, which holds all that the command writes."""
    out: Path | None = None
    """File that standard output is appended to; None: nowhere."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Moment of a kill, as one of two triggers."""

    after_s: float | None = None
    """Seconds after the start."""
    write: int | None = None
    """Count of temporary files, whose next one triggers the kill."""


@dataclass(frozen=True, slots=True)
class End:
    """End of a start."""

    code: int | None
    """Exit code; None: it was killed."""
    duration_s: float
    writes: int
    """Temporary files that were seen: those that lived shorter than a look are not among them."""
    sentence: str = ""
    """Its last line on standard error, of one that ended by itself."""


def start(call: Call, moment: Moment | None = None) -> End:
    """Start a command; kill it at the moment, or let it end.

    Raises:
        KeyboardInterrupt: the attack is to end.
    """
    system = call.folder.with_name(f"{call.folder.name}.tmp")
    system.mkdir(exist_ok=True)
    with (system / "stderr").open("w+b") as errors, (call.out or Path(os.devnull)).open("ab") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            call.argv, cwd=call.folder, env=os.environ | {"TMPDIR": str(system), "PYTHONPATH": _path()},
            stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True,
        )  # fmt: skip
        seen: set[Path] = set()
        is_killed = False
        try:
            is_killed = _watch(process, call.folder, moment, seen)
        finally:
            if process.poll() is None:
                _kill(process)
        duration_s = time.monotonic() - began
        errors.seek(0)
        last = errors.read().decode(errors="replace").rstrip().rpartition("\n")[2]
    return End(None if is_killed else process.returncode, duration_s, len(seen), "" if is_killed else last)


def temporaries(folder: Path) -> set[Path]:
    """Return unfinished files and folders below a folder, without the contents of unfinished folders."""
    found: set[Path] = set()
    for parent, folders, files in os.walk(folder):
        found |= {Path(parent, name) for name in (*folders, *files) if _TEMPORARY.fullmatch(name)}
        folders[:] = [name for name in folders if not _TEMPORARY.fullmatch(name)]
    return found


def _path() -> str:
    """Return an environment in which a child imports what this process does."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)


def _watch(process: subprocess.Popen[bytes], folder: Path, moment: Moment | None, seen: set[Path]) -> bool:
    """Wait for the end or the moment; return whether it was the moment."""
    began = time.monotonic()
    while process.poll() is None:
        if halted.is_set():
            raise KeyboardInterrupt
        if moment is None or moment.write is not None:
            seen |= temporaries(folder)
        is_late = moment and moment.after_s is not None and time.monotonic() - began >= moment.after_s
        if is_late or (moment and moment.write is not None and len(seen) > moment.write):
            _kill(process)
            return process.returncode == -signal.SIGKILL  # else it was faster
        time.sleep(_LOOK_EVERY_S)
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the whole process group, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + _DYING_S
    while _is_alive(process.pid) and time.monotonic() < end:
        time.sleep(_LOOK_EVERY_S)


def _is_alive(group: int) -> bool:
    """Return whether a process of this group still runs; a zombie doesn't."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone by now
            state, _, its_group, *_ = path.read_text().rpartition(")")[2].split()
            if int(its_group) == group and state not in "ZX":
                return True
    return False
