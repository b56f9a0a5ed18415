"""A camera that isn't there: a fake cv2.VideoCapture, and made-up /dev and /sys folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import SourceError, SourceLostError
from edge.sources import camera, open_source
from edge.sources.camera import CameraSource, found_cameras


class FakeCapture:
    """Stands for cv2.VideoCapture: gives `frames` frames, then none."""

    opens = True
    frames = 3
    made: list[FakeCapture]

    def __init__(self, index: int, backend: int) -> None:
        self.index, self.backend = index, backend
        self.left = self.frames
        self.releases = 0
        self.made.append(self)

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self.opens

    def read(self) -> tuple[bool, Any]:
        self.left -= 1
        return (True, np.full((4, 6, 3), self.left, np.uint8)) if self.left >= 0 else (False, None)

    def release(self) -> None:
        self.releases += 1


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> type[FakeCapture]:
    """The fake, in OpenCV's place."""
    fake = type("Capture", (FakeCapture,), {"made": []})
    monkeypatch.setattr(cv2, "VideoCapture", fake)
    return fake


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /dev with three video nodes, two of which have a name in /sys."""
    folder = tmp_path / "dev"
    names = tmp_path / "sys"
    for number in (10, 0, 2):
        folder.mkdir(exist_ok=True)
        (folder / f"video{number}").touch()
    for node, name in (("video0", "USB camera: HD\n"), ("video10", "bcm2835-codec\n")):
        (names / node).mkdir(parents=True)
        (names / node / "name").write_text(name, encoding="utf-8")
    by_id = folder / "v4l" / "by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-Logitech-index0").symlink_to("../../video2")
    (by_id / "usb-microphone").symlink_to("../../audio0")
    monkeypatch.setattr(camera, "_DEVICES", folder)
    monkeypatch.setattr(camera, "_NAMES", names)
    return folder


def test_found_cameras_are_named_and_in_the_order_of_their_numbers(devices: Path) -> None:
    assert found_cameras() == [
        f"{devices}/video0 (USB camera: HD)",
        f"{devices}/video2 (no name)",
        f"{devices}/video10 (bcm2835-codec)",
    ]


@pytest.mark.parametrize(
    ("text", "index"),
    [("0", 0), ("12", 12), ("{dev}/video2", 2), ("{dev}/v4l/by-id/usb-Logitech-index0", 2)],
    ids=["number", "two digits", "device", "stable name"],
)
def test_number_device_and_stable_name(devices: Path, capture: type[FakeCapture], text: str, index: int) -> None:
    text = text.format(dev=devices)
    source = open_source(text, is_camera=True)
    assert isinstance(source, CameraSource)
    assert source.name == (text if text.startswith("/") else f"camera {text}")
    assert capture.made[0].index == index
    if sys.platform == "linux":
        assert capture.made[0].backend == cv2.CAP_V4L2


@pytest.mark.parametrize(
    "text", ["", "-1", "front", "video0", "{dev}/videos", "{dev}/v4l/by-id/usb-microphone", "{dev}/video2/x"]
)
def test_what_is_no_camera_says_what_one_is_and_what_there_is(
    devices: Path, capture: type[FakeCapture], text: str
) -> None:
    text = text.format(dev=devices)
    with pytest.raises(SourceError) as caught:
        CameraSource(text)
    sentence = str(caught.value)
    assert sentence.startswith(
        f"{text!r} is no camera: expected a number, /dev/videoN or a /dev/v4l/by-id name; found "
    )
    assert "video0 (USB camera: HD)" in sentence
    assert not capture.made


def test_frames_are_numbered_until_the_camera_is_lost(capture: type[FakeCapture]) -> None:
    source = CameraSource("0")
    assert source.is_stream
    frames = source.frames()
    seen = [next(frames) for _ in range(3)]
    assert [frame.number for frame in seen] == [0, 1, 2]
    assert [int(frame.image[0, 0, 0]) for frame in seen] == [2, 1, 0]
    assert {frame.source for frame in seen} == {"camera 0"}
    assert all(frame.time.utcoffset() is not None and not frame.time.utcoffset() for frame in seen)
    assert capture.made[0].releases == 0
    with pytest.raises(SourceLostError, match="camera 0 gave no more frames after 3: unplugged, or in use elsewhere"):
        next(frames)
    assert capture.made[0].releases == 1
    source.close()
    assert capture.made[0].releases == 2


def test_a_camera_that_does_not_open_names_the_others_and_what_to_check(
    devices: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    with pytest.raises(SourceError) as caught:
        CameraSource("0")
    assert not isinstance(caught.value, SourceLostError)
    assert str(caught.value) == (
        f"can't open camera 0; found {devices}/video0 (USB camera: HD), {devices}/video2 (no name), "
        f"{devices}/video10 (bcm2835-codec); check the cable, that you are in the video group, and that no other "
        "program uses it (a CSI camera needs picamera2); --source demo needs no camera"
    )


def test_where_there_is_no_camera_the_sentence_says_so(
    tmp_path: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_DEVICES", tmp_path)
    monkeypatch.setattr(capture, "opens", False)
    with pytest.raises(SourceError, match="^can't open camera 0; no camera was found; check the cable"):
        CameraSource("0")


def test_a_device_without_permission_names_the_group(
    devices: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK)
    with pytest.raises(SourceError, match=r"no permission to open .*/video2: add yourself to the video group"):
        CameraSource("2")
    with pytest.raises(SourceError, match="^can't open camera 7; found"):  # there is no such node
        CameraSource("7")


def test_on_the_command_line_a_lost_camera_is_exit_code_4(
    edge_classify: Callable[..., Any], capture: type[FakeCapture]
) -> None:
    outcome = edge_classify("--camera", "0", "--json")
    assert outcome.code == 4
    assert len(outcome.out.splitlines()) == 3
    assert outcome.sentence.startswith("camera 0 gave no more frames after 3")
    assert capture.made[0].releases >= 1


def test_on_the_command_line_a_limit_ends_it_well_and_releases_the_camera(
    edge_classify: Callable[..., Any], capture: type[FakeCapture]
) -> None:
    outcome = edge_classify("--camera", "0", "--max-frames", 2, "-q", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert len(outcome.out.splitlines()) == 2
    assert capture.made[0].releases == 1


def test_on_the_command_line_a_missing_camera_is_one_line_and_exit_code_1(
    edge_classify: Callable[..., Any], devices: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "opens", False)
    outcome = edge_classify("--camera", "0")
    assert (outcome.code, outcome.out) == (1, "")
    for words in ("USB camera: HD", "cable", "video group", "picamera2", "--source demo"):
        assert words in outcome.sentence
