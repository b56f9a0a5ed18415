"""A garment cut out of its picture and drawn like an image of Fashion-MNIST.

The data set's own recipe (Xiao et al., 2017, arXiv:1708.07747, section 2): trim the background, scale the longest edge
to 28 pixels, centre on the canvas, negate, grey. Its photographs are lit alike on white; here the garment's grey levels
are stretched to the data set's usual ones instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DARK, _BRIGHT = (
    90.0,
    230.0,
)  # levels of a garment's 3rd and 97th percentile in the result: near Fashion-MNIST's, which are 40 and 220
_DARK_PERCENTILE, _BRIGHT_PERCENTILE = 3, 97
_LEAST_RANGE = 60.0  # levels: an even garment's weave isn't blown up to a pattern
_FAINTEST = 20.0  # the darkest fold still differs from the black around the garment
_LIGHT_ON_DARK = 2.0  # garment to background: see `_is_light_on_dark`
_LEAST_STEP = 8.0  # levels
_HALF = 127.5  # of 255: cover at the outline
_OVERSAMPLING = 2  # samples a pixel and axis, each the mean of up to four pixels of the picture


def render(
    grey: NDArray[np.uint8], cover: NDArray[np.uint8], tones: NDArray[np.uint8], *, height: int, width: int
) -> NDArray[np.uint8]:
    """Draw the garment bright on black, its longest edge touching the canvas, centred.

    Args:
        grey: uint8 picture, shape (H, W), 0-255.
        cover: uint8, of the same shape, from 0 (background) to 255 (garment), above 127 within its outline.
        tones: new level of each grey level, uint8, shape (256,): see `garment_tones`.
        height: rows of the canvas.
        width: columns of the canvas.

    Returns:
        uint8 grey, shape (height, width), 0-255.
    """
    garment = cv2.multiply(cv2.LUT(grey, tones), cover, scale=1 / 255)
    left, right = extent(cover.max(axis=0).astype(np.float64))
    top, bottom = extent(cover.max(axis=1).astype(np.float64))
    return place(np.asarray(garment, np.uint8), (left, top, right, bottom), height=height, width=width)


def extent(profile: NDArray[np.float64]) -> tuple[float, float]:
    """Measure the first and last edge of a garment along an axis, to a part of a pixel.

    Args:
        profile: largest cover of each column or row, 0-255; somewhere above half.

    Returns:
        First and last edge in pixels, where the profile passes through half of 255.
    """
    inside = np.flatnonzero(profile > _HALF)
    first, last = int(inside[0]), int(inside[-1])
    start, end = float(first), float(last + 1)
    if first > 0:
        start += 0.5 - (profile[first] - _HALF) / (profile[first] - profile[first - 1])
    if last + 1 < len(profile):
        end += (profile[last] - _HALF) / (profile[last] - profile[last + 1]) - 0.5
    return float(start), float(end)


def place(
    picture: NDArray[np.uint8], box: tuple[float, float, float, float], *, height: int, width: int
) -> NDArray[np.uint8]:
    """Move and scale a box of the picture so that it just fits the canvas, centred, to a part of a pixel.

    Whole pixels would let the garment jump by one as a hand or a light moves its edge by less.

    Args:
        picture: uint8, shape (H, W).
        box: left, upper, right and lower edge of the part that is to fit, pixels; not empty.
        height: rows of the canvas.
        width: columns of the canvas.
    """
    left, top, right, bottom = box
    step = max((bottom - top) / height, (right - left) / width) / _OVERSAMPLING  # pixels of the picture a sample
    # Pixel centres lie at halves, and the canvas's middle is the box's middle.
    across = (left + right - step * _OVERSAMPLING * width + step - 1) / 2
    down = (top + bottom - step * _OVERSAMPLING * height + step - 1) / 2
    samples = cv2.warpAffine(
        picture,
        np.array([[step, 0, across], [0, step, down]]),
        (_OVERSAMPLING * width, _OVERSAMPLING * height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    return np.asarray(cv2.resize(samples, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def garment_tones(grey: NDArray[np.uint8], silhouette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Choose the new level of each grey level of this picture's garment: uint8, shape (256,), 20-255.

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
    tones = (_BRIGHT + _DARK) / 2 + (levels - (bright + dark) / 2) * gain
    return np.asarray(np.rint(np.clip(tones, _FAINTEST, 255)), np.uint8)


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
    """Return true if the negation, which makes a garment on a light table bright, is to be left out.

    A garment is at its darkest in its folds, also a white one on grey, so only one that is twice as bright as its
    background is drawn as it is. Fashion-MNIST's own images, bright on black, are such.
    """
    return garment > _LIGHT_ON_DARK * background + _LEAST_STEP


def _cumulated(grey: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Count the pixels of the mask at or below each level: float32, shape (256,)."""
    return np.asarray(np.cumsum(cv2.calcHist([grey], [0], mask, [256], [0, 256])), np.float32)


def _percentile(cumulated: NDArray[np.float32], share: float) -> float:
    """Return the grey level at a share (0-100) of the pixels; 0 if there are none."""
    return float(np.searchsorted(cumulated, cumulated[-1] * (share / 100)))
