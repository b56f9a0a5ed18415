"""The state of the machine at one moment, and whether two of them rule out what was timed in between."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.system.host import temperature_c, throttle_bits, throttle_history, throttle_words

State = dict[str, Any]

_CPUFREQ = "sys/devices/system/cpu/cpu0/cpufreq"


def read_state(root: Path = Path("/")) -> State:
    """Read what changes while a machine works.

    Args:
        root: where /sys is; tests put a folder here.

    Returns:
        A JSON object: temperature_c, throttle_bits (see `edge.system.host`), governor, clock_mhz (of the first
        processor), load_average_1min; None where the system doesn't say.
    """
    clock_khz = _read(root / _CPUFREQ / "scaling_cur_freq")
    return {
        "temperature_c": temperature_c(root),
        "throttle_bits": throttle_bits(root),
        "governor": _read(root / _CPUFREQ / "scaling_governor") or None,
        "clock_mhz": int(clock_khz) // 1000 if clock_khz.isdecimal() else None,
        "load_average_1min": round(os.getloadavg()[0], 2),
    }


def invalid_reason(before: State, after: State) -> str:
    """Say why what was timed between two states can't be used; empty where nothing speaks against it.

    A flag that is up before or after, one that came up and went down in between (its "since boot" twin is new), and
    another governor rule it out.

    Args:
        before: from `read_state`.
        after: from `read_state`, later.
    """
    first, last = before["throttle_bits"] or 0, after["throttle_bits"] or 0
    flags = [*throttle_words(first | last), *(set(throttle_history(last)) - set(throttle_history(first)))]
    if flags:
        temperature = after["temperature_c"]
        warm = f" at {temperature:.0f} °C" if temperature is not None else ""
        return f"the board was slowed down{warm} ({', '.join(dict.fromkeys(flags))}): cool it, or use a stronger supply"
    if before["governor"] != after["governor"]:
        return f"the CPU governor changed from {before['governor']} to {after['governor']}: measure again"
    return ""


def first_invalid_reason(states: Sequence[tuple[State, State]]) -> str:
    """The first reason among the repeats of a row; empty where there is none."""
    return next(filter(None, (invalid_reason(before, after) for before, after in states)), "")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
