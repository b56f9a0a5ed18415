"""MachineState of the machine at one moment, and reasons that rule out what was timed on it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.system.host import temperature_c, throttle_bits, throttle_history, throttle_words


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """MachineState of a machine at one moment; None where the system doesn't say."""

    temperature_c: float | None = None
    throttle_bits: int | None = None
    """Flags of `edge.system.host.throttle_bits`."""
    governor: str | None = None
    clock_mhz: int | None = None
    """Clock of the first processor."""
    load_average_1min: float | None = None


_CPUFREQ = "sys/devices/system/cpu/cpu0/cpufreq"


def read_state(root: Path = Path("/")) -> MachineState:
    """Read what changes while a machine works.

    Args:
        root: where /sys is; tests put a folder here.
    """
    clock_khz = _read(root / _CPUFREQ / "scaling_cur_freq")
    return MachineState(
        temperature_c=temperature_c(root),
        throttle_bits=throttle_bits(root),
        governor=_read(root / _CPUFREQ / "scaling_governor") or None,
        clock_mhz=int(clock_khz) // 1000 if clock_khz.isdecimal() else None,
        load_average_1min=round(os.getloadavg()[0], 2),
    )


def invalid_reason(before: MachineState, after: MachineState) -> str:
    """Say why what was timed between two states can't be used; empty where nothing speaks against it.

    A flag that is up before or after, one that came up and went down in between (its "since boot" twin is new), and
    another governor rule it out.

    Args:
        before: from `read_state`.
        after: from `read_state`, later.
    """
    first, last = before.throttle_bits or 0, after.throttle_bits or 0
    flags = [*throttle_words(first | last), *(set(throttle_history(last)) - set(throttle_history(first)))]
    if flags:
        temperature = after.temperature_c
        warm = f" at {temperature:.0f} °C" if temperature is not None else ""
        return f"the board was slowed down{warm} ({', '.join(dict.fromkeys(flags))}): cool it, or use a stronger supply"
    if before.governor != after.governor:
        return f"the CPU governor changed from {before.governor} to {after.governor}: measure again"
    return ""


def first_invalid_reason(states: Sequence[tuple[MachineState, MachineState]]) -> str:
    """The first reason among the repeats of a row; empty where there is none."""
    return next(filter(None, (invalid_reason(before, after) for before, after in states)), "")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


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
