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


# Flag of /proc/cpuinfo -> instructions that multiply bytes, best first; x86 names them under flags, Arm under Features.
_INT8 = {
    "amx_int8": "AMX and AVX-512 VNNI",
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX-VNNI",
    "avx512bw": "AVX-512 without VNNI",
    "avx2": "AVX2 without VNNI",
    "sve2": "SVE2",
    "i8mm": "I8MM",
    "asimddp": "NEON dot product",
    "asimd": "NEON without dot product",
}


def int8_instructions(root: Path = ROOT) -> str:
    """Best instructions for products of bytes that the processor has, such as "AVX-512 VNNI"; "" where it doesn't say.

    Source: names of the flags in Linux, arch/x86/include/asm/cpufeatures.h and Documentation/arch/arm64/elf_hwcaps.rst.
    """
    for line in read(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return next((words for flag, words in _INT8.items() if flag in value.split()), "")
    return ""


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
