"""Hints for a service whose unit forbids the network, a device or a folder, and none for anybody else."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from edge.system import unit

SERVICE = {"NOTIFY_SOCKET": "/run/systemd/notify", "STATE_DIRECTORY": "/var/lib/edge-classify"}


def test_the_name_is_that_of_the_control_group(tmp_path: Path) -> None:
    group = tmp_path / "cgroup"
    group.write_text("0::/system.slice/door-camera.service\n")
    assert unit.unit_name(SERVICE, cgroup=group) == "door-camera"
    assert unit.unit_name({"SYSTEMD_EXEC_PID": str(os.getpid())}, cgroup=group) == "door-camera"
    assert unit.unit_name({"SYSTEMD_EXEC_PID": str(os.getpid() + 1)}, cgroup=group) == ""
    assert unit.unit_name({"INVOCATION_ID": "a shell has it too"}, cgroup=group) == ""
    assert unit.unit_name(SERVICE, cgroup=tmp_path / "none") == "edge-classify"


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES, errno.ENETUNREACH])
def test_a_service_without_a_network_is_told_where_the_lines_stand(number: int) -> None:
    assert "systemctl edit " in unit.network_hint(OSError(number, "refused"), SERVICE)
    assert bool(unit.network_hint(OSError(number, "refused"), {})) == (number == errno.EAFNOSUPPORT)


@pytest.mark.parametrize(("devices", "is_hinted"), [(["lo"], True), (["lo", "eth0"], False), ([], False)])
def test_a_name_that_nobody_knows_is_the_units_fault_in_a_network_of_its_own(
    devices: list[str], is_hinted: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = tmp_path / "dev"
    table.write_text("Inter-| Receive\n face |bytes\n" + "".join(f"  {name}: 0 0\n" for name in devices))
    is_alone = unit._is_alone
    monkeypatch.setattr(unit, "_is_alone", lambda: is_alone(table))
    error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    assert bool(unit.network_hint(error, SERVICE)) == is_hinted
    assert unit.network_hint(error, {}) == ""


def test_a_file_or_a_device_out_of_reach_has_its_line_of_the_unit() -> None:
    def hint(number: int, name: str, environment: dict[str, str] = SERVICE) -> str:
        return unit.file_hint(OSError(number, "refused", name), environment)

    assert "DeviceAllow=/dev/video0 rw" in hint(errno.EPERM, "/dev/video0")
    assert "ReadWritePaths=" in hint(errno.EROFS, "/srv/answers.csv")
    assert "/var/lib/edge-classify" in hint(errno.EACCES, "/srv/answers.csv")
    assert hint(errno.ENOENT, "/srv/answers.csv") == ""
    assert hint(errno.EACCES, "/srv/answers.csv", {}) == ""
