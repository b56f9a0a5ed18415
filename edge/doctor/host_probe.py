"""The machine as the checks see it: its files, its commands, this Python. Tests bring one of their own."""

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
class Ran:
    """How a command ended."""

    returncode: int
    """Below 0: the signal that ended it."""
    stdout: str = ""
    stderr: str = ""


def run_command(command: Sequence[str]) -> Ran | None:
    """Run a command to its end; None where there is none of that name, or it took a minute."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Ran(done.returncode, done.stdout, done.stderr)


def installed_version(package: str) -> str | None:
    """Version of an installed package, by its name on the package index; None where it isn't installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def free_bytes(path: Path) -> int:
    """Free space of the disk that holds a folder."""
    return shutil.disk_usage(path).free


@dataclass(frozen=True, slots=True)
class Patient:
    """A machine to be looked at."""

    root: Path = ROOT
    """Where /proc, /sys and /dev are."""
    python: tuple[int, int, int] = sys.version_info[:3]
    architecture: str = field(default_factory=platform.machine)
    """The kernel's: x86_64, aarch64, armv7l."""
    is_64bit: bool = sys.maxsize > 2**32
    """This Python's; a 64-bit kernel runs 32-bit systems too."""
    run: Callable[[Sequence[str]], Ran | None] = run_command
    installed: Callable[[str], str | None] = installed_version
    try_model: Callable[..., None] = try_in_child
    free: Callable[[Path], int] = free_bytes
