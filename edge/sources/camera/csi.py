"""A Raspberry Pi's CSI camera, by picamera2; the only file that imports it.

picamera2's format named "RGB888" arrives in BGR order, OpenCV's, and so needs no conversion. The luma plane of a YUV
stream would be cheaper to take and is what a grey network wants in the end, but the vision step finds the garment by
its colours (a red shirt on a floor of the same brightness has no edge in luma), so frames are taken in colour.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edge.errors import ConfigError, RuntimeMissingError, SourceError
from edge.sources.camera import CSI_PREFIX, CameraSettings
from edge.sources.orientation import Orientation, flip
from edge.system.unit import csi_hint
from edge.system.urls import redact_url

if TYPE_CHECKING:
    from numpy.typing import NDArray


class CsiDevice(NamedTuple):
    """A CSI camera as libcamera lists it."""

    model: str
    id: str
    """Name that stays the same whatever else is connected."""
    number: int
    """Number among all cameras of libcamera."""


class CsiCamera:
    """Opens a CSI camera (see `edge.sources.readers.Opener`)."""

    skipped = 0
    can_be_opened_twice = False
    may_be_single = False

    def __init__(
        self,
        camera: str,
        settings: CameraSettings,
        *,
        read_timeout_s: float,
        orientation: Orientation = Orientation(),  # noqa: B008  # immutable
    ) -> None:
        """Store the camera's name, csi:0 for the first; the camera is opened by `open`.

        The sensor itself turns by 180 degrees and mirrors; what it can't do is done to each frame.

        Raises:
            RuntimeMissingError: picamera2 is missing.
            ConfigError: not the name of a CSI camera.
        """
        self.name = camera
        number = camera.removeprefix(CSI_PREFIX)
        if not number.isdecimal():
            raise ConfigError(
                f"{redact_url(camera)!r} is no CSI camera: expected csi:0 for the first, csi:1 for the second"
            )
        self._number = int(number)
        self._settings = settings
        self._read_timeout_s = read_timeout_s
        self._orientation = orientation
        self._id: str | None = None
        _picamera2()

    def open(self) -> CsiCapture:
        """Configure and start the camera; after the first time, the one of the same id.

        Raises:
            SourceError: there is no such camera, or it is in use.
        """
        cameras = csi_cameras()
        if self._id is None:
            place = self._number
        else:
            place = next((n for n, camera in enumerate(cameras) if camera.id == self._id), len(cameras))
        if place >= len(cameras):
            names = ", ".join(f"csi:{n} ({camera.model})" for n, camera in enumerate(cameras)) or "none"
            raise SourceError(f"no camera {self.name}; libcamera finds {names}; check the ribbon cable{csi_hint()}")
        self._id = cameras[place].id
        try:
            camera = _picamera2()(cameras[place].number)
            return CsiCapture(camera, self._settings, self._read_timeout_s, self._orientation)
        except (RuntimeError, IndexError, OSError) as error:
            message = f"can't open {self.name} ({error}): does another program use it?{csi_hint()}"
            raise SourceError(message) from error


class CsiCapture:
    """A started CSI camera (see `edge.sources.readers.Capture`)."""

    def __init__(self, camera: Any, settings: CameraSettings, read_timeout_s: float, orientation: Orientation) -> None:
        self._camera = camera
        self._read_timeout_s = read_timeout_s
        self._orientation = orientation
        controls = {} if settings.fps is None else {"FrameRate": settings.fps}
        main = {"size": (settings.width, settings.height), "format": "RGB888"}
        asked = orientation.flips or (False, False)
        transform = {"transform": _transform(*asked)} if any(asked) else {}
        camera.configure(camera.create_video_configuration(main=main, controls=controls, **transform))
        granted = _granted(camera) if transform else (False, False)
        self._flips = asked[0] != granted[0], asked[1] != granted[1]  # left to do
        camera.start()

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next frame: uint8 BGR, shape (H, W, 3), 0-255, copied out of the camera's memory.

        Raises:
            SourceError: no frame came in time.
        """
        job = self._camera.capture_array("main", wait=False)
        try:
            image = self._camera.wait(job, timeout=self._read_timeout_s)
        except (concurrent.futures.TimeoutError, RuntimeError) as error:
            raise SourceError(f"the CSI camera gave no frame ({error or 'in time'})") from error
        if self._orientation.flips is None:
            return self._orientation.turn(image)
        if any(self._flips):
            return flip(image, left_right=self._flips[0], top_bottom=self._flips[1])
        return np.array(image, np.uint8, order="C")

    def close(self) -> None:
        """Stop and release the camera."""
        self._camera.stop()
        self._camera.close()


def csi_cameras() -> list[CsiDevice]:
    """List the CSI cameras, without the USB cameras that libcamera lists too.

    Raises:
        RuntimeMissingError: picamera2 is missing.
    """
    devices = [
        CsiDevice(str(info["Model"]), str(info["Id"]), info["Num"]) for info in _picamera2().global_camera_info()
    ]
    return [device for device in devices if "/usb" not in device.id]


def _transform(left_right: bool, top_bottom: bool) -> Any:
    from libcamera import Transform  # comes with picamera2

    return Transform(hflip=int(left_right), vflip=int(top_bottom))


def _granted(camera: Any) -> tuple[bool, bool]:
    """Return which sides the camera swaps: libcamera may have changed what it was asked for."""
    transform = camera.camera_configuration().get("transform")
    return bool(getattr(transform, "hflip", False)), bool(getattr(transform, "vflip", False))


def _picamera2() -> Any:
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise RuntimeMissingError(
            f"CSI cameras need picamera2, which comes with Raspberry Pi OS and not from pip ({error}): "
            "sudo apt install python3-picamera2, then make the environment with python3 -m venv --system-site-packages"
        ) from error
    return Picamera2
