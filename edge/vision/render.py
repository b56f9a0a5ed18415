"""A garment cut out of its picture, as Fashion-MNIST would show it.

The data set's own recipe (Xiao et al., 2017, arXiv:1708.07747, section 2): trim the background, scale the longest edge
to 28 pixels, centre on the canvas, negate, grey. Its photographs are lit alike on white; here the garment's grey levels
are stretched to the data set's usual ones instead.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_DARK, _BRIGHT = 90.0, 230.0  # where a garment's 3rd and 97th percentile go: near Fashion-MNIST's, which are 40 and 220
_DARK_PERCENTILE, _BRIGHT_PERCENTILE = 3, 97
_LEAST_RANGE = 60.0  # levels: an even garment's weave isn't blown up to a pattern
_FAINTEST = 20.0  # the darkest fold still differs from the black around the garment
_LIGHT_ON_DARK = 2.0  # garment to background: see `_is_light_on_dark`
_LEAST_STEP = 8.0  # levels


def render(
    grey: NDArray[np.uint8], cover: NDArray[np.uint8], tones: NDArray[np.uint8], *, height: int, width: int
) -> NDArray[np.uint8]:
    """Draw the garment bright on black, its longest edge touching the canvas, centred.

    Args:
        grey: uint8 picture, shape (H, W), cut to the garment.
        cover: uint8, of the same shape, 255 where the garment is and 0 where it isn't.
        tones: from which grey level to which, uint8, shape (256,): see `garment_tones`.
        height: rows of the canvas.
        width: columns of the canvas.

    Returns:
        uint8 grey, shape (height, width), 0-255.
    """
    shown = cv2.multiply(cv2.LUT(grey, tones), cover, scale=1 / 255)
    return fit(np.asarray(shown, np.uint8), height=height, width=width)


def garment_tones(grey: NDArray[np.uint8], silhouette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How to show each grey level of this picture's garment: uint8, shape (256,), 20-255.

    Args:
        grey: uint8 picture, shape (H, W), 0-255.
        silhouette: uint8 of 0 and 1, of the same shape.
    """
    core = np.asarray(
        cv2.erode(silhouette, np.ones((3, 3), np.uint8)), np.uint8
    )  # the outermost pixels are half background
    inside = _cumulated(grey, core if core.any() else silhouette)
    outside = _cumulated(grey, 1 - silhouette)
    levels = np.arange(256, dtype=np.float32)
    dark, middle, bright = (_percentile(inside, share) for share in (_DARK_PERCENTILE, 50, _BRIGHT_PERCENTILE))
    if not _is_light_on_dark(middle, _percentile(outside, 50)):
        levels, dark, bright = 255 - levels, 255 - bright, 255 - dark
    gain = (_BRIGHT - _DARK) / max(bright - dark, _LEAST_RANGE)
    shown = (_BRIGHT + _DARK) / 2 + (levels - (bright + dark) / 2) * gain
    return np.asarray(np.rint(np.clip(shown, _FAINTEST, 255)), np.uint8)


def fit(garment: NDArray[np.uint8], *, height: int, width: int) -> NDArray[np.uint8]:
    """Scale so that the garment just fits and centre it on a black canvas of (height, width)."""
    scale = min(height / garment.shape[0], width / garment.shape[1])
    rows = min(height, max(1, round(garment.shape[0] * scale)))
    columns = min(width, max(1, round(garment.shape[1] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((height, width), np.uint8)
    top, left = (height - rows) // 2, (width - columns) // 2
    canvas[top : top + rows, left : left + columns] = cv2.resize(garment, (columns, rows), interpolation=interpolation)
    return canvas


def _is_light_on_dark(garment: float, background: float) -> bool:
    """Whether to leave out the negation, which is there to make a garment on a light table bright.

    A garment is at its darkest in its folds, also a white one on grey, so only one that is twice as bright as what it
    lies on is shown as it is. Fashion-MNIST's own images, bright on black, are such.
    """
    return garment > _LIGHT_ON_DARK * background + _LEAST_STEP


def _cumulated(grey: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How many pixels of the mask are at or below each level: float32, shape (256,)."""
    return np.asarray(np.cumsum(cv2.calcHist([grey], [0], mask, [256], [0, 256])), np.float32)


def _percentile(cumulated: NDArray[np.float32], share: float) -> float:
    """Grey level at a share (0-100) of the pixels; 0 where there are none."""
    return float(np.searchsorted(cumulated, cumulated[-1] * (share / 100)))
