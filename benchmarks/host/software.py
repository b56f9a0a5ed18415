"""The software a number was measured with: libraries, the wheels they came in, the commit of this source tree."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_LIBRARIES = (
    "numpy", "opencv-python-headless", "opencv-python", "av", "ai-edge-litert", "tflite-runtime", "onnxruntime",
)  # fmt: skip


def library_versions() -> dict[str, str]:
    """Package -> version, of the installed ones that matter for a time."""
    return {name: found for name in _LIBRARIES if (found := _version(name))}


def wheel_tags() -> dict[str, str]:
    """Package -> what its wheel was built for, such as cp311-cp311-manylinux_2_27_x86_64, where that is recorded."""
    return {name: found for name in _LIBRARIES if (found := _wheel_tag(name))}


def git_commit() -> str | None:
    """The commit of this source tree, "+changes" where files differ from it; None outside a repository."""
    folder = str(Path(__file__).parents[1])
    commit = _git("-C", folder, "rev-parse", "HEAD")
    return commit and commit + ("+changes" if _git("-C", folder, "status", "--porcelain") else "")


def _version(package: str) -> str | None:
    try:
        return distribution(package).version
    except PackageNotFoundError:
        return None


def _wheel_tag(package: str) -> str | None:
    try:
        text = distribution(package).read_text("WHEEL") or ""
    except PackageNotFoundError:
        return None
    tags = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Tag:")]
    return ", ".join(tags) or None


def _git(*arguments: str) -> str | None:
    try:
        command = ["git", *arguments]  # the user's own, wherever it is
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
