"""Child processes that don't outlive this one, however it ends; and one with a small disk that nobody else sees."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

DISK_BYTES = 32_000_000
_MOUNT_POINT = Path("/mnt")  # in a name space of the process's own, so that nothing is left there
_NOBODY = "65534"


def leashed(command: Sequence[str], *, is_nobody: bool = False) -> list[str]:
    """The command, killed by the kernel when this process dies, where setpriv is installed.

    Args:
        command: program and arguments.
        is_nobody: give up root first; a program that did so itself would slip the leash.
    """
    if shutil.which("setpriv") is None:
        return list(command)
    user = ["--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups"] if is_nobody and os.geteuid() == 0 else []
    return ["setpriv", *user, "--pdeathsig", "KILL", *command]


class Disk:
    """Where the runner writes: a tmpfs of its own where the kernel lets us, else a folder; it can be full."""

    def __init__(self, folder: Path) -> None:
        """See what can be done.

        Args:
            folder: to take where there is no tmpfs.
        """
        self.is_own = _MOUNT_POINT.is_dir() and _can_mount()
        self.seen_by_runner = _MOUNT_POINT if self.is_own else folder
        self._folder = folder
        self._process = 0

    def command(self, command: Sequence[str]) -> list[str]:
        """The command that starts a process which has the disk."""
        if not self.is_own:
            return leashed(command)
        script = f'mount -t tmpfs -o size={DISK_BYTES} tmpfs {_MOUNT_POINT} && exec "$@"'
        return [*_unshare(), "sh", "-c", script, "sh", *leashed(command)]

    def belongs_to(self, process: int) -> None:
        """Remember whose it is."""
        self._process = process

    @property
    def folder(self) -> Path:
        """The same place, seen from here."""
        return Path(f"/proc/{self._process}/root{_MOUNT_POINT}") if self.is_own else self._folder

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


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    trial = [*_unshare(), "mount", "-t", "tmpfs", "tmpfs", str(_MOUNT_POINT)]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0
