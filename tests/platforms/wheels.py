"""Packages that have a wheel for 32-bit Arm, as pip answers; nothing is run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence

from edge.errors import ToolkitError

BASE = ("numpy", "opencv-python-headless", "ai-edge-litert")
PYTHONS = ("3.11", "3.13")  # of Debian 12 and 13, and so of Raspberry Pi OS
_SYSTEMS = ("linux_armv7l", "manylinux2014_armv7l", *(f"manylinux_2_{minor}_armv7l" for minor in range(17, 42)))
_NONE = "No matching distribution"  # pip's words


def for_32_bit_arm(packages: Sequence[str] = BASE) -> list[str]:
    """Those that have one, each with the Python it is for.

    Raises:
        ToolkitError: the package registry doesn't answer.
    """
    return [f"{package} for Python {python}" for package in packages for python in PYTHONS if _has(package, python)]


def _has(package: str, python: str) -> bool:
    systems = [word for name in _SYSTEMS for word in ("--platform", name)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps",
             "--only-binary=:all:", "--python-version", python, *systems, "--dest", folder, package],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode and _NONE not in done.stderr:
        raise ToolkitError(f"pip can't be asked for {package}: {' '.join(done.stderr.split())[-200:] or 'no reason'}")
    return done.returncode == 0
