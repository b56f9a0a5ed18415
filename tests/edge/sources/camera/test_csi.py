"""CSI cameras by a fake picamera2, whose frames have the real one's order of colours."""

from __future__ import annotations

import concurrent.futures
import sys
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import ConfigError, RuntimeMissingError, SourceError
from edge.sources.camera.csi import CsiCamera, csi_cameras
from edge.sources.camera.listing import list_cameras
from edge.sources.camera.usb import CameraSettings
from edge.sources.orientation import Orientation

SETTINGS = CameraSettings(480, 640, 15)
BLUE = (255, 0, 0)  # in BGR


class FakePicamera2:
    """Stands for picamera2.Picamera2: a blue scene."""

    cameras: list[dict[str, Any]]
    made: list[FakePicamera2]
    is_busy = False

    def __init__(self, number: int) -> None:
        if self.is_busy:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self.number = number
        self.done: list[str] = []
        self.frames = 2
        self.made.append(self)

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return cls.cameras

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration

    def start(self) -> None:
        self.done.append("start")

    def capture_array(self, name: str, *, wait: bool) -> str:
        assert (name, wait) == ("main", False)
        return "job"

    def wait(self, job: str, *, timeout: float) -> np.ndarray:
        assert (job, timeout) == ("job", 7.0)
        self.frames -= 1
        if self.frames < 0:
            raise concurrent.futures.TimeoutError
        width, height = self.configuration["main"]["size"]
        padded = np.zeros((height, width + 8, 3), np.uint8)  # rows in a camera's memory are longer than a picture's
        padded[:] = BLUE
        return padded[:, :width]

    def stop(self) -> None:
        self.done.append("stop")

    def close(self) -> None:
        self.done.append("close")


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    """Two CSI cameras and a USB camera, which libcamera knows too."""
    cameras = [
        {"Model": "imx219", "Id": "/base/i2c/imx219@10", "Num": 0},
        {"Model": "Webcam", "Id": "/base/scb/pcie/usb@0,0-1:1.0-046d:0825", "Num": 1},
        {"Model": "imx708", "Id": "/base/i2c/imx708@1a", "Num": 2},
    ]
    fake = type("Picamera2", (FakePicamera2,), {"cameras": cameras, "made": []})
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=fake))  # type: ignore[arg-type]
    return fake


def camera(name: str = "csi:0") -> CsiCamera:
    """A camera that waits seven seconds for a frame."""
    return CsiCamera(name, SETTINGS, read_timeout_s=7.0)


def test_a_frame_is_bgr_and_owns_its_memory(picamera2: type[FakePicamera2]) -> None:
    opened = camera().open()
    (made,) = picamera2.made
    assert made.configuration == {
        "main": {"size": (640, 480), "format": "RGB888"},
        "controls": {"FrameRate": 15},
    }
    image = opened.read()
    assert (image.shape, image.dtype, image.flags.owndata) == ((480, 640, 3), np.uint8, True)
    assert tuple(image[0, 0]) == BLUE  # named RGB888, it comes in OpenCV's order: nothing is swapped
    opened.read()
    with pytest.raises(SourceError, match="no frame"):
        opened.read()
    opened.close()
    assert made.done == ["start", "stop", "close"]


@pytest.mark.parametrize("grants", [True, False], ids=["by the sensor", "by ourselves"])
@pytest.mark.parametrize(
    ("orientation", "flips", "place"),
    [
        (Orientation(180), (1, 1), (-1, -1)),
        (Orientation(0, True), (1, 0), (0, -1)),
        (Orientation(180, True), (0, 1), (-1, 0)),
        (Orientation(90), None, (0, -1)),
        (Orientation(270), None, (-1, 0)),
    ],
)
def test_the_sensor_turns_what_it_can(  # noqa: PLR0917  # a fixture, a patch, a case
    picamera2: type[FakePicamera2],
    monkeypatch: pytest.MonkeyPatch,
    grants: bool,
    orientation: Orientation,
    flips: tuple[int, int] | None,
    place: tuple[int, int],
) -> None:
    """The upper left pixel of the scene is white; it lies at `place` of the picture that is turned here."""

    def wait(self: FakePicamera2, job: str, *, timeout: float) -> np.ndarray:
        scene = np.zeros((480, 640, 3), np.uint8)
        scene[0, 0] = 255
        granted = self.camera_configuration().get("transform")
        return cv2.flip(scene, {(1, 1): -1, (1, 0): 1, (0, 1): 0}[flips]) if granted and grants and flips else scene

    def configuration(self: FakePicamera2) -> dict[str, Any]:
        return self.configuration if grants else {**self.configuration, "transform": SimpleNamespace(hflip=0, vflip=0)}

    monkeypatch.setitem(sys.modules, "libcamera", SimpleNamespace(Transform=SimpleNamespace))  # type: ignore[arg-type]
    monkeypatch.setattr(picamera2, "wait", wait)
    monkeypatch.setattr(picamera2, "camera_configuration", configuration, raising=False)
    image = CsiCamera("csi:0", SETTINGS, read_timeout_s=7.0, orientation=orientation).open().read()
    (made,) = picamera2.made
    asked = made.configuration.get("transform")
    assert (asked and (asked.hflip, asked.vflip)) == flips
    assert image.shape == ((640, 480, 3) if flips is None else (480, 640, 3))
    assert image[place].tolist() == [255] * 3
    assert image.sum() == 3 * 255


def test_csi_cameras_are_numbered_without_the_usb_cameras_between_them(picamera2: type[FakePicamera2]) -> None:
    camera("csi:1").open()
    assert picamera2.made[0].number == 2
    assert [device.model for device in csi_cameras()] == ["imx219", "imx708"]
    assert '"camera": "csi:1",\n    "name": "imx708"' in list_cameras(as_json=True)


def test_a_camera_is_opened_again_by_its_id(picamera2: type[FakePicamera2]) -> None:
    opener = camera("csi:1")
    opener.open().close()
    del picamera2.cameras[0]
    opener.open()
    assert [made.number for made in picamera2.made] == [2, 2]
    picamera2.cameras.clear()
    with pytest.raises(SourceError, match="csi:1.* none.*ribbon"):
        opener.open()


def test_a_missing_camera_or_one_in_use_is_an_error(
    picamera2: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match=r"csi:2.*\(imx219\), .*\(imx708\)"):
        camera("csi:2").open()
    monkeypatch.setattr(picamera2, "is_busy", True)
    with pytest.raises(SourceError, match=r"csi:0 \(.*busy\): .*another program"):
        camera().open()
    with pytest.raises(ConfigError, match="'csi:front' .*: expected csi:0"):
        camera("csi:front")


def test_without_picamera2_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(RuntimeMissingError, match="python3-picamera2.* --system-site-packages"):
        camera()
