"""A picture as decoders of video have it: how bright each pixel is, and the colour of every four of them.

Making BGR of a 1080p picture takes as long as finding the garment in it, and the vision step keeps 160 pixels of a row.
So it is given the planes, and BGR is made of them only where somebody wants to see the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# ITU-R BT.601, brightness from 16 to 235 and colour from 16 to 240: what OpenCV takes every video for.
_LIGHT = 255 / 219
_BLUE, _RED = 2 * 0.886 * 255 / 224, 2 * 0.701 * 255 / 224
_TO_BGR = np.array(
    [[_LIGHT, _BLUE, 0], [_LIGHT, -_BLUE * 0.114 / 0.587, -_RED * 0.299 / 0.587], [_LIGHT, 0, _RED]], np.float32
)
_BLACK = np.array([16, 128, 128], np.float32)
_TO_BGR_FROM_BLACK = np.column_stack([_TO_BGR, -_TO_BGR @ _BLACK])


class YuvPicture:
    """YUV 4:2:0 in three planes, of an even number of rows and columns."""

    def __init__(self, y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> None:
        """Take the planes; rows may lie apart in memory.

        Args:
            y: uint8, shape (H, W), 16 is black and 235 white.
            u: uint8, shape (H / 2, W / 2), 16 to 240, 128 is grey.
            v: likewise.

        Raises:
            ValueError: they don't fit together.
        """
        height, width = y.shape
        if not (u.shape == v.shape and (height, width) == (2 * u.shape[0], 2 * u.shape[1])):
            raise ValueError(f"planes of shape {y.shape}, {u.shape} and {v.shape} make no 4:2:0 picture")
        self.y, self.u, self.v = y, u, v
        self.shape = (height, width, 3)
        """Of the picture as BGR."""
        self._bgr: NDArray[np.uint8] | None = None

    def to_bgr(self) -> NDArray[np.uint8]:
        """The whole picture: uint8 BGR, shape (H, W, 3), 0-255; made when it is first asked for."""
        if self._bgr is None:
            uv = cv2.merge([self.u, self.v])
            self._bgr = np.asarray(cv2.cvtColorTwoPlane(self.y, uv, cv2.COLOR_YUV2BGR_NV12), np.uint8)
        return self._bgr


def planes_to_bgr(y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Planes of one size, uint8, shape (H, W) each, as BGR: uint8, shape (H, W, 3), 0-255."""
    return np.asarray(cv2.transform(cv2.merge([y, u, v]), _TO_BGR_FROM_BLACK), np.uint8)
