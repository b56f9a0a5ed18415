"""Detection of a camera that repeats its last frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST_CHANGES = 30  # frames, a second of video, before a source is known to have noise
_MOST_REPEATS = 0.05  # share of frames; a source without noise repeats more
_STRIDE = 16  # rows; of two frames with noise, the first row compared differs


class FrozenFrameDetector:
    """Detects a camera that repeats its last frame.

    A sensor has noise, so that no two of its frames are identical. Identical bytes for seconds come from a driver or a
    capture device that repeats the last frame. A source without noise (a test pattern, a screen, a well compressed
    stream) repeats itself while all is well, so it is never called frozen. Neither is a frame of one colour, which is a
    covered lens. A source that is frozen from its first frame on can't be detected.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._changes = 0
        self._repeats = 0
        self._run = 0  # repeats of the current frame
        self._is_frozen = False
        self._image: NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)
        self._since_s = 0.0

    def is_frozen(self, image: NDArray[np.uint8], captured_s: float) -> bool:
        """Compare a frame, uint8 (H, W, 3), 0-255, in an array of its own, with the one before."""
        if self._limit_s == 0:
            return False
        if _is_same(image, self._image):
            self._run += 1
            if not self._is_frozen and captured_s - self._since_s >= self._limit_s:
                self._is_frozen = self._has_noise() and not _is_one_colour(image)
            return self._is_frozen
        if not self._is_frozen and self._run and not _is_one_colour(self._image):
            self._repeats += self._run
        self._changes += 1
        self._run, self._is_frozen = 0, False
        self._image, self._since_s = image, captured_s
        return False

    def _has_noise(self) -> bool:
        """Return whether the frames before this one differed, each from the one before it."""
        enough = self._changes >= _FEWEST_CHANGES
        return enough and self._repeats <= _MOST_REPEATS * (self._changes + self._repeats)


def _is_same(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    if image.shape != other.shape or not np.array_equal(image[::_STRIDE], other[::_STRIDE]):
        return False
    return np.array_equal(image, other)


def _is_one_colour(image: NDArray[np.uint8]) -> bool:
    return bool(image.size) and bool((image == image[0, 0]).all())
