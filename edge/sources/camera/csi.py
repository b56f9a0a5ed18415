"""A Raspberry Pi's CSI camera, by picamera2; the only file that imports it.

picamera2's format named "RGB888" arrives in BGR order, OpenCV's, and so needs no conversion. The luma plane of a YUV
stream would be cheaper to take and is what a grey network wants in the end, but the vision step finds the garment by
its colours (a red shirt on a floor of the same brightness has no edge in luma), so frames are taken in colour.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edge.errors import RuntimeMissingError, SourceError
from edge.sources.camera import CSI_PREFIX, CameraSettings

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

    def __init__(self, camera: str, settings: CameraSettings, *, read_timeout_s: float) -> None:
        """Store the camera's name, csi:0 for the first; the camera is opened by `open`.

        Raises:
            RuntimeMissingError: picamera2 is missing.
            SourceError: not the name of a CSI camera.
        """
        self.name = camera
        number = camera.removeprefix(CSI_PREFIX)
        if not number.isdecimal():
            raise SourceError(f"{camera!r} is no CSI camera: expected csi:0 for the first, csi:1 for the second")
        self._number = int(number)
        self._settings = settings
        self._read_timeout_s = read_timeout_s
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
            raise SourceError(f"no camera {self.name}; libcamera finds {names}; check the ribbon cable")
        self._id = cameras[place].id
        try:
            return CsiCapture(_picamera2()(cameras[place].number), self._settings, self._read_timeout_s)
        except (RuntimeError, IndexError) as error:
            raise SourceError(f"can't open {self.name} ({error}): does another program use it?") from error


class CsiCapture:
    """A started CSI camera (see `edge.sources.readers.Capture`)."""

    def __init__(self, camera: Any, settings: CameraSettings, read_timeout_s: float) -> None:
        self._camera = camera
        self._read_timeout_s = read_timeout_s
        controls = {} if settings.fps is None else {"FrameRate": settings.fps}
        main = {"size": (settings.width, settings.height), "format": "RGB888"}
        camera.configure(camera.create_video_configuration(main=main, controls=controls))
        camera.start()

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next frame: uint8 BGR, shape (H, W, 3), 0-255, copied out of the camera's memory.

        Raises:
            SourceError: no frame came in time.
        """
        job = self._camera.capture_array("main", wait=False)
        try:
            return np.array(self._camera.wait(job, timeout=self._read_timeout_s), np.uint8, order="C")
        except (concurrent.futures.TimeoutError, RuntimeError) as error:
            raise SourceError(f"the CSI camera gave no frame ({error or 'in time'})") from error

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


def _picamera2() -> Any:
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise RuntimeMissingError(
            f"CSI cameras need picamera2, which comes with Raspberry Pi OS and not from pip ({error}): "
            "sudo apt install python3-picamera2, then make the environment with python3 -m venv --system-site-packages"
        ) from error
    return Picamera2
