"""Names of cameras, the devices they lead to, and the errors where they lead to none."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import ConfigError, SourceError
from edge.sources.camera import v4l2
from edge.sources.camera.usb import found_cameras
from tests.edge.sources.camera.fake_webcam import WEBCAM, FakeCapture, Kernel, camera


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /dev with links by id."""
    monkeypatch.setattr(v4l2, "DEVICES", tmp_path)
    (tmp_path / "video2").touch()
    (tmp_path / "audio0").touch()
    by_id = tmp_path / "v4l" / "by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-Logitech-index0").symlink_to("../../video2")
    (by_id / "usb-microphone").symlink_to("../../audio0")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("12", 12), ("{dev}/video2", 2), ("{dev}/v4l/by-id/usb-Logitech-index0", 2)],
    ids=["number", "two digits", "device", "stable name"],
)
def test_a_camera_has_a_number_a_device_and_a_stable_name(
    devices: Path, capture: type[FakeCapture], text: str, number: int
) -> None:
    text = text.format(dev=devices)
    opener = camera(text)
    assert opener.name == (text if text.startswith("/") else f"camera {text}")
    opener.open()
    assert capture.made[0].number == number


def test_a_camera_with_a_stable_name_may_be_plugged_in_after_the_start(
    devices: Path, capture: type[FakeCapture]
) -> None:
    """At boot a service is faster than USB: `--start-timeout` waits for it."""
    link = devices / "v4l" / "by-id" / "usb-Webcam-index0"
    opener = camera(str(link))
    with pytest.raises(SourceError, match="isn't plugged in"):
        opener.open()
    link.symlink_to("../../video2")
    opener.open()
    assert capture.made[0].number == 2


def test_a_stable_name_is_followed_wherever_it_leads(devices: Path, kernel: Kernel, capture: type[FakeCapture]) -> None:
    link = devices / "v4l" / "by-id" / "usb-Logitech-index0"
    kernel.plugged = [replace(WEBCAM, node=devices / "video2")]
    opener = camera(str(link))
    opener.open()
    link.unlink()
    with pytest.raises(SourceError, match="isn't plugged in"):
        opener.open()
    (devices / "video5").touch()
    link.symlink_to("../../video5")
    opener.open()
    assert [made.number for made in capture.made] == [2, 5]


@pytest.mark.parametrize(
    "text", ["", "-1", "front", "video0", "{dev}/videos", "{dev}/v4l/by-id/usb-microphone", "{dev}/video2/x"]
)
def test_another_name_is_an_error_with_the_valid_ones_and_the_present_cameras(
    devices: Path, kernel: Kernel, capture: type[FakeCapture], text: str
) -> None:
    text = text.format(dev=devices)
    with pytest.raises(ConfigError) as caught:
        camera(text)
    expected = f"{text!r} is no camera: expected a number, /dev/videoN, a /dev/v4l/by-id name or csi:0; found "
    assert str(caught.value).startswith(expected)
    assert "/dev/video0 (Webcam)" in str(caught.value)
    assert not capture.made


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1", "/dev/video1 belongs to Webcam but gives no pictures; found /dev/video0 (Webcam)"),
        ("4", "/dev/video4 is the bare sensor of a CSI camera: use --camera csi:0 (needs picamera2)"),
    ],
    ids=["metadata", "CSI"],
)
def test_nodes_that_give_no_pictures_are_refused(
    kernel: Kernel, capture: type[FakeCapture], number: str, words: str
) -> None:
    with pytest.raises(SourceError) as caught:
        camera(number).open()
    assert str(caught.value).startswith(words)
    assert not capture.made


def test_a_camera_that_does_not_open_names_the_others_and_what_to_check(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    with pytest.raises(SourceError) as caught:
        camera("7").open()
    message = str(caught.value)
    assert message.startswith("can't open camera 7; ")
    for fact in ("/dev/video0 (Webcam), /dev/video4 (unicam)", "cable", "video group", "csi:0", "--source demo"):
        assert fact in message
    assert capture.made[0].releases == 1
    kernel.plugged = []
    with pytest.raises(SourceError, match="7; no camera was found"):
        camera("7").open()


@pytest.mark.parametrize(("number", "line"), [(errno.EPERM, "DeviceAllow="), (errno.EACCES, "SupplementaryGroups=")])
def test_a_service_that_may_not_open_the_device_is_told_the_unit_s_line(
    *, devices: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, number: int, line: str
) -> None:
    """Its permissions look well: the unit's DevicePolicy= is a filter of the kernel."""

    def refuse(path: Path, *_: object) -> int:
        raise OSError(number, os.strerror(number), f"/dev/{path.name}")

    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge-classify")
    monkeypatch.setattr(capture, "opens", False)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceError, match=f"video2: {os.strerror(number)} .*{line}"):
        camera("2").open()


def test_a_camera_that_another_program_reads_says_so(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    monkeypatch.setattr(v4l2, "is_in_use", lambda node: node.name == "video0")
    with pytest.raises(SourceError, match="is in use: .*video0"):
        camera("0").open()
    with pytest.raises(SourceError, match=r"^can't open camera 7; "):
        camera("7").open()


def test_a_device_without_permission_names_the_group(
    devices: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK)
    with pytest.raises(SourceError, match=r"permission.*/video2: .*video group"):
        camera("2").open()
    assert found_cameras() == [f"{devices}/video2 (no permission)"]
