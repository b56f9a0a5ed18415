"""Tells a camera that hangs on one picture from a scene in which nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST_CHANGES = 30  # a second of video: before that nobody knows whether a source has noise
_MOST_REPEATS = 0.05  # of the pictures: above it the source gives the same bytes twice as a matter of course
_STRIDE = 16  # rows: of two pictures with noise, the first row looked at differs


class FrozenFrameDetector:
    """Says when the very same bytes have come for too long from a camera whose pictures always differed.

    A sensor has noise, so that no two of its pictures are the same; the same bytes for seconds are a driver or a
    capture device that repeats the last one. A source without noise (a test pattern, a screen, a well compressed
    stream) repeats itself while all is well, so it is never judged, and neither is a picture of one colour: that is a
    covered lens. What was frozen from its first picture on can't be known either.
    """

    def __init__(self, limit_s: float) -> None:
        """Start without a memory.

        Args:
            limit_s: seconds of the very same bytes from which on it is frozen; 0: never.
        """
        self._limit_s = limit_s
        self._changes = 0
        self._repeats = 0
        self._run = 0  # repeats of the picture that is there now
        self._is_frozen = False
        self._picture: NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)
        self._since_s = 0.0

    def is_frozen(self, image: NDArray[np.uint8], captured_s: float) -> bool:
        """Take a picture: uint8, shape (H, W, 3), 0-255, in an array of its own; and its monotonic time."""
        if self._limit_s == 0:
            return False
        if _is_same(image, self._picture):
            self._run += 1
            if not self._is_frozen and captured_s - self._since_s >= self._limit_s:
                self._is_frozen = self._has_noise() and not _is_one_colour(image)
            return self._is_frozen
        if not self._is_frozen and self._run and not _is_one_colour(self._picture):
            self._repeats += self._run
        self._changes += 1
        self._run, self._is_frozen = 0, False
        self._picture, self._since_s = image, captured_s
        return False

    def _has_noise(self) -> bool:
        """Whether the pictures before this one differed, each from the one before it."""
        enough = self._changes >= _FEWEST_CHANGES
        return enough and self._repeats <= _MOST_REPEATS * (self._changes + self._repeats)


def _is_same(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    if image.shape != other.shape or not np.array_equal(image[::_STRIDE], other[::_STRIDE]):
        return False
    return np.array_equal(image, other)


def _is_one_colour(image: NDArray[np.uint8]) -> bool:
    return bool(image.size) and bool((image == image[0, 0]).all())
