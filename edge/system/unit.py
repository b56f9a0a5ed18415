"""Limits that a systemd unit sets to this process, for messages about errno 1, 13 and 97: where its lines stand."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

_MARKS = ("NOTIFY_SOCKET", "STATE_DIRECTORY")  # what the units of this project give; SYSTEMD_EXEC_PID is any unit's
_NO_NETWORK = (errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES)
_NO_WRITING = (errno.EPERM, errno.EACCES, errno.EROFS)
_NO_DEVICE = (errno.EPERM, errno.EACCES)
_HOMES = ("/home/", "/root/", "/run/user/")  # that ProtectHome= hides
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
    if type(error).__name__ == "gaierror":
        number = _error_of_a_socket() or number
    unit = unit_name(environment)
    if number == errno.EAFNOSUPPORT or (unit and (number in _NO_NETWORK or _is_alone())):
        edit = f"`systemctl edit {unit or _DEFAULT_NAME}`, the lines stand at the unit's top"
        return f": this {'service' if unit else 'process'} sees no network ({'' if unit else 'as a service: '}{edit})"
    return ""


def blocked_network_hint(environment: Mapping[str, str] = os.environ) -> str:
    """Return the hint of `network_hint` where a library failed without an error that says why; empty for others."""
    return network_hint(OSError(_error_of_a_socket(), ""), environment)


def file_hint(error: OSError, environment: Mapping[str, str] = os.environ) -> str:
    """Return what to do if the unit keeps this process from a file or a device, to be appended; empty for others."""
    unit = unit_name(environment)
    if not unit:
        return ""
    name, edit = str(error.filename or ""), f"`systemctl edit {unit}`, a line"
    folder = environment.get("STATE_DIRECTORY", "").partition(":")[0] or "its state folder"
    if error.errno in _NO_DEVICE and name.startswith("/dev/"):
        line = f"DeviceAllow={name} rw" if error.errno == errno.EPERM else f"SupplementaryGroups={_group_of(name)}"
        return f" (the service may use cameras alone: {edit} {line})"
    if error.errno in _NO_WRITING and name.startswith(_HOMES):
        home = "/" + name.split("/")[1]
        return f" (the service sees nothing of {home}: move it to {folder}, or {edit} ProtectHome=read-only)"
    if error.errno in _NO_WRITING:
        return f" (the service writes to {folder} alone: {edit} ReadWritePaths= for others)"
    return ""


def csi_hint(environment: Mapping[str, str] = os.environ) -> str:
    """Return what lets a service see a CSI camera, to be appended; empty for others."""
    unit = unit_name(environment)
    lines = "DeviceAllow= for char-media, char-dma_heap and char-drm"
    return f" (a service needs its devices: `systemctl edit {unit}`, lines {lines})" if unit else ""


def _group_of(name: str) -> str:
    """Return the group that may open a device."""
    try:
        import grp

        return grp.getgrgid(os.stat(name).st_gid).gr_name  # noqa: PTH116  # pathlib's group() is this
    except (ImportError, KeyError, OSError):
        return "video"


def _error_of_a_socket() -> int:
    """Return the errno of opening a socket of the internet; 0: it can be opened."""
    import socket

    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError as error:
        return error.errno or 0
    return 0


def _is_alone(devices: Path = Path("/proc/self/net/dev")) -> bool:
    """Return True in a network namespace that has a loopback and nothing else, as PrivateNetwork= makes it."""
    try:
        lines = devices.read_text(encoding="ascii").splitlines()[2:]
    except (OSError, ValueError):
        return False
    return [line.partition(":")[0].strip() for line in lines] == ["lo"]
