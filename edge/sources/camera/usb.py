"""A V4L2 camera: opened with the settings it grants, and found again after it was unplugged."""

from __future__ import annotations

import logging
import math
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edge.errors import ConfigError, SourceError
from edge.sources.camera import CameraSettings, v4l2
from edge.sources.camera.v4l2 import Device
from edge.sources.opencv_capture import Buffers
from edge.system.unit import file_hint
from edge.system.urls import is_url, redact_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAX_DIGITS = 4  # in a camera's number; OpenCV adds its own codes above
_PREFERRED_FORMATS = ("MJPG", "YUYV")  # MJPG: the only one that passes USB 2 at size and speed
_LOGGER = logging.getLogger(__name__)


class Camera:
    """Opens a camera of this machine (see `edge.sources.readers.Opener`)."""

    skipped = 0
    can_be_opened_twice = True
    may_be_single = False

    def __init__(self, camera: str, settings: CameraSettings, *, read_timeout_s: float) -> None:
        """Store the camera: a number (0), device (/dev/video0) or stable name (/dev/v4l/by-id/...).

        It is opened by `open`; a camera with a stable name may be plugged in until then.

        Raises:
            ConfigError: not the name of a camera, or an address, which belongs to --source.
        """
        self.name = camera if camera.startswith("/") else f"camera {camera}"
        self._camera = camera
        self._settings = settings
        self._read_timeout_s = read_timeout_s
        self._first: Device | None = None
        with suppress(SourceError):
            _number(camera)

    def open(self) -> CameraCapture:
        """Open the camera; after the first time the very same device, whatever its number has become.

        Raises:
            SourceError: no such camera, no permission, or it can't be opened.
        """
        number = _number(self._camera) if self._first is None else self._number_now(self._first)
        device = v4l2.describe(_node(number))
        if device is not None:
            _require_images(device)
        # For the whole process; with OpenCV's default of 10 s a silent camera could not be reopened for so long.
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(math.ceil(self._read_timeout_s)))
        capture = cv2.VideoCapture(number, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
        if not capture.isOpened():
            capture.release()
            raise SourceError(_cannot_open(self._camera, number))
        granted = _ask(capture, number, self._settings)
        _LOGGER.log(logging.INFO if self._first is None else logging.DEBUG, "%s gives %s", self.name, granted)
        self._first = self._first or device
        return CameraCapture(capture)

    def _number_now(self, first: Device) -> int:
        """Return the number of the device that was opened first: same socket, or else same maker, model and serial."""
        if self._camera.startswith(f"{v4l2.DEVICES}/v4l/"):  # a name that follows the camera by itself
            if Path(self._camera).exists():
                return _number(self._camera)
            raise SourceError(f"{first.name} isn't plugged in")
        present = [device for device in v4l2.devices() if device.gives_pictures and device.index == first.index]
        same_socket = [device for device in present if (device.bus, device.name) == (first.bus, first.name)]
        same_camera = [device for device in present if set(device.by_id) & set(first.by_id)]
        for device in (*same_socket, *same_camera):
            if device.node != first.node:
                _LOGGER.debug("%s is %s now", self.name, device.node)
            return _number(str(device.node))
        raise SourceError(f"{first.name} isn't plugged in")


class CameraCapture:
    """An open camera (see `edge.sources.readers.Capture`)."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._buffers = Buffers()
        self._has_retried = False

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next frame, uint8 BGR, shape (H, W, 3), 0-255, for at most OpenCV's timeout.

        Raises:
            SourceError: no frame came, or it has another shape.
        """
        while True:
            image = self._buffers.read(self._capture)
            if image is None:
                raise SourceError("a read failed (unplugged, in use elsewhere, or silent)")
            if image.ndim == 3 and image.shape[0] > 1 and image.shape[2] == 3:
                return image
            if self._has_retried:
                raise SourceError(f"frames of shape {image.shape} are no pictures; expected (height, width, 3)")
            # The driver chose a format that OpenCV doesn't decode; it does decode YUYV.
            self._has_retried = True
            self._capture.set(cv2.CAP_PROP_FOURCC, _fourcc("YUYV"))

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def found_cameras() -> list[str]:
    """List every camera, e.g. "/dev/video0 (USB camera)"; nodes that may not be opened have no name."""
    devices = {device.node: device for device in v4l2.devices()}
    return [
        f"{node} ({devices[node].name})" if node in devices else f"{node} (no permission)"
        for node in v4l2.nodes()
        if (devices[node].gives_pictures if node in devices else v4l2.is_closed(node))
    ]


def _ask(capture: cv2.VideoCapture, number: int, settings: CameraSettings) -> str:
    """Ask for format, then size, then rate, since each narrows the next; describe what was granted."""
    offered = [fmt.fourcc for fmt in v4l2.formats(_node(number))]
    code = next((code for code in _PREFERRED_FORMATS if code in offered), None)
    if code is not None or not offered:
        capture.set(cv2.CAP_PROP_FOURCC, _fourcc(code or _PREFERRED_FORMATS[0]))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    if settings.fps is not None:
        capture.set(cv2.CAP_PROP_FPS, settings.fps)
    packed_code = int(capture.get(cv2.CAP_PROP_FOURCC))
    code = packed_code.to_bytes(4, "little", signed=True).decode("ascii", "replace").strip("\0 ")
    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = capture.get(cv2.CAP_PROP_FPS)
    refused = [] if (width, height) == (settings.width, settings.height) else [f"{settings.width}x{settings.height}"]
    if settings.fps is not None and abs(fps - settings.fps) > 0.5:
        refused.append(f"{settings.fps:g} frames a second")
    hint = f"; asked for {', '.join(refused)}" if refused else ""
    return f"{code or 'its own format'} {width}x{height} at {fps:g} frames a second{hint}"


def _fourcc(code: str) -> int:
    return cv2.VideoWriter.fourcc(*code)


def _number(camera: str) -> int:
    """Return the number of a camera for OpenCV: by-id names are links to /dev/videoN.

    Raises:
        SourceError: a link that isn't there.
        ConfigError: not the name of a camera.
    """
    if camera.startswith(f"{v4l2.DEVICES}/v4l/") and not Path(camera).exists():
        raise SourceError(f"{camera} isn't plugged in; {_found_sentence()}")
    number = camera
    if not camera.isdecimal():
        number = os.path.realpath(camera).removeprefix(f"{os.path.realpath(v4l2.DEVICES)}/video")
    if not number.isdecimal() or len(number) > _MAX_DIGITS:
        shown = redact_url(camera)
        if is_url(camera) or shown != camera:
            raise ConfigError(f"{shown} is an address and no camera of this machine: give it to --source")
        raise ConfigError(
            f"{camera!r} is no camera: expected a number, /dev/videoN, a /dev/v4l/by-id name or csi:0; "
            f"{_found_sentence()}"
        )
    return int(number)


def _node(number: int) -> Path:
    return v4l2.DEVICES / f"video{number}"


def _require_images(device: Device) -> None:
    """Refuse nodes that can be opened but give no images."""
    if device.driver in v4l2.RAW_SENSORS:
        raise SourceError(f"{device.node} is the bare sensor of a CSI camera: use --camera csi:0 (needs picamera2)")
    if not device.gives_pictures:
        raise SourceError(f"{device.node} belongs to {device.name} but gives no pictures; {_found_sentence()}")


def _cannot_open(camera: str, number: int) -> str:
    node = _node(number)
    if refusal := _refusal_of_unit(node):
        return refusal
    if v4l2.is_closed(node):
        return (
            f"no permission to open {node}: add yourself to the video group (sudo usermod -aG video $USER) "
            "and log in again"
        )
    if v4l2.is_in_use(node):
        return (
            f"camera {camera} is in use: another program, or another instance of this one, reads {node}, and a camera "
            f"serves one at a time; `fuser -v {node}` names it"
        )
    return (
        f"can't open camera {camera}; {_found_sentence()}; check the cable, that you are in the video group, and "
        "that no other program uses it (a CSI camera is --camera csi:0); --source demo needs no camera"
    )


def _refusal_of_unit(node: Path) -> str:
    """Return a sentence if a service's unit keeps it from the node, which its permissions don't show; empty: no."""
    try:
        os.close(os.open(node, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        hint = file_hint(error)
        return f"can't open {node}: {error.strerror}{hint}" if hint else ""
    return ""


def _found_sentence() -> str:
    cameras = found_cameras()
    return f"found {', '.join(cameras)}" if cameras else "no camera was found"
