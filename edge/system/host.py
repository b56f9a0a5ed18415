"""Facts of the machine: board, processor, memory, system, heat, time. Where a file is missing they are None or ""."""

from __future__ import annotations

import platform
import resource
import sys
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path("/")
UTC_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
"""ISO 8601 for strftime, UTC, in seconds; such texts sort as their times do."""

UNDER_VOLTAGE = "under-voltage"
# Raspberry Pi's documentation of `vcgencmd get_throttled`: bits 0-3 are true now, 16-19 were since the last boot.
_THROTTLE_BITS = {
    0: UNDER_VOLTAGE,
    1: "clock capped",
    2: "throttled",
    3: "soft temperature limit",
}
_SINCE_BOOT = 16
_VCGENCMD = ("vcgencmd", "get_throttled")


def utc_now() -> str:
    """Return the time in `UTC_FORMAT`."""
    return datetime.now(timezone.utc).strftime(UTC_FORMAT)


def board(root: Path = ROOT) -> str | None:
    """Return the model of a single-board computer, such as "Raspberry Pi 5 Model B Rev 1.0"; None on anything else.

    Only boards have a device tree with a model; a virtual Arm machine has a virtual one.
    """
    model = read(root / "proc/device-tree/model").strip("\0 \n")
    return model if model and "virt" not in model.lower() else None


def cpu_model(root: Path = ROOT) -> str | None:
    """Return the name of the processor."""
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
    """Return the processor's best instructions for products of bytes, such as "AVX-512 VNNI"; "" if it lists none.

    Source: names of the flags in Linux, arch/x86/include/asm/cpufeatures.h and Documentation/arch/arm64/elf_hwcaps.rst.
    """
    for line in read(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return next((words for flag, words in _INT8.items() if flag in value.split()), "")
    return ""


def is_virtual(root: Path = ROOT) -> bool:
    """Return whether the processor is a virtual machine's."""
    return " hypervisor" in read(root / "proc/cpuinfo")


def memory_bytes(root: Path = ROOT, *, field: str = "MemTotal") -> int | None:
    """Return a field of /proc/meminfo in bytes, such as MemTotal or MemAvailable."""
    for line in read(root / "proc/meminfo").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return None


def process_memory_bytes(field: str = "VmRSS", *, process: int | str = "self", root: Path = ROOT) -> int:
    """Return the resident memory of a process in bytes: now (VmRSS), or the most it ever was (VmHWM).

    Linux has better than getrusage's ru_maxrss, which survives exec and so would be the parent's.

    Raises:
        OSError: no such process, or another's on a system without /proc.
    """
    try:
        status = (root / "proc" / str(process) / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        if process != "self":
            raise
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    line = next((line for line in status.splitlines() if line.startswith(f"{field}:")), "unknown 0")
    return int(line.split()[1]) * 1024  # "kB" there means 1024 bytes


def os_name(root: Path = ROOT) -> str:
    """Return name and version of the system, such as "Debian GNU/Linux 13 (trixie)"."""
    for line in read(root / "etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def read(path: Path) -> str:
    """Return the text of a file; empty if it can't be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def temperature_c(root: Path = ROOT) -> float | None:
    """Return the temperature of the hottest thermal zone, degrees Celsius; None if the system has none."""
    zones = []
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*/temp")):
        text = read(zone).strip()
        if text.lstrip("-").isdecimal():
            zones.append(int(text) / 1000)
    return max(zones, default=None)


def throttle_bits(root: Path = ROOT, *, command: tuple[str, ...] | None = _VCGENCMD) -> int | None:
    """Return the flags of a Raspberry Pi's firmware, see `throttle_words`; None without such firmware.

    The command prints "throttled=0x50000" and is run if the kernel has no file for the flags; None runs none.
    """
    for file in sorted((root / "sys/devices/platform").glob("*/*firmware*/get_throttled")):
        bits = parse_throttle_bits(read(file))
        if bits is not None:
            return bits
    if command is None:
        return None
    import subprocess  # not at every start of a run on a store, which reads a file here

    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_throttle_bits(done.stdout) if done.returncode == 0 else None


def throttle_words(bits: int) -> tuple[str, ...]:
    """Name the current conditions: under-voltage, clock capped, throttled, soft temperature limit."""
    return tuple(word for bit, word in _THROTTLE_BITS.items() if bits >> bit & 1)


def throttle_history(bits: int) -> tuple[str, ...]:
    """Name the conditions at any moment since the last boot, in the same words."""
    return throttle_words(bits >> _SINCE_BOOT)


def parse_throttle_bits(text: str) -> int | None:
    """Parse "throttled=0x50005", or "50005" as the kernel writes it; None if it holds no flags."""
    try:
        return int(text.rpartition("=")[2].strip(), 16)
    except ValueError:
        return None
