"""Memory that pictures are read into, again and again.

Fresh pages for each picture take a tenth of a 1080p video's rate; and where a camera runs for months, pictures that
come and go between small things leave holes of their size in the heap.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import cv2
    from numpy.typing import NDArray

_MOST = 8  # a queue's, those on either side of it, and what a sink still shows; of 1080p, 50 MB
_OURS = 3  # references that are no reader's: the list's, the loop's, and the one that counts them


class Buffers:
    """Pictures that were given out, and may be overwritten once nobody holds them or a part of them any more."""

    def __init__(self) -> None:
        """Start with none."""
        self._given: list[NDArray[np.uint8]] = []

    def read(self, capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
        """Read what comes next, into memory that is there already where some is free.

        Returns:
            uint8, shape (H, W, 3), or of another where the device or file gives no pictures; None: there is nothing.
        """
        free = self._free()
        has_picture, image = capture.read() if free is None else capture.read(free)
        if not has_picture:
            return None
        picture = np.asarray(image, np.uint8)
        if picture.ndim == 3:
            self._keep(picture)
        return picture

    def _free(self) -> NDArray[np.uint8] | None:
        """One that nobody holds; None: there is none, so OpenCV has to make a new one."""
        for picture in self._given:
            if sys.getrefcount(picture) <= _OURS:
                return picture
        return None

    def _keep(self, picture: NDArray[np.uint8]) -> None:
        """Remember a picture that OpenCV made, unless there are enough of them; those of another size serve no more."""
        if self._given and self._given[0].shape != picture.shape:
            self._given.clear()
        if len(self._given) < _MOST and not any(picture is given for given in self._given):
            self._given.append(picture)
