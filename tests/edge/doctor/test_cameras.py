"""Video nodes of made-up machines: open, closed, silent, without pictures, a CSI sensor's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.doctor.cameras import Kernel, check_cameras
from edge.doctor.host_probe import HostProbe
from edge.sources.camera.v4l2 import Device, Format

MakeProbe = Callable[..., HostProbe]
ZERO, ONE = Path("/dev/video0"), Path("/dev/video1")


def kernel(*devices: Device, closed: tuple[Path, ...] = (), silent: tuple[Path, ...] = (), mjpg: bool = True) -> Kernel:
    """V4L2 with these devices."""
    known = {device.node: device for device in devices}
    codes = ("MJPG", "YUYV") if mjpg else ("YUYV",)
    return Kernel(
        nodes=lambda: sorted({*known, *closed, *silent}),
        is_closed=lambda node: node in closed,
        describe=known.get,
        formats=lambda node: [Format(code, ()) for code in codes],
    )


def device(node: Path, driver: str = "uvcvideo", *, gives_pictures: bool = True) -> Device:
    """A video node."""
    return Device(node, driver, "HD Webcam", "usb-1.2", (), gives_pictures=gives_pictures)


def test_a_webcam_is_one_finding_though_it_has_a_node_without_pictures(make_probe: MakeProbe) -> None:
    (finding,) = check_cameras(make_probe(), None, kernel(device(ZERO), device(ONE, gives_pictures=False)))
    assert finding.status == "ok"
    assert all(fact in finding.text for fact in ("/dev/video0", "HD Webcam", "MJPG, YUYV"))


@pytest.mark.parametrize(("camera", "status"), [("0", "ok"), ("/dev/video0", "ok"), ("1", "failure"), ("2", "failure")])
def test_a_camera_that_is_named_must_be_there_and_give_pictures(
    make_probe: MakeProbe, camera: str, status: str
) -> None:
    (finding,) = check_cameras(make_probe(), camera, kernel(device(ZERO), device(ONE, gives_pictures=False)))
    assert finding.status == status


def test_a_missing_camera_is_a_failure_that_names_those_present(make_probe: MakeProbe) -> None:
    (finding,) = check_cameras(make_probe(), "7", kernel(device(ZERO)))
    assert finding.status == "failure"
    assert all(fact in finding.text for fact in ("camera 7", "/dev/video0"))


def test_no_rights_is_a_failure_with_the_group(make_probe: MakeProbe) -> None:
    (finding,) = check_cameras(make_probe(), None, kernel(closed=(ZERO,)))
    assert (finding.status, "no permission" in finding.text, "/dev/video0" in finding.text) == ("failure", True, True)
    assert "usermod -aG video" in finding.fix


def test_no_camera_is_a_warning_unless_one_was_wanted(make_probe: MakeProbe) -> None:
    assert [finding.status for finding in check_cameras(make_probe(), None, kernel())] == ["warning"]
    assert [finding.status for finding in check_cameras(make_probe(), "0", kernel())] == ["failure"]


def test_a_node_that_does_not_answer_is_a_warning(make_probe: MakeProbe) -> None:
    (finding,) = check_cameras(make_probe(), None, kernel(silent=(ZERO,)))
    assert (finding.status, finding.text) == ("warning", "/dev/video0 doesn't answer")


def test_a_camera_without_mjpg_works_but_slowly(make_probe: MakeProbe) -> None:
    (finding,) = check_cameras(make_probe(), None, kernel(device(ZERO), mjpg=False))
    assert finding.status == "ok"
    assert "without MJPG" in finding.text


@pytest.mark.parametrize(("installed", "status"), [({}, "failure"), ({"picamera2": "0.3.31"}, "ok")])
def test_a_csi_sensor_needs_picamera2(make_probe: MakeProbe, installed: dict[str, str], status: str) -> None:
    probe = make_probe(installed=installed)
    (by_node,) = check_cameras(probe, None, kernel(device(ZERO, "unicam")))
    (by_name,) = check_cameras(probe, "csi:0", kernel())
    assert by_node == by_name
    assert by_name.status == status
