"""Python, architecture, disk, memory and clock."""

from __future__ import annotations

from pathlib import Path

from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.host_probe import Patient
from edge.system import host

_OLDEST, _NEWEST = (3, 10), (3, 13)  # as in pyproject.toml: what the runtimes have wheels for
_WHEELS = ("x86_64", "aarch64")
_LITTLE_DISK, _NO_DISK = 500 * 10**6, 20 * 10**6  # bytes
_LITTLE_MEMORY = 150 * 10**6  # bytes: twice what a run takes


def check_python(patient: Patient) -> Finding:
    """Whether the runtimes have wheels for this Python."""
    text = ".".join(map(str, patient.python))
    if _OLDEST <= patient.python[:2] <= _NEWEST:
        return Finding("Python", OK, text)
    fix = "make the environment with Python 3.10 to 3.13, which the runtimes have wheels for"
    return Finding("Python", FAILURE if patient.python[:2] < _OLDEST else WARNING, text, fix)


def check_architecture(patient: Patient) -> Finding:
    """Whether the runtimes have wheels for this processor and system."""
    name = host.board(patient.root) or host.cpu_model(patient.root) or "processor"
    system = host.os_name(patient.root)
    if not patient.is_64bit:
        text = f"{name}, {patient.architecture}, {system}: this Python is 32-bit"
        fix = "install a 64-bit system (Raspberry Pi OS 64-bit): LiteRT and onnxruntime have no wheels for 32-bit ones"
        return Finding("architecture", FAILURE, text, fix)
    int8 = host.int8_instructions(patient.root)
    text = f"{name}, {patient.architecture}{f' with {int8}' if int8 else ''}, 64-bit, {system}"
    if patient.architecture in _WHEELS:
        return Finding("architecture", OK, text)
    fix = f"the runtimes have wheels for {' and '.join(_WHEELS)}: on others they must be built"
    return Finding("architecture", WARNING, text, fix)


def check_disk(patient: Patient, folder: Path) -> Finding:
    """Whether pictures, videos and logs have room where they would be written."""
    free = patient.free(folder)
    text = f"{free / 1e9:.1f} GB free"
    if free >= _LITTLE_DISK:
        return Finding("disk", OK, text)
    fix = "free some space: a full disk costs results first, then the system"
    return Finding("disk", FAILURE if free < _NO_DISK else WARNING, text, fix)


def check_memory(patient: Patient) -> list[Finding]:
    """Whether a run fits into what is left; nothing is said where the system doesn't say."""
    available = host.memory_bytes(patient.root, field="MemAvailable")
    if available is None:
        return []
    text = f"{available / 1e6:.0f} MB available"
    if available >= _LITTLE_MEMORY:
        return [Finding("memory", OK, text)]
    return [Finding("memory", WARNING, text, "end other programs, or leave the desktop out (sudo raspi-config)")]


def check_clock(patient: Patient) -> list[Finding]:
    """Whether times in results can be trusted: a Pi has no clock of its own, only the network's."""
    ran = patient.run(("timedatectl", "show", "--property=NTPSynchronized", "--value"))
    answer = ran.stdout.strip() if ran and ran.returncode == 0 else ""
    if answer == "yes":
        return [Finding("clock", OK, "synchronised")]
    if answer == "no":
        fix = "connect it to a network and run sudo timedatectl set-ntp true; until then times may be years off"
        return [Finding("clock", WARNING, "not synchronised", fix)]
    return []
