"""Checks of the system: Python, architecture, disk, memory, temperature, power and clock."""

from __future__ import annotations

from pathlib import Path

from edge.doctor.host_probe import FAILURE, OK, WARNING, Finding, HostProbe
from edge.system import host

_OLDEST, _NEWEST = (3, 10), (3, 14)  # as in pyproject.toml: Pythons that the runtimes have wheels for
_WHEELS = ("x86_64", "aarch64")
_LITTLE_DISK, _NO_DISK = 500 * 10**6, 20 * 10**6  # bytes
_LITTLE_MEMORY = 150 * 10**6  # bytes: twice what a run takes
_WARM = 75.0  # degrees Celsius: a Pi lowers its clock at 80
_HOT = 85.0
_POWER = "use the power supply made for this Pi (5 V; 3 A for a Pi 4, 5 A for a Pi 5), a short cable"
_COOLING = "give it air or a heat sink, or classify fewer frames"


def check_python(probe: HostProbe) -> Finding:
    """Check that the runtimes have wheels for this Python."""
    text = ".".join(map(str, probe.python))
    if _OLDEST <= probe.python[:2] <= _NEWEST:
        return Finding("Python", OK, text)
    fix = "make the environment with Python 3.10 to 3.14, which the runtimes have wheels for"
    return Finding("Python", FAILURE if probe.python[:2] < _OLDEST else WARNING, text, fix)


def check_architecture(probe: HostProbe) -> Finding:
    """Check that the runtimes have wheels for this processor and system."""
    name = host.board(probe.root) or host.cpu_model(probe.root) or "processor"
    system = host.os_name(probe.root)
    if not probe.is_64bit:
        text = f"{name}, {probe.architecture}, {system}: this Python is 32-bit"
        fix = "install a 64-bit system (Raspberry Pi OS 64-bit): LiteRT and onnxruntime have no wheels for 32-bit ones"
        return Finding("architecture", FAILURE, text, fix)
    int8 = host.int8_instructions(probe.root)
    text = f"{name}, {probe.architecture}{f' with {int8}' if int8 else ''}, 64-bit, {system}"
    if probe.architecture in _WHEELS:
        return Finding("architecture", OK, text)
    fix = f"the runtimes have wheels for {' and '.join(_WHEELS)}: on others they must be built"
    return Finding("architecture", WARNING, text, fix)


def check_disk(probe: HostProbe, folder: Path) -> Finding:
    """Check the room for images, videos and logs in the folder they would be written to."""
    free = probe.free(folder)
    text = f"{free / 1e9:.1f} GB free"
    if free >= _LITTLE_DISK:
        return Finding("disk", OK, text)
    fix = "free some space: a full disk costs results first, then the system"
    return Finding("disk", FAILURE if free < _NO_DISK else WARNING, text, fix)


def check_memory(probe: HostProbe) -> list[Finding]:
    """Check that a run fits into the memory that is available; no finding if the system does not report it."""
    available = host.memory_bytes(probe.root, field="MemAvailable")
    if available is None:
        return []
    text = f"{available / 1e6:.0f} MB available"
    if available >= _LITTLE_MEMORY:
        return [Finding("memory", OK, text)]
    return [Finding("memory", WARNING, text, "end other programs, or leave the desktop out (sudo raspi-config)")]


def check_temperature(probe: HostProbe) -> list[Finding]:
    """Check the warmest thermal zone; no finding if there is none. A Pi that is too warm lowers its clock."""
    warmest = host.temperature_c(probe.root)
    if warmest is None:
        return []
    status = OK if warmest < _WARM else WARNING if warmest < _HOT else FAILURE
    return [Finding("temperature", status, f"{warmest:.0f} °C", "" if status == OK else _COOLING)]


def check_throttling(probe: HostProbe) -> list[Finding]:
    """Check the power and clock flags of a Raspberry Pi's firmware; no finding on other machines.

    A Pi short of volts gets slow, and its cameras drop out.
    """
    if "Raspberry Pi" not in (host.board(probe.root) or ""):
        return []
    result = probe.run(("vcgencmd", "get_throttled"))
    flags = host.parse_throttle_bits(result.stdout) if result and result.returncode == 0 else None
    if flags is None:
        fix = "add yourself to the video group (sudo usermod -aG video $USER) and log in again, or: sudo apt install "
        return [Finding("power", WARNING, "vcgencmd doesn't say", f"{fix}raspi-utils")]
    now, before = host.throttle_words(flags), host.throttle_history(flags)
    if not (now or before):
        return [Finding("power", OK, "no under-voltage and no throttling since the start")]
    periods = [f"{text}: {', '.join(words)}" for text, words in (("now", now), ("since the start", before)) if words]
    status = FAILURE if host.UNDER_VOLTAGE in now else WARNING
    fix = _POWER if host.UNDER_VOLTAGE in now + before else _COOLING
    return [Finding("power", status, "; ".join(periods), fix)]


def check_clock(probe: HostProbe) -> list[Finding]:
    """Check that the clock is synchronised: most Pis have no battery-backed clock."""
    result = probe.run(("timedatectl", "show", "--property=NTPSynchronized", "--value"))
    answer = result.stdout.strip() if result and result.returncode == 0 else ""
    if answer == "yes":
        return [Finding("clock", OK, "synchronised")]
    if answer == "no":
        fix = "connect it to a network and run sudo timedatectl set-ntp true; until then times may be years off"
        return [Finding("clock", WARNING, "not synchronised", fix)]
    return []
