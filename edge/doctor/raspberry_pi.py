"""Heat, throttling and power: a Pi that is too warm or short of volts gets slow, and its cameras drop out."""

from __future__ import annotations

from edge import machine
from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.patient import Patient

_WARM = 75.0  # degrees Celsius: a Pi lowers its clock at 80
_HOT = 85.0

# Bits of `vcgencmd get_throttled`; the same 16 bits higher: it happened since the start.
UNDER_VOLTAGE, CAPPED, THROTTLED, SOFT_LIMIT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_WORDS = {
    UNDER_VOLTAGE: "under-voltage",
    CAPPED: "clock capped",
    THROTTLED: "throttled",
    SOFT_LIMIT: "soft temperature limit",
}
_SINCE_START = 16
_POWER = "use the power supply made for this Pi (5 V; 3 A for a Pi 4, 5 A for a Pi 5), a short cable"
_COOLING = "give it air or a heat sink, or classify fewer frames"


def check_temperature(patient: Patient) -> list[Finding]:
    """The warmest thermal zone; nothing where there is none."""
    zones = (patient.root / "sys/class/thermal").glob("thermal_zone*/temp")
    readings = [int(text) / 1000 for zone in zones if (text := machine.read(zone).strip()).lstrip("-").isdecimal()]
    if not readings:
        return []
    text = f"{max(readings):.0f} °C"
    status = OK if max(readings) < _WARM else WARNING if max(readings) < _HOT else FAILURE
    return [Finding("temperature", status, text, "" if status == OK else _COOLING)]


def check_throttling(patient: Patient) -> list[Finding]:
    """What the firmware of a Raspberry Pi says of power and clock; nothing on other machines."""
    if "Raspberry Pi" not in (machine.board(patient.root) or ""):
        return []
    ran = patient.run(("vcgencmd", "get_throttled"))
    flags = decode(ran.stdout) if ran and ran.returncode == 0 else None
    if flags is None:
        fix = "add yourself to the video group (sudo usermod -aG video $USER) and log in again, or: sudo apt install "
        return [Finding("power", WARNING, "vcgencmd doesn't say", f"{fix}raspi-utils")]
    now, before = flags & 0xF, flags >> _SINCE_START & 0xF
    if not now | before:
        return [Finding("power", OK, "no under-voltage and no throttling since the start")]
    spoken = [f"{text}: {_named(bits)}" for text, bits in (("now", now), ("since the start", before)) if bits]
    status = FAILURE if now & UNDER_VOLTAGE else WARNING
    fix = _POWER if (now | before) & UNDER_VOLTAGE else _COOLING
    return [Finding("power", status, "; ".join(spoken), fix)]


def decode(text: str) -> int | None:
    """The number in "throttled=0x50005"; None where there is none."""
    try:
        return int(text.partition("=")[2], 16)
    except ValueError:
        return None


def _named(bits: int) -> str:
    return ", ".join(word for bit, word in _WORDS.items() if bits & bit)
