"""Recipe `garment-v1`: find what differs from the frame's border and make it look like a Fashion-MNIST image.

The data set's own recipe (Xiao et al., 2017, arXiv:1708.07747, section 2) trims the background by the
corner colour, scales the longest edge to 28 pixels, centres it on a 28x28 canvas, negates and turns grey.
Here the border of the frame stands for the background and the distance from it for the negated grey, so
that a garment is bright on black whether it was darker or lighter than what it lies on.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import FrameError
from edge.vision.sighting import Sighting

GARMENT_RECIPE = "garment-v1"

_WORKING_EDGE = 160  # longest edge in pixels while searching: the target has 28, so five times is ample
_NOISE_FLOOR = 24  # grey levels (of 255): a difference from the background below this is camera noise
_WHITE_PERCENTILE = 98  # of the garment's own pixels: this becomes full brightness


def find_garment(frame: NDArray[np.uint8], *, height: int = 28, width: int = 28) -> Sighting:
    """Find the garment in a camera frame and make of it what the network was trained on.

    Args:
        frame: uint8 BGR frame, shape (H, W, 3), or grey (H, W), 0-255.
        height: rows of the model input.
        width: columns of the model input.

    Returns:
        The garment bright on black (0), its longest edge touching the canvas, centred; its outline in the frame; and
        how sure it is that there is one.

    Raises:
        FrameError: the array isn't an image (see `to_bgr`).
    """
    grey = _working_copy(frame)
    distance = _distance_from_border(grey)
    box = _bounding_box(distance)
    if box is None:
        return Sighting(np.zeros((height, width), np.uint8), np.zeros((0, 2), np.int32), 0.0)
    top, bottom, left, right = box
    pixels = _fit(_stretch(distance[top:bottom, left:right]), height=height, width=width)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    to_frame = np.array(frame.shape[1::-1]) / grey.shape[::-1]
    return Sighting(pixels, np.rint(corners * to_frame).astype(np.int32), 1.0)


def frame_to_pixels(frame: NDArray[np.uint8], *, height: int = 28, width: int = 28) -> NDArray[np.uint8]:
    """The pixels of `find_garment` alone: uint8 grey, shape (height, width), 0-255."""
    return find_garment(frame, height=height, width=width).pixels


def to_bgr(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the frame as uint8 BGR, shape (H, W, 3); grey (H, W) or (H, W, 1) and BGRA (H, W, 4) are converted.

    Raises:
        FrameError: not uint8, empty, or none of these shapes.
    """
    _require_pixels(frame)
    if frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 1):
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR), np.uint8)
    if frame.ndim == 3 and frame.shape[2] == 4:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGRA2BGR), np.uint8)
    if frame.ndim == 3 and frame.shape[2] == 3:
        return frame
    raise FrameError(f"a frame has shape (height, width), or (height, width, 1, 3 or 4), got {frame.shape}")


def _require_pixels(frame: object) -> None:
    """Refuse what is no array of pixels, such as the None that OpenCV gives for a picture it can't read."""
    if not isinstance(frame, np.ndarray):
        raise FrameError(f"a frame must be a non-empty uint8 array, got {type(frame).__name__}")
    if frame.dtype != np.uint8 or frame.size == 0:
        raise FrameError(f"a frame must be a non-empty uint8 array, got {frame.dtype} of shape {frame.shape}")


def _working_copy(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink first, then turn grey: the search needs few pixels and area averaging removes camera noise."""
    _require_pixels(frame)
    bgr = frame if frame.ndim == 2 else to_bgr(frame)
    shrink = _WORKING_EDGE / max(bgr.shape[:2])
    if shrink < 1:
        size = (max(1, round(bgr.shape[1] * shrink)), max(1, round(bgr.shape[0] * shrink)))
        bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    return bgr if bgr.ndim == 2 else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def _distance_from_border(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Absolute difference from the median of the outermost pixels, uint8, shape and range of `grey`."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return np.asarray(cv2.absdiff(grey, np.full_like(grey, int(np.median(border)))), np.uint8)


def _bounding_box(distance: NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right), half open, of the part above Otsu's threshold; None where there is none."""
    otsu, _ = cv2.threshold(distance, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask = (distance > max(_NOISE_FLOOR, 0.5 * otsu)).astype(np.uint8)
    if min(mask.shape) > 28:
        # A lone speck would stretch the box; data-set sized images are too small to lose a pixel.
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    if not mask.any():
        return None
    left, top, box_width, box_height = cv2.boundingRect(mask)
    return top, top + box_height, left, left + box_width


def _stretch(distance: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the noise to black and scale the garment's bright end to white."""
    garment = distance[distance > _NOISE_FLOOR]
    white = max(float(np.percentile(garment, _WHITE_PERCENTILE)), 1.0) if garment.size else 255.0
    scaled = np.clip(distance.astype(np.float32) * (255.0 / white), 0, 255)
    scaled[distance <= _NOISE_FLOOR // 2] = 0
    return np.asarray(np.rint(scaled), np.uint8)


def _fit(garment: NDArray[np.uint8], *, height: int, width: int) -> NDArray[np.uint8]:
    """Scale so that the garment just fits and centre it on a black canvas of (height, width)."""
    scale = min(height / garment.shape[0], width / garment.shape[1])
    rows = min(height, max(1, round(garment.shape[0] * scale)))
    columns = min(width, max(1, round(garment.shape[1] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((height, width), np.uint8)
    top, left = (height - rows) // 2, (width - columns) // 2
    canvas[top : top + rows, left : left + columns] = cv2.resize(garment, (columns, rows), interpolation=interpolation)
    return canvas
