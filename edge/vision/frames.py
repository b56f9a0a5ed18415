"""Frames as arrays or as a video's planes, and their conversion to uint8 BGR, shrunk if need be.

Making BGR of a 1080p picture takes as long as finding the garment in it, and the vision step keeps 160 pixels of a row.
So decoders of video hand over planes, and BGR is made only if the whole picture is needed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edge.errors import FrameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PIXELS = 3840  # along the longer edge: above 4K every n-th pixel is enough, or averaging alone would take 50 ms
_VALUES_AVERAGED = 16  # for a pixel: more say nothing more, but take their time to read
_ROWS_AVERAGED = 2  # of these at least, for a pixel; and all columns
_COLOURS_AVERAGED = 4  # for a pixel, of planes that hold one for four pixels
_MOST_DEEP_PIXELS = 640  # the same for 16-bit and float frames, each of whose values is converted first

# ITU-R BT.601, brightness from 16 to 235 and colour from 16 to 240: OpenCV's assumption for every video.
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
        """Store the planes; rows need not be contiguous in memory.

        Args:
            y: uint8, shape (H, W), 16 is black and 235 white.
            u: uint8, shape (H / 2, W / 2), 16 to 240, 128 is grey.
            v: likewise.

        Raises:
            ValueError: the shapes don't fit together.
        """
        height, width = y.shape
        if not (u.shape == v.shape and (height, width) == (2 * u.shape[0], 2 * u.shape[1])):
            raise ValueError(f"planes of shape {y.shape}, {u.shape} and {v.shape} make no 4:2:0 picture")
        self.y, self.u, self.v = y, u, v
        self.shape = (height, width, 3)
        """Shape of the picture as BGR."""
        self._bgr: NDArray[np.uint8] | None = None

    def to_bgr(self) -> NDArray[np.uint8]:
        """Return the whole picture: uint8 BGR, shape (H, W, 3), 0-255; converted at the first call."""
        if self._bgr is None:
            uv = cv2.merge([self.u, self.v])
            self._bgr = np.asarray(cv2.cvtColorTwoPlane(self.y, uv, cv2.COLOR_YUV2BGR_NV12), np.uint8)
        return self._bgr


def planes_to_bgr(y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert planes of one size, uint8, shape (H, W) each, to BGR: uint8, shape (H, W, 3), 0-255."""
    return np.asarray(cv2.transform(cv2.merge([y, u, v]), _TO_BGR_FROM_BLACK), np.uint8)


def to_bgr(frame: NDArray[Any] | YuvPicture) -> NDArray[np.uint8]:
    """Return the frame as uint8 BGR, shape (H, W, 3), 0-255.

    Args:
        frame: grey (H, W) or (H, W, 1), BGR (H, W, 3) or BGRA (H, W, 4), alpha ignored; uint8; uint16, whose white is
            65535; or float, whose white is 1.0 where no value is above it and 255 otherwise, NaN standing for black.
            Or a video's planes.

    Raises:
        FrameError: another type, empty, or none of these shapes.
    """
    if isinstance(frame, YuvPicture):
        return frame.to_bgr()
    require_pixels(frame)
    eight_bit = _to_uint8(frame)
    if eight_bit.ndim == 2 or eight_bit.shape[2] == 1:
        return np.asarray(cv2.cvtColor(eight_bit, cv2.COLOR_GRAY2BGR), np.uint8)
    if eight_bit.shape[2] == 4:
        return np.asarray(cv2.cvtColor(eight_bit, cv2.COLOR_BGRA2BGR), np.uint8)
    return eight_bit


def shrink_to_bgr(frame: NDArray[Any] | YuvPicture, *, longest: int) -> NDArray[np.uint8]:
    """Convert to BGR like `to_bgr`, but shrink first, so that the longer edge has at most `longest` pixels.

    Smaller frames keep their size. Each pixel is the mean of those it stands for, which removes camera noise too; of
    large frames, of those in every n-th row.
    """
    if isinstance(frame, YuvPicture):
        return _shrink_planes(frame, longest)
    require_pixels(frame)
    limit = _MOST_PIXELS if frame.dtype == np.uint8 else _MOST_DEEP_PIXELS
    step = -(-max(frame.shape[:2]) // limit)  # rounded up
    eight_bit = _to_uint8(frame[::step, ::step])
    if max(eight_bit.shape[:2]) > longest:
        eight_bit = _shrink(eight_bit, shrunk_size(eight_bit, longest), values=_VALUES_AVERAGED, rows=_ROWS_AVERAGED)
    return to_bgr(eight_bit)


def _shrink_planes(picture: YuvPicture, longest: int) -> NDArray[np.uint8]:
    """Shrink planes, then convert: the mean of colours is the colour of means, except above white."""
    if max(picture.y.shape) <= longest:
        return picture.to_bgr()
    size = shrunk_size(picture.y, longest)
    y = _shrink(picture.y, size, values=_VALUES_AVERAGED, rows=_ROWS_AVERAGED)
    u, v = (_shrink(plane, size, values=_COLOURS_AVERAGED, rows=1) for plane in (picture.u, picture.v))
    return planes_to_bgr(y, u, v)


def shrunk_size(frame: NDArray[np.uint8], longest: int) -> tuple[int, int]:
    """Return width and height for a longer edge of `longest` pixels."""
    height, width = frame.shape[:2]
    shrink = longest / max(height, width)
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def _shrink(frame: NDArray[np.uint8], size: tuple[int, int], *, values: int, rows: int) -> NDArray[np.uint8]:
    """Shrink to (width, height); a pixel is the mean of `values` values and `rows` rows, if there are as many."""
    height, width = frame.shape[:2]
    rows_averaged = max(rows, math.ceil(values * size[0] / width))
    step = max(1, height // (rows_averaged * size[1]))
    read = _halved(frame[step // 2 :: step], size)
    return np.asarray(cv2.resize(read, size, interpolation=cv2.INTER_AREA), np.uint8)


def _halved(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Halve, which OpenCV does fast, while both edges are even and at least (width, height), or twice that, remains."""
    while all(
        edge % 2 == 0 and (edge >= 4 * least or edge == 2 * least)
        for edge, least in zip(frame.shape[1::-1], size, strict=True)
    ):
        frame = np.asarray(cv2.resize(frame, (frame.shape[1] // 2, frame.shape[0] // 2), interpolation=cv2.INTER_AREA))
    return frame


def require_pixels(frame: object) -> None:
    """Refuse anything but an array of pixels, such as the None that OpenCV returns for an image it can't read."""
    if not isinstance(frame, np.ndarray):
        raise FrameError(f"a frame must be a non-empty array of pixels, got {type(frame).__name__}")
    if not (frame.dtype in (np.uint8, np.uint16) or frame.dtype.kind == "f") or frame.size == 0:
        raise FrameError(
            f"a frame must be a non-empty uint8, uint16 or float array, got {frame.dtype} of shape {frame.shape}"
        )
    if frame.ndim != 2 and not (frame.ndim == 3 and frame.shape[2] in (1, 3, 4)):
        raise FrameError(f"a frame has shape (height, width), or (height, width, 1, 3 or 4), got {frame.shape}")


def _to_uint8(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale pixels to 0-255; white is as in `to_bgr`."""
    if frame.dtype == np.uint8:
        return frame
    if frame.dtype == np.uint16:
        return np.asarray(cv2.convertScaleAbs(frame, alpha=255 / 65535), np.uint8)
    # Infinity is the brightest there is, but must not decide what is white.
    levels = np.nan_to_num(frame, nan=0.0, posinf=-1.0, neginf=0.0)
    white = 1.0 if levels.max() <= 1 else 255.0
    levels = np.clip(np.where(np.isposinf(frame), white, levels), 0, white)
    return np.asarray(np.rint(levels * (255 / white)), np.uint8)
