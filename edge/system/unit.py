"""Limits that a systemd unit sets to this process, for messages about errno 1, 13 and 97: where its lines stand."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

_MARKS = ("NOTIFY_SOCKET", "STATE_DIRECTORY")  # what the units of this project give; SYSTEMD_EXEC_PID is any unit's
_NO_NETWORK = (errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES, errno.ENETUNREACH)
_NO_WRITING = (errno.EPERM, errno.EACCES, errno.EROFS)
_NO_DEVICE = (errno.EPERM, errno.EACCES)
_DEFAULT_NAME = "edge-classify"


def unit_name(environment: Mapping[str, str] = os.environ, *, cgroup: Path = Path("/proc/self/cgroup")) -> str:
    """Return the name of the unit that started this process, without its suffix; empty where it is none."""
    if not any(environment.get(mark) for mark in _MARKS) and environment.get("SYSTEMD_EXEC_PID") != str(os.getpid()):
        return ""
    try:
        names = [part for part in cgroup.read_text(encoding="ascii").split("/") if part.strip().endswith(".service")]
    except (OSError, ValueError):
        names = []
    return names[-1].strip().removesuffix(".service") if names else _DEFAULT_NAME


def network_hint(error: BaseException, environment: Mapping[str, str] = os.environ) -> str:
    """Return what to do if the unit keeps this process from the network, to be appended; empty for other errors.

    A name that can't be resolved counts too where no socket of the internet can be opened at all.
    """
    number = getattr(error, "errno", None)
    unit = unit_name(environment)
    if number == errno.EAFNOSUPPORT or (unit and (number in _NO_NETWORK or _is_alone())):
        edit = f"`systemctl edit {unit or _DEFAULT_NAME}`, the lines stand at the unit's top"
        return f": this {'service' if unit else 'process'} sees no network ({'' if unit else 'as a service: '}{edit})"
    return ""


def file_hint(error: OSError, environment: Mapping[str, str] = os.environ) -> str:
    """Return what to do if the unit keeps this process from a file or a device, to be appended; empty for others."""
    unit = unit_name(environment)
    if not unit:
        return ""
    if error.errno in _NO_DEVICE and str(error.filename or "").startswith("/dev/"):
        return f" (the service may use cameras alone: `systemctl edit {unit}`, a line DeviceAllow={error.filename} rw)"
    if error.errno in _NO_WRITING:
        folder = environment.get("STATE_DIRECTORY", "").partition(":")[0] or "its state folder"
        return f" (the service writes to {folder} alone: `systemctl edit {unit}`, a line ReadWritePaths= for others)"
    return ""


def _is_alone(devices: Path = Path("/proc/self/net/dev")) -> bool:
    """Return True in a network namespace that has a loopback and nothing else, as PrivateNetwork= makes it."""
    try:
        lines = devices.read_text(encoding="ascii").splitlines()[2:]
    except (OSError, ValueError):
        return False
    return [line.partition(":")[0].strip() for line in lines] == ["lo"]
