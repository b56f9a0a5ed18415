"""A V4L2 camera (or whatever OpenCV finds as camera N on other systems)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np

from edge.errors import SourceError, SourceLostError
from edge.sources.frame import Frame

_DEVICES = Path("/dev")
_MAX_DIGITS = 4  # of a camera's number; OpenCV adds its own codes above
_NAMES = Path("/sys/class/video4linux")


class CameraSource:
    """A local camera (see `edge.sources.frame.Source`)."""

    is_stream = True

    def __init__(self, camera: str) -> None:
        """Open it.

        Args:
            camera: number (0), device (/dev/video0) or stable name (/dev/v4l/by-id/...).

        Raises:
            SourceError: there is no such camera, no permission, or it can't be opened.
        """
        self.name = camera if camera.startswith("/") else f"camera {camera}"
        self.skipped = 0
        self._capture = cv2.VideoCapture(_index(camera), cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
        if not self._capture.isOpened():
            raise SourceError(_cannot_open(camera))

    def frames(self) -> Iterator[Frame]:
        """Yield frames as the camera gives them.

        Raises:
            SourceLostError: a read failed: unplugged, or silent for as long as OpenCV waits (10 s).
        """
        number = 0
        while True:
            has_frame, image = self._capture.read()
            if not has_frame:
                self.close()  # held on to, a camera that comes back would get another number
                raise SourceLostError(
                    f"{self.name} gave no more frames after {number}: unplugged, or in use elsewhere?"
                )
            yield Frame(np.asarray(image, np.uint8), number, self.name, datetime.now(timezone.utc))
            number += 1

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def found_cameras() -> list[str]:
    """Device and name of every video node, e.g. "/dev/video0 (USB camera)"; Linux only, empty elsewhere."""
    nodes = sorted(_DEVICES.glob("video*"), key=lambda node: (len(node.name), node.name))
    return [f"{node} ({_camera_name(node)})" for node in nodes]


def _camera_name(node: Path) -> str:
    try:
        return (_NAMES / node.name / "name").read_text(encoding="utf-8").strip()
    except OSError:
        return "no name"


def _index(camera: str) -> int:
    """The number OpenCV wants: by-id names are links to /dev/videoN."""
    number = camera
    if not camera.isdecimal():
        resolved = os.path.realpath(camera)
        number = resolved.removeprefix(f"{_DEVICES}/video")
    if not number.isdecimal() or len(number) > _MAX_DIGITS:
        raise SourceError(
            f"{camera!r} is no camera: expected a number, /dev/videoN or a /dev/v4l/by-id name; {_found_sentence()}"
        )
    return int(number)


def _cannot_open(camera: str) -> str:
    node = _DEVICES / f"video{_index(camera)}"
    if node.exists() and not os.access(node, os.R_OK | os.W_OK):
        return (
            f"no permission to open {node}: add yourself to the video group (sudo usermod -aG video $USER) "
            "and log in again"
        )
    return (
        f"can't open camera {camera}; {_found_sentence()}; check the cable, that you are in the video group, and "
        "that no other program uses it (a CSI camera needs picamera2); --source demo needs no camera"
    )


def _found_sentence() -> str:
    found = found_cameras()
    return f"found {', '.join(found)}" if found else "no camera was found"
