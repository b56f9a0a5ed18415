"""A camera that isn't there: a fake cv2.VideoCapture, and a made-up kernel that says what is plugged in."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.sources import v4l2
from edge.sources.camera import Camera, Wish, found_cameras
from edge.sources.v4l2 import Device, Format

WISH = Wish(480, 640)
PICTURE = (480, 640, 3)


class FakeCapture:
    """Stands for cv2.VideoCapture: grants what it is asked for, gives frames of the shapes it is told, then none."""

    opens = True
    shapes: list[tuple[int, ...]]
    grants: dict[int, float]
    made: list[FakeCapture]

    def __init__(self, number: int, backend: int) -> None:
        self.number = number
        self.asked: list[tuple[int, float]] = []
        self.releases = 0
        self.left = list(self.shapes)
        self.made.append(self)

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self.opens

    def set(self, what: int, value: float) -> bool:
        self.asked.append((what, value))
        return True

    def get(self, what: int) -> float:
        return self.grants.get(what, dict(self.asked).get(what, 30.0))

    def read(self) -> tuple[bool, Any]:
        return (True, np.zeros(self.left.pop(0), np.uint8)) if self.left else (False, None)

    def release(self) -> None:
        self.releases += 1


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> type[FakeCapture]:
    """The fake, in OpenCV's place."""
    fake = type("Capture", (FakeCapture,), {"made": [], "grants": {}, "shapes": [PICTURE] * 3})
    monkeypatch.setattr(cv2, "VideoCapture", fake)
    monkeypatch.setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "5")
    return fake


WEBCAM = Device(Path("/dev/video0"), "uvcvideo", "Webcam", "usb-1", (), gives_pictures=True)
METADATA = Device(Path("/dev/video1"), "uvcvideo", "Webcam", "usb-1", (), gives_pictures=False)
SENSOR = Device(Path("/dev/video4"), "unicam", "unicam", "platform:1", (), gives_pictures=True)


class Kernel:
    """What is plugged in, and what it offers."""

    def __init__(self, *plugged: Device) -> None:
        self.plugged = list(plugged)
        self.offers = ["YUYV", "MJPG"]

    def describe(self, node: Path) -> Device | None:
        return next((device for device in self.plugged if device.node == node), None)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A webcam with its metadata node, and a CSI camera's bare sensor."""
    made = Kernel(WEBCAM, METADATA, SENSOR)
    monkeypatch.setattr(v4l2, "devices", lambda: made.plugged)
    monkeypatch.setattr(v4l2, "nodes", lambda: [device.node for device in made.plugged])
    monkeypatch.setattr(v4l2, "describe", made.describe)
    monkeypatch.setattr(v4l2, "formats", lambda node: [Format(code, ()) for code in made.offers])
    return made


def camera(name: str = "0", wish: Wish = WISH) -> Camera:
    """A camera that waits five seconds for a frame."""
    return Camera(name, wish, read_timeout_s=5)


def test_format_then_size_then_rate_are_asked_for_and_what_was_granted_is_said(
    kernel: Kernel, capture: type[FakeCapture], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="edge")
    opener = camera(wish=Wish(720, 1280, 15))
    assert opener.name == "camera 0"
    opener.open()
    (made,) = capture.made
    assert made.number == 0
    assert made.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 15),
    ]
    assert caplog.messages == ["camera 0 gives MJPG 1280x720 at 15 frames a second"]


def test_what_was_not_granted_is_said(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="edge")
    kernel.offers = ["YUYV"]
    grants = {cv2.CAP_PROP_FRAME_WIDTH: 320.0, cv2.CAP_PROP_FRAME_HEIGHT: 240.0, cv2.CAP_PROP_FPS: 5.0}
    monkeypatch.setattr(capture, "grants", grants)
    camera(wish=Wish(480, 640, 30)).open()
    assert caplog.messages == [
        "camera 0 gives YUYV 320x240 at 5 frames a second; asked for 640x480, 30 frames a second"
    ]


def test_a_camera_with_neither_format_keeps_its_own(kernel: Kernel, capture: type[FakeCapture]) -> None:
    kernel.offers = ["GREY"]
    camera().open()
    assert [what for what, _ in capture.made[0].asked] == [cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT]


def test_frames_come_until_a_read_fails_and_closing_releases(kernel: Kernel, capture: type[FakeCapture]) -> None:
    opened = camera().open()
    assert [opened.read().shape for _ in range(3)] == [PICTURE] * 3
    with pytest.raises(SourceError, match="a read failed"):
        opened.read()
    opened.close()
    assert capture.made[0].releases == 1


def test_frames_of_an_odd_shape_make_it_ask_for_yuyv(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "shapes", [(1, 921600), PICTURE])
    assert camera().open().read().shape == PICTURE
    assert capture.made[0].asked[-1] == (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"YUYV"))


@pytest.mark.parametrize("shape", [(1, 921600), (480, 640), (480, 640, 2), (1, 640, 3)])
def test_frames_that_stay_odd_are_said(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(capture, "shapes", [shape] * 3)
    with pytest.raises(SourceError, match=r"frames of shape \(.*\) are no pictures; expected \(height, width, 3\)"):
        camera().open().read()


def test_back_under_another_number_it_is_found_by_its_socket(kernel: Kernel, capture: type[FakeCapture]) -> None:
    opener = camera()
    opener.open()
    other = replace(WEBCAM, bus="usb-9")
    kernel.plugged = [other, replace(METADATA, node=Path("/dev/video2")), replace(WEBCAM, node=Path("/dev/video3"))]
    opener.open()
    assert [made.number for made in capture.made] == [0, 3]


def test_back_in_another_socket_it_is_found_by_its_serial_number(kernel: Kernel, capture: type[FakeCapture]) -> None:
    name = ("/dev/v4l/by-id/usb-Webcam-12-index0",)
    kernel.plugged = [replace(WEBCAM, by_id=name)]
    opener = camera()
    opener.open()
    twin = replace(WEBCAM, bus="usb-8", by_id=("/dev/v4l/by-id/usb-Webcam-13-index0",))
    kernel.plugged = [twin, replace(WEBCAM, node=Path("/dev/video2"), bus="usb-9", by_id=name)]
    opener.open()
    assert [made.number for made in capture.made] == [0, 2]


def test_of_a_camera_with_two_pictures_the_same_one_is_found(kernel: Kernel, capture: type[FakeCapture]) -> None:
    infrared = replace(WEBCAM, node=Path("/dev/video2"), index=2)
    kernel.plugged = [WEBCAM, infrared]
    opener = camera("2")
    opener.open()
    kernel.plugged = [replace(WEBCAM, node=Path("/dev/video3")), replace(infrared, node=Path("/dev/video5"))]
    opener.open()
    assert [made.number for made in capture.made] == [2, 5]


def test_another_camera_is_not_taken_for_it(kernel: Kernel, capture: type[FakeCapture]) -> None:
    opener = camera()
    opener.open()
    kernel.plugged = [replace(WEBCAM, bus="usb-9")]
    with pytest.raises(SourceError, match="^Webcam isn't plugged in$"):
        opener.open()
    assert len(capture.made) == 1


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /dev with links by id."""
    monkeypatch.setattr(v4l2, "DEVICES", tmp_path)
    (tmp_path / "video2").touch()
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
def test_number_device_and_stable_name(devices: Path, capture: type[FakeCapture], text: str, number: int) -> None:
    text = text.format(dev=devices)
    opener = camera(text)
    assert opener.name == (text if text.startswith("/") else f"camera {text}")
    opener.open()
    assert capture.made[0].number == number


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
def test_what_is_no_camera_says_what_one_is_and_what_there_is(
    devices: Path, kernel: Kernel, capture: type[FakeCapture], text: str
) -> None:
    text = text.format(dev=devices)
    with pytest.raises(SourceError) as caught:
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
    assert str(caught.value) == (
        "can't open camera 7; found /dev/video0 (Webcam), /dev/video4 (unicam); check the cable, that you are in the "
        "video group, and that no other program uses it (a CSI camera is --camera csi:0); --source demo needs no camera"
    )
    assert capture.made[0].releases == 1
    kernel.plugged = []
    with pytest.raises(SourceError, match="^can't open camera 7; no camera was found; check the cable"):
        camera("7").open()


def test_a_device_without_permission_names_the_group(
    devices: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK)
    with pytest.raises(SourceError, match=r"no permission to open .*/video2: add yourself to the video group"):
        camera("2").open()
    assert found_cameras() == [f"{devices}/video2 (no permission)"]


def test_on_the_command_line_a_camera_that_goes_for_good_is_exit_code_4(
    edge_classify: Callable[..., Any], kernel: Kernel, capture: type[FakeCapture]
) -> None:
    outcome = edge_classify("--camera", "0", "--json", "--give-up", "0.05")
    assert outcome.code == 4
    assert 1 <= len(outcome.out.splitlines()) <= 3
    assert outcome.err.splitlines()[0] == "camera 0 gives MJPG 640x480 at 30 frames a second"
    last = outcome.err.splitlines()[-1]
    assert re.fullmatch(r"error: camera 0 is given up after \d+ s without a frame: a read failed .*", last)
    assert capture.made[0].releases == 1


def test_on_the_command_line_a_limit_ends_it_well_and_releases_the_camera(
    edge_classify: Callable[..., Any], kernel: Kernel, capture: type[FakeCapture]
) -> None:
    outcome = edge_classify("--camera", "0", "--max-frames", 1, "-q", "--json")
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 1
    assert capture.made[0].releases == 1


def test_on_the_command_line_a_missing_camera_is_one_line_and_exit_code_1(
    edge_classify: Callable[..., Any], kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    outcome = edge_classify("--camera", "0")
    assert (outcome.code, outcome.out) == (1, "")
    for words in ("Webcam", "cable", "video group", "csi:0", "--source demo"):
        assert words in outcome.sentence
