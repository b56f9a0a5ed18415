"""What a single-board computer says of itself: its temperature, and whether it is slowed down (`throttled`)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from edge.system.host import ROOT, read

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


def temperature_c(root: Path = ROOT) -> float | None:
    """The hottest thermal zone, degrees Celsius; None where the system has none."""
    found = []
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*/temp")):
        text = read(zone).strip()
        if text.lstrip("-").isdecimal():
            found.append(int(text) / 1000)
    return max(found, default=None)


def throttle_bits(root: Path = ROOT, *, command: tuple[str, ...] = _VCGENCMD) -> int | None:
    """The firmware's flags, as `throttle_words` explains them; None where there is no such firmware.

    Args:
        root: where /sys is.
        command: asked where the kernel has no file for it; prints "throttled=0x50000".
    """
    for file in sorted((root / "sys/devices/platform").glob("*/*firmware*/get_throttled")):
        bits = decode(read(file))
        if bits is not None:
            return bits
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return decode(done.stdout) if done.returncode == 0 else None


def throttle_words(bits: int) -> tuple[str, ...]:
    """Name what is true now: under-voltage, clock capped, throttled, soft temperature limit."""
    return tuple(word for bit, word in _THROTTLE_BITS.items() if bits >> bit & 1)


def throttle_history(bits: int) -> tuple[str, ...]:
    """Name what was true at some moment since the last boot, in the same words."""
    return throttle_words(bits >> _SINCE_BOOT)


def decode(text: str) -> int | None:
    """The flags in "throttled=0x50005", or in "50005" as the kernel writes it; None where there are none."""
    try:
        return int(text.rpartition("=")[2].strip(), 16)
    except ValueError:
        return None
