"""A fake V4L2 camera: the settings it is asked for, its frames, and that it is found again wherever it comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.errors import SourceError
from edge.sources import CameraSettings
from tests.edge.sources.camera.fake_webcam import METADATA, PICTURE, WEBCAM, FakeCapture, Kernel, camera


def test_format_then_size_then_rate_are_asked_for_and_the_granted_ones_are_logged(
    kernel: Kernel, capture: type[FakeCapture], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="edge")
    opener = camera(settings=CameraSettings(720, 1280, 15))
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
    (message,) = caplog.messages
    assert re.fullmatch(r"camera 0 .* MJPG 1280x720 at 15 .*", message)


def test_a_setting_that_was_not_granted_is_logged(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="edge")
    kernel.offers = ["YUYV"]
    grants = {cv2.CAP_PROP_FRAME_WIDTH: 320.0, cv2.CAP_PROP_FRAME_HEIGHT: 240.0, cv2.CAP_PROP_FPS: 5.0}
    monkeypatch.setattr(capture, "grants", grants)
    camera(settings=CameraSettings(480, 640, 30)).open()
    (message,) = caplog.messages
    assert re.fullmatch(r"camera 0 .* YUYV 320x240 .* 5 .* 640x480, 30 .*", message)


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


def test_after_a_frame_of_an_odd_shape_yuyv_is_asked_for(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "shapes", [(1, 921600), PICTURE])
    assert camera().open().read().shape == PICTURE
    assert capture.made[0].asked[-1] == (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"YUYV"))


@pytest.mark.parametrize("shape", [(1, 921600), (480, 640), (480, 640, 2), (1, 640, 3)])
def test_frames_that_stay_odd_are_an_error_with_their_shape(
    kernel: Kernel, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(capture, "shapes", [shape] * 3)
    with pytest.raises(SourceError, match=rf"{re.escape(str(shape))}.*\(height, width, 3\)"):
        camera().open().read()


def test_a_camera_with_a_new_number_is_found_by_its_socket(kernel: Kernel, capture: type[FakeCapture]) -> None:
    opener = camera()
    opener.open()
    other = replace(WEBCAM, bus="usb-9")
    kernel.plugged = [other, replace(METADATA, node=Path("/dev/video2")), replace(WEBCAM, node=Path("/dev/video3"))]
    opener.open()
    assert [made.number for made in capture.made] == [0, 3]


def test_a_camera_in_another_socket_is_found_by_its_serial_number(kernel: Kernel, capture: type[FakeCapture]) -> None:
    name = ("/dev/v4l/by-id/usb-Webcam-12-index0",)
    kernel.plugged = [replace(WEBCAM, by_id=name)]
    opener = camera()
    opener.open()
    twin = replace(WEBCAM, bus="usb-8", by_id=("/dev/v4l/by-id/usb-Webcam-13-index0",))
    kernel.plugged = [twin, replace(WEBCAM, node=Path("/dev/video2"), bus="usb-9", by_id=name)]
    opener.open()
    assert [made.number for made in capture.made] == [0, 2]


def test_a_camera_with_two_nodes_is_found_by_the_same_node(kernel: Kernel, capture: type[FakeCapture]) -> None:
    infrared = replace(WEBCAM, node=Path("/dev/video2"), index=2)
    kernel.plugged = [WEBCAM, infrared]
    opener = camera("2")
    opener.open()
    kernel.plugged = [replace(WEBCAM, node=Path("/dev/video3")), replace(infrared, node=Path("/dev/video5"))]
    opener.open()
    assert [made.number for made in capture.made] == [2, 5]


def test_another_camera_of_the_same_model_is_not_opened_instead(kernel: Kernel, capture: type[FakeCapture]) -> None:
    opener = camera()
    opener.open()
    kernel.plugged = [replace(WEBCAM, bus="usb-9")]
    with pytest.raises(SourceError, match="^Webcam isn't plugged in$"):
        opener.open()
    assert len(capture.made) == 1


def test_on_the_command_line_a_camera_that_goes_for_good_is_exit_code_4(
    edge_classify: Callable[..., Any], kernel: Kernel, capture: type[FakeCapture]
) -> None:
    outcome = edge_classify("--camera", "0", "--json", "--give-up-after", "0.05")
    assert outcome.code == 4
    assert 1 <= len(outcome.out.splitlines()) <= 3
    assert re.match(r"camera 0 .* MJPG 640x480 at 30 ", outcome.err)
    last = outcome.err.splitlines()[-1]
    assert re.match(r"error: camera 0 .* \d+ s ", last)
    assert "a read failed" in last
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
