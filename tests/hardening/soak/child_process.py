"""Child processes that don't outlive this one, however it ends; and one with a small disk that nobody else sees."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

DISK_BYTES = 32_000_000
_MOUNT_POINT = Path("/mnt")  # in a name space of the process's own, so that nothing is left there
_NOBODY = "65534"


def bound_to_parent(command: Sequence[str], *, is_nobody: bool = False) -> list[str]:
    """The command, killed by the kernel when this process dies, where setpriv is installed.

    Args:
        command: program and arguments.
        is_nobody: give up root first; a program that did so itself would lose its signal at the death of the parent.
    """
    if shutil.which("setpriv") is None:
        return list(command)
    user = ["--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups"] if is_nobody and os.geteuid() == 0 else []
    return ["setpriv", *user, "--pdeathsig", "KILL", *command]


@contextmanager
def small_disk() -> Iterator[Disk]:
    """A tmpfs where the kernel lets us mount one, otherwise a folder; both are gone afterwards.

    Of the tmpfs nothing is left even if this process is killed: it belongs to the runner alone.
    """
    if _MOUNT_POINT.is_dir() and can_mount():
        yield Disk(None)
    else:
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            yield Disk(Path(folder))


class Disk:
    """Folder that the runner writes to; it can be full."""

    def __init__(self, folder: Path | None) -> None:
        """Store the folder.

        Args:
            folder: to write to; None: a tmpfs of the runner's own.
        """
        self.is_own = folder is None
        self.seen_by_runner = folder or _MOUNT_POINT
        self._process = 0

    def command(self, command: Sequence[str]) -> list[str]:
        """The command that starts a process which has the disk."""
        if not self.is_own:
            return bound_to_parent(command)
        script = f'mount -t tmpfs -o size={DISK_BYTES} tmpfs {_MOUNT_POINT} && exec "$@"'
        return [*_unshare(), "sh", "-c", script, "sh", *bound_to_parent(command)]

    def belongs_to(self, process: int) -> None:
        """Store its owner."""
        self._process = process

    @property
    def folder(self) -> Path:
        """The same place, seen from here."""
        return Path(f"/proc/{self._process}/root{_MOUNT_POINT}") if self.is_own else self.seen_by_runner

    def fill(self) -> None:
        """Leave no room; without a disk of its own, no file of the process may grow (EFBIG for ENOSPC)."""
        if not self.is_own:
            _limit_files(self._process, 0)
            return
        with (self.folder / "fill").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                return

    def free(self) -> None:
        """Make room again."""
        if not self.is_own:
            _limit_files(self._process, resource.RLIM_INFINITY)
            return
        (self.folder / "fill").unlink(missing_ok=True)


def _limit_files(process: int, size_bytes: int) -> None:
    hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size_bytes, hard))


def _unshare() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *user, "--propagation", "private"]


def can_mount() -> bool:
    """Return whether a process may have a private tmpfs."""
    if shutil.which("unshare") is None:
        return False
    trial = [*_unshare(), "mount", "-t", "tmpfs", "tmpfs", str(_MOUNT_POINT)]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0
