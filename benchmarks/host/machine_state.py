"""State of the machine at one moment, and reasons that rule out what was timed on it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.system.host import read, temperature_c, throttle_bits, throttle_history, throttle_words


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """State of a machine at one moment; None where the system doesn't say."""

    temperature_c: float | None = None
    throttle_bits: int | None = None
    governor: str | None = None
    clock_mhz: int | None = None
    load_average_1min: float | None = None


@dataclass(frozen=True, slots=True)
class StatePair:
    """State of the machine before and after a repeat."""

    before: MachineState
    after: MachineState


_CPUFREQ = "sys/devices/system/cpu/cpu0/cpufreq"


def read_state(root: Path = Path("/")) -> MachineState:
    """Read what changes while a machine works; tests give another root for /sys."""
    return MachineState(
        temperature_c=temperature_c(root),
        throttle_bits=throttle_bits(root),
        governor=read(root / _CPUFREQ / "scaling_governor").strip() or None,
        clock_mhz=megahertz(root, "scaling_cur_freq"),
        load_average_1min=round(os.getloadavg()[0], 2),
    )


def megahertz(root: Path, file: str) -> int | None:
    """Read one of the files of the first processor's clock."""
    kilohertz = read(root / _CPUFREQ / file).strip()
    return int(kilohertz) // 1000 if kilohertz.isdecimal() else None


def invalid_reason(before: MachineState, after: MachineState) -> str:
    """Say why what was timed between two states can't be used; empty where nothing speaks against it.

    A flag that is up before or after, one that came up and went down in between (its "since boot" twin is new), and
    another governor rule it out.
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


def first_invalid_reason(states: Sequence[StatePair]) -> str:
    """Return the first reason among the repeats of a row; empty where there is none."""
    return next(filter(None, (invalid_reason(pair.before, pair.after) for pair in states)), "")


_X86_FIELD = "vendor_id"  # of /proc/cpuinfo; no Arm kernel writes it


def emulator(root: Path = Path("/"), *, machine: str | None = None) -> str | None:
    """Name the emulator of user programs that runs this one, or None.

    QEMU hides itself in /proc/self, but not in /proc/thread-self: its own name stands in front of the command there.
    An older one shows the host's processor, which then isn't the one that programs are told of.
    """
    command = read(root / "proc/thread-self/cmdline").split("\0")[0]
    if "qemu" in Path(command).name or "qemu-" in command:
        return "qemu-user"
    told = machine or platform.machine()
    if told.startswith(("aarch64", "arm")) and _X86_FIELD in read(root / "proc/cpuinfo"):
        return "an emulator on an x86 processor"
    return None
