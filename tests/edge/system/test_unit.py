"""Hints for a service whose unit forbids the network, a device or a folder, and none for anybody else."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.system import unit
from edge.system.connection import Access, reason
from tests.fixtures import without_internet

SERVICE = {"NOTIFY_SOCKET": "/run/systemd/notify", "STATE_DIRECTORY": "/var/lib/edge-classify"}


def test_the_name_is_that_of_the_control_group(tmp_path: Path) -> None:
    group = tmp_path / "cgroup"
    group.write_text("0::/system.slice/door-camera.service\n")
    assert unit.unit_name(SERVICE, cgroup=group) == "door-camera"
    assert unit.unit_name({"SYSTEMD_EXEC_PID": str(os.getpid())}, cgroup=group) == "door-camera"
    assert unit.unit_name({"SYSTEMD_EXEC_PID": str(os.getpid() + 1)}, cgroup=group) == ""
    assert unit.unit_name({"INVOCATION_ID": "a shell has it too"}, cgroup=group) == ""
    assert unit.unit_name(SERVICE, cgroup=tmp_path / "none") == "edge-classify"


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES])
def test_a_service_without_a_network_is_told_where_the_lines_stand(number: int) -> None:
    assert "systemctl edit " in unit.network_hint(OSError(number, "refused"), SERVICE)
    assert bool(unit.network_hint(OSError(number, "refused"), {})) == (number == errno.EAFNOSUPPORT)


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), OSError(errno.ENETUNREACH, "away")],
    ids=["a name", "a route"],
)
@pytest.mark.parametrize(("devices", "is_hinted"), [(["lo"], True), (["lo", "eth0"], False), ([], False)])
def test_what_can_not_be_found_or_reached_is_the_units_fault_in_a_network_of_its_own(
    devices: list[str], is_hinted: bool, error: OSError, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Elsewhere the network isn't up yet, as at boot."""
    table = tmp_path / "dev"
    table.write_text("Inter-| Receive\n face |bytes\n" + "".join(f"  {name}: 0 0\n" for name in devices))
    is_alone = unit._is_alone
    monkeypatch.setattr(unit, "_is_alone", lambda: is_alone(table))
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


def test_a_device_is_allowed_by_the_unit_or_its_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unit, "_group_of", lambda name: f"group of {name}")
    hints = {number: unit.file_hint(OSError(number, "refused", "/dev/video0"), SERVICE)
             for number in (errno.EPERM, errno.EACCES)}  # fmt: skip
    assert "DeviceAllow=/dev/video0 rw" in hints[errno.EPERM]
    assert "SupplementaryGroups=group of /dev/video0" in hints[errno.EACCES]
    assert "DeviceAllow=" in unit.csi_hint(SERVICE)
    assert unit.csi_hint({}) == ""


@pytest.mark.parametrize(("name", "is_home"), [("/home/pi/a.tflite", True), ("/root/a", True), ("/homework/a", False)])
def test_a_file_in_a_home_is_hidden_by_the_unit(name: str, is_home: bool) -> None:
    hint = unit.file_hint(OSError(errno.EACCES, "refused", name), SERVICE)
    assert ("ProtectHome=" in hint) == is_home
    assert "/var/lib/edge-classify" in hint


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES])
def test_a_connection_that_the_unit_forbids_has_its_hint(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    for name, value in SERVICE.items():
        monkeypatch.setenv(name, value)
    assert "systemctl edit " in reason(OSError(number, "refused"))
    assert "systemctl edit " not in reason(ConnectionRefusedError(errno.ECONNREFUSED, "refused"))


def test_certificates_out_of_reach_are_no_malformed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICE.items():
        monkeypatch.setenv(name, value)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", refuse)
    with pytest.raises(ConfigError, match=r"/home/pi/ca\.pem: Permission denied .*ProtectHome="):
        Access(ca_file=Path("/home/pi/ca.pem")).context()


COMMANDS = (
    ["--source", "rtsp://192.0.2.1/door"],
    ["--source", "rtsp://camera/door"],
    ["--source", "http://192.0.2.1/now.jpg"],
    ["--source", "https://camera.example/door.m3u8"],
    ["--source", "udp://192.0.2.1:9000"],
    ["--source", "http://192.0.2.1/now", "--every", "1"],
    ["--serve", "--source", "demo"],
    ["update", "https://models.example/new.tflite"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_service_without_sockets_of_the_internet_names_its_unit(command: list[str], tmp_path: Path) -> None:
    """The kernel refuses them to FFmpeg too."""
    environment = {**os.environ, **SERVICE, "STATE_DIRECTORY": str(tmp_path), "no_proxy": "*"}
    run = [sys.executable, without_internet.__file__, sys.executable, "-m", "edge.run.main", *command]
    outcome = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=120, check=False)
    if outcome.returncode == without_internet.NO_FILTER:
        pytest.skip("this kernel filters no system calls")
    assert outcome.returncode == 1
    assert "systemctl edit " in outcome.stderr.splitlines()[-1]
