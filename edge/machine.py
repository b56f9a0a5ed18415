"""What this machine says of itself in files: board, processor, memory, system. Whatever isn't there is None or ""."""

from __future__ import annotations

import platform
from pathlib import Path

ROOT = Path("/")


def board(root: Path = ROOT) -> str | None:
    """Model of a single-board computer, such as "Raspberry Pi 5 Model B Rev 1.0"; None on anything else.

    The device tree names boards, and only boards: a PC has none, a virtual Arm machine has a virtual name.
    """
    model = read(root / "proc/device-tree/model").strip("\0 \n")
    return model if model and "virt" not in model.lower() else None


def cpu_model(root: Path = ROOT) -> str | None:
    """Name of the processor."""
    for line in read(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return " ".join(value.split())
    return platform.processor() or None


def is_virtual(root: Path = ROOT) -> bool:
    """Whether the processor says that it is a virtual machine's."""
    return " hypervisor" in read(root / "proc/cpuinfo")


def memory_bytes(root: Path = ROOT, *, field: str = "MemTotal") -> int | None:
    """A field of /proc/meminfo, such as MemTotal or MemAvailable."""
    for line in read(root / "proc/meminfo").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return None


def os_name(root: Path = ROOT) -> str:
    """Name and version of the system, such as "Debian GNU/Linux 13 (trixie)"."""
    for line in read(root / "etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def read(path: Path) -> str:
    """The text of a file; empty where there is none that can be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
