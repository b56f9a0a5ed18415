"""Whether this program runs on an emulated processor: then its answers count and its times mean nothing."""

from __future__ import annotations

import platform
from pathlib import Path

_X86_FIELD = "vendor_id"  # of /proc/cpuinfo; no Arm kernel writes it


def emulator(root: Path = Path("/"), *, machine: str | None = None) -> str | None:
    """Name the emulator of user programs that runs this one, or None.

    QEMU hides itself in /proc/self, but not in /proc/thread-self: its own name stands in front of the command there.
    An older one shows the host's processor, which then isn't the one that programs are told of.

    Args:
        root: where /proc is; tests put a folder here.
        machine: what the system says its processor is; default: this one's.
    """
    command = _read(root / "proc/thread-self/cmdline").split("\0")[0]
    if "qemu" in Path(command).name or "qemu-" in command:
        return "qemu-user"
    told = machine or platform.machine()
    if told.startswith(("aarch64", "arm")) and _X86_FIELD in _read(root / "proc/cpuinfo"):
        return "an emulator on an x86 processor"
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
