"""Heat, throttling and power: a Pi that is too warm or short of volts gets slow, and its cameras drop out."""

from __future__ import annotations

from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.host_probe import Patient
from edge.system import host, throttling
from edge.system.throttling import decode

_WARM = 75.0  # degrees Celsius: a Pi lowers its clock at 80
_HOT = 85.0

_POWER = "use the power supply made for this Pi (5 V; 3 A for a Pi 4, 5 A for a Pi 5), a short cable"
_COOLING = "give it air or a heat sink, or classify fewer frames"


def check_temperature(patient: Patient) -> list[Finding]:
    """The warmest thermal zone; nothing where there is none."""
    warmest = throttling.temperature_c(patient.root)
    if warmest is None:
        return []
    status = OK if warmest < _WARM else WARNING if warmest < _HOT else FAILURE
    return [Finding("temperature", status, f"{warmest:.0f} °C", "" if status == OK else _COOLING)]


def check_throttling(patient: Patient) -> list[Finding]:
    """What the firmware of a Raspberry Pi says of power and clock; nothing on other machines."""
    if "Raspberry Pi" not in (host.board(patient.root) or ""):
        return []
    ran = patient.run(("vcgencmd", "get_throttled"))
    flags = decode(ran.stdout) if ran and ran.returncode == 0 else None
    if flags is None:
        fix = "add yourself to the video group (sudo usermod -aG video $USER) and log in again, or: sudo apt install "
        return [Finding("power", WARNING, "vcgencmd doesn't say", f"{fix}raspi-utils")]
    now, before = throttling.throttle_words(flags), throttling.throttle_history(flags)
    if not (now or before):
        return [Finding("power", OK, "no under-voltage and no throttling since the start")]
    spoken = [f"{text}: {', '.join(words)}" for text, words in (("now", now), ("since the start", before)) if words]
    status = FAILURE if throttling.UNDER_VOLTAGE in now else WARNING
    fix = _POWER if throttling.UNDER_VOLTAGE in now + before else _COOLING
    return [Finding("power", status, "; ".join(spoken), fix)]
