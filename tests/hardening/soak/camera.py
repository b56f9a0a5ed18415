"""A camera made of software, in the place of OpenCV's: drawn garments, and the faults of a schedule."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.demo import draw_frame
from tests.hardening.soak.schedule import SIZES, Fault, Timeline

CAMERA_NUMBER = 9999
"""Number that no real camera has."""
STAMP_BYTES = 6
"""A picture's number stands in its first two pixels, so that whoever sees it knows when it was taken."""
_GARMENTS, _SWAY = 10, 8  # drawn once; so many pictures of each are shown over and over
_SECONDS_PER_GARMENT = 2.0


class ScriptedCamera:
    """The device itself: what it gives at which time."""

    def __init__(
        self,
        timeline: Timeline,
        *,
        height: int,
        width: int,
        fps: float,
        read_timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Draw its pictures and switch it on.

        Args:
            timeline: its faults, in seconds by the clock.
            height: of its pictures.
            width: of its pictures.
            fps: pictures a second.
            read_timeout_s: for how long a read waits for one.
            clock: seconds since the start of the run.
            sleep: waits for seconds.
        """
        self.given = 0
        """Pictures so far; the number of the newest."""
        self.opened = 0
        """Attempts to open it."""
        self.shortest_gap_s, self.longest_gap_s = float("inf"), 0.0
        """Between two attempts in a row, with no picture in between."""
        self._timeline, self._fps, self._read_timeout_s = timeline, fps, read_timeout_s
        self._clock, self._sleep = clock, sleep
        numbers = [garment * 100 + sway for garment in range(_GARMENTS) for sway in range(_SWAY)]
        self._drawn = [draw_frame(number, hold=100, height=height, width=width).image for number in numbers]
        self._memory = self._drawn[0].copy()  # the driver's own, as a real one has it
        self._newest = self._memory
        self._tried_s: float | None = None  # the attempt before, unless there was a picture since
        self._began_s: float | None = None  # the read that goes on

    def capture(self, *_: int) -> ScriptedCapture:
        """Stand-in for `cv2.VideoCapture(number, backend)`."""
        now_s = self._clock()
        self.opened += 1
        if self._tried_s is not None:
            self.shortest_gap_s = min(self.shortest_gap_s, now_s - self._tried_s)
            self.longest_gap_s = max(self.longest_gap_s, now_s - self._tried_s)
        self._tried_s, self._began_s = now_s, None
        fault = self._timeline.at(now_s)
        return ScriptedCapture(self, is_open=fault is None or fault.kind != "gone")

    def forgive(self) -> None:
        """Whoever opens it was stopped: the gap to the next attempt isn't its own."""
        self._tried_s = None

    def due_s(self) -> float:
        """Return the time at which the current or next read returns."""
        began_s = self._began_s = self._clock() if self._began_s is None else self._began_s
        due_s = began_s + 1 / self._fps
        fault = self._timeline.at(due_s)
        if fault is not None and fault.kind in ("fail", "gone"):
            return max(began_s, fault.begins_s)
        if fault is not None and fault.kind == "silent":
            return min(began_s + self._read_timeout_s, fault.ends_s)
        return due_s

    def read(self, into: NDArray[np.uint8] | None = None) -> tuple[bool, NDArray[np.uint8] | None]:
        """Wait for a picture: whether there is one, and uint8 BGR, shape (height, width, 3).

        Args:
            into: where to put it, if it is of its size, as OpenCV does; else it comes in an array of its own.
        """
        wait_s = self.due_s() - self._clock()
        if wait_s > 0:
            self._sleep(wait_s)
        now_s, self._began_s = self._clock(), None
        fault = self._timeline.at(now_s)
        kind = "" if fault is None else fault.kind
        if kind in ("silent", "fail", "gone"):
            return False, None
        self._tried_s = None
        if kind == "odd":
            return True, np.zeros((1, self._newest.size), np.uint8)
        if kind == "still":
            return True, _copied(self._newest, into)
        self.given += 1
        if kind == "black":
            return True, np.zeros_like(self._newest)
        self._newest = self._picture(now_s, fault)
        return True, _copied(self._newest, into)

    def _picture(self, now_s: float, fault: Fault | None) -> NDArray[np.uint8]:
        """A garment for two seconds, swaying, with the picture's number in it."""
        garment = int(now_s / _SECONDS_PER_GARMENT) % _GARMENTS
        drawn = self._drawn[garment * _SWAY + self.given % _SWAY]
        if fault is None:
            picture = self._memory
            np.copyto(picture, drawn)
        else:
            height, width = SIZES[self.given % len(SIZES)]
            picture = np.asarray(cv2.resize(drawn, (width, height)), np.uint8)
        picture.reshape(-1)[:STAMP_BYTES] = np.frombuffer(self.given.to_bytes(STAMP_BYTES, "big"), np.uint8)
        return picture


class ScriptedCapture:
    """An opened `ScriptedCamera`: the methods of `cv2.VideoCapture` that `edge.sources.camera.usb` calls, no more."""

    def __init__(self, camera: ScriptedCamera, *, is_open: bool) -> None:
        """Store the device number."""
        self._camera, self._is_open = camera, is_open

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        """Return whether it could be opened."""
        return self._is_open

    def read(self, into: NDArray[np.uint8] | None = None) -> tuple[bool, NDArray[np.uint8] | None]:
        """See `ScriptedCamera.read`."""
        return self._camera.read(into)

    def set(self, _what: int, _value: float) -> bool:
        """Grant nothing."""
        return False

    def get(self, _what: int) -> float:
        """Know nothing."""
        return 0.0

    def release(self) -> None:
        """Let go of it."""
        self._is_open = False


def _copied(picture: NDArray[np.uint8], into: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if into is None or into.shape != picture.shape:
        return picture.copy()
    np.copyto(into, picture)
    return into


def stamp(image: NDArray[np.uint8]) -> int:
    """The number of a picture of this camera; 0 for a black one."""
    return int.from_bytes(image.reshape(-1)[:STAMP_BYTES].tobytes(), "big")
