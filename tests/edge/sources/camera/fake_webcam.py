"""A webcam that isn't there: a fake cv2.VideoCapture, and a made-up kernel that says what is plugged in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edge.sources import CameraSettings
from edge.sources.camera.usb import Camera
from edge.sources.camera.v4l2 import Device

WISH = CameraSettings(480, 640)
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

    def read(self, _into: Any = None) -> tuple[bool, Any]:
        return (True, np.zeros(self.left.pop(0), np.uint8)) if self.left else (False, None)

    def release(self) -> None:
        self.releases += 1


WEBCAM = Device(Path("/dev/video0"), "uvcvideo", "Webcam", "usb-1", (), gives_pictures=True)
METADATA = Device(Path("/dev/video1"), "uvcvideo", "Webcam", "usb-1", (), gives_pictures=False)
SENSOR = Device(Path("/dev/video4"), "unicam", "unicam", "platform:1", (), gives_pictures=True)


class Kernel:
    """Devices that are plugged in, and the formats they offer."""

    def __init__(self, *plugged: Device) -> None:
        self.plugged = list(plugged)
        self.offers = ["YUYV", "MJPG"]

    def describe(self, node: Path) -> Device | None:
        return next((device for device in self.plugged if device.node == node), None)


def camera(name: str = "0", settings: CameraSettings = WISH) -> Camera:
    """A camera that waits five seconds for a frame."""
    return Camera(name, settings, read_timeout_s=5)
