"""Input and output of every check: access to the machine, which tests replace, and findings."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge.system.host import ROOT
from edge.verify.sandbox_run import try_in_child

_TIMEOUT_S = 60.0  # a Pi Zero imports onnxruntime in ten


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Exit status and output of a command."""

    returncode: int
    """Exit status; below 0: number of the signal that ended the command."""
    stdout: str = ""
    stderr: str = ""


def run_command(command: Sequence[str]) -> CommandResult | None:
    """Run a command to its end; None if it is not installed or takes longer than a minute."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return CommandResult(done.returncode, done.stdout, done.stderr)


def installed_version(package: str) -> str | None:
    """Return the version of a package, by its name on the package index; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def free_bytes(path: Path) -> int:
    """Return the free space of the disk that holds a folder, bytes."""
    return shutil.disk_usage(path).free


@dataclass(frozen=True, slots=True)
class HostProbe:
    """Access to a machine: its files, its commands, this Python."""

    root: Path = ROOT
    """Folder that holds proc, sys and dev."""
    python: tuple[int, int, int] = sys.version_info[:3]
    architecture: str = field(default_factory=platform.machine)
    """Architecture of the kernel: x86_64, aarch64, armv7l."""
    is_64bit: bool = sys.maxsize > 2**32
    """Word size of this Python; a 64-bit kernel runs 32-bit systems too."""
    run: Callable[[Sequence[str]], CommandResult | None] = run_command
    installed: Callable[[str], str | None] = installed_version
    try_model: Callable[..., None] = try_in_child
    free: Callable[[Path], int] = free_bytes


OK, WARNING, FAILURE = "ok", "warning", "failure"
STATUSES = (OK, WARNING, FAILURE)
"""Statuses, from good to bad."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of a check: one line of the report, with a remedy."""

    check: str
    status: str
    """One of `STATUSES`."""
    text: str
    fix: str = ""
    """Remedy, one sentence; empty if the status is ok."""


def worst(findings: list[Finding]) -> str:
    """Return the worst status of the findings; ok if there are none."""
    return max((finding.status for finding in findings), key=STATUSES.index, default=OK)
