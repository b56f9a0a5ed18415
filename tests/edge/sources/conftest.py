"""A webcam that isn't there, put in the places of OpenCV and of the kernel."""

from __future__ import annotations

import cv2
import pytest

from edge.sources.camera import v4l2
from edge.sources.camera.v4l2 import Format
from tests.edge.sources.camera.fake_webcam import METADATA, PICTURE, SENSOR, WEBCAM, FakeCapture, Kernel


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> type[FakeCapture]:
    """The fake, in OpenCV's place."""
    fake = type("Capture", (FakeCapture,), {"made": [], "grants": {}, "shapes": [PICTURE] * 3})
    monkeypatch.setattr(cv2, "VideoCapture", fake)
    monkeypatch.setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "5")
    return fake


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A webcam with its metadata node, and a CSI camera's bare sensor."""
    made = Kernel(WEBCAM, METADATA, SENSOR)
    monkeypatch.setattr(v4l2, "devices", lambda: made.plugged)
    monkeypatch.setattr(v4l2, "nodes", lambda: [device.node for device in made.plugged])
    monkeypatch.setattr(v4l2, "describe", made.describe)
    monkeypatch.setattr(v4l2, "formats", lambda node: [Format(code, ()) for code in made.offers])
    return made
