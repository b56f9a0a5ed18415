"""Each pixel's distance from the background: from a surface fitted to the border, or from a learned empty scene.

A table under a lamp, a wall with a shadow and a photograph with dark corners all change slowly, so a quadratic
surface is fitted to each channel along the border. What touches the border and isn't background (a sleeve, a table's
edge) is an outlier there and loses its weight in a few rounds of a robust fit.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEARNING_FRAMES = 30  # a second of most cameras

_LOGGER = logging.getLogger(__name__)
_BAND = 1 / 12  # share of the shorter edge: width of the border that stands for the background
_EVERY = 3  # every third pixel of the border is enough for six numbers
_ROUNDS = 3  # of the robust fits; more change nothing visible
_CURVATURE_COST = 0.02  # of a border pixel's weight: the middle is extrapolated, so curves need evidence
_LEAST_SPREAD = 2.0  # levels of 255: noise and JPEG blocks of an even wall, also if all learned frames are the same
_SPREAD_FLOOR = 1.0  # level: a border that never varies would make everything infinitely foreign
_FARTHEST = 7.0  # spreads: beyond this a pixel is as foreign as can be
_FIRST_SPREAD = 12.0  # levels: drift of the light from the border's median that is allowed
_STEADY = 25.0  # levels², per pixel: an even scene doesn't show how much brighter it got, so its gain stays 1


def border_distance(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure each pixel's distance from the background that the border shows.

    Args:
        lab: Lab picture, shape (H, W, 3), 0-255 (OpenCV's 8-bit scaling).

    Returns:
        float32, shape (H, W): distance from the surface in spreads of the border's own colours, 0-7.
    """
    height, width = lab.shape[:2]
    terms, border, border_terms = _surface_terms(height, width)
    surface, spread = _fit(border_terms, lab.reshape(-1, 3)[border])
    return in_spreads(lab - (terms @ surface).reshape(lab.shape), spread)


def in_spreads(off: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the length of each pixel's difference from the expected colour: float32, shape (H, W), 0-7 spreads.

    Args:
        off: Lab picture less the one expected, shape (H, W, 3), levels.
        spread: standard deviation of each channel, shape (3,), levels.
    """
    weights = 1 / np.square(spread + _SPREAD_FLOOR)[np.newaxis]
    away = cv2.sqrt(cv2.transform(cv2.multiply(off, off), weights.astype(np.float32)))
    return np.asarray(np.minimum(away, _FARTHEST), np.float32)


@lru_cache(maxsize=8)
def band(height: int, width: int) -> NDArray[np.bool_]:
    """Mark the pixels of the border: bool, shape (height, width)."""
    thickness = max(1, round(_BAND * min(height, width)))
    inside = np.zeros((height, width), bool)
    inside[thickness : height - thickness, thickness : width - thickness] = True
    return ~inside


@lru_cache(maxsize=8)
def _surface_terms(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float32]]:
    """Return 1, x, y, x², y², xy of each pixel, (H * W, 6), x and y from -1 to 1; indices and terms of the border."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1).reshape(-1, 6).astype(np.float32)
    border = np.flatnonzero(band(height, width))[::_EVERY]
    return terms, border, terms[border]


def _fit(terms: NDArray[np.float32], colours: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coefficients, shape (6, 3), and the spread of each channel, shape (3,), by weighted least squares."""
    weight = np.ones(len(terms), np.float32)
    cost = np.diag([1e-3, 1e-3, 1e-3, 1, 1, 1]).astype(np.float32) * np.float32(_CURVATURE_COST * len(terms))
    for _ in range(_ROUNDS):
        weighted = terms * weight[:, np.newaxis]
        # The matrix is symmetric and positive definite, thanks to the cost; NumPy's solver takes ten times as long.
        _, solved = cv2.solve(terms.T @ weighted + cost, weighted.T @ colours, flags=cv2.DECOMP_CHOLESKY)
        surface = np.asarray(solved, np.float32)
        squares = np.square(colours - terms @ surface)
        spread = np.sqrt(weight @ squares / weight.sum()) + np.float32(_LEAST_SPREAD)
        away = squares @ (1 / np.square(spread)) / len(spread)
        weight = np.square(1 / (1 + away))
    return surface, spread


class EmptyScene:
    """Learned picture of a static camera's empty scene; from then on it measures the distance of new frames from it.

    Light that changes evenly (a cloud, the camera's exposure) is fitted anew in every frame: a gain and an offset a
    channel. A frame of another size starts the learning again.
    """

    def __init__(self, frames: int = LEARNING_FRAMES) -> None:
        """Start to learn.

        Args:
            frames: number of frames to learn from, 1 or more; the scene must be empty in all of them.

        Raises:
            ValueError: fewer than one.
        """
        if frames < 1:
            raise ValueError(f"an empty scene is learned from 1 frame or more, got {frames}")
        self.frames = frames
        self.learned = 0
        self._mean = np.zeros((0, 0, 3), np.float32)
        self._scatter = np.zeros((0, 0, 3), np.float32)  # sum of squared differences from the mean

    @property
    def is_ready(self) -> bool:
        """True once enough frames were learned."""
        return self.learned >= self.frames

    def distance(self, lab: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Learn from a picture, or measure each pixel's distance from the learned scene.

        Args:
            lab: Lab picture, shape (H, W, 3), 0-255.

        Returns:
            float32, shape (H, W), 0-7 spreads; None while learning.
        """
        if lab.shape != self._mean.shape:
            self.learned = 0
            _LOGGER.info("learning the empty scene: keep it clear for %d frames", self.frames)
            self._mean, self._scatter = np.zeros_like(lab), np.zeros_like(lab)
        if not self.is_ready:
            self._learn(lab)
            if self.learned == self.frames:
                _LOGGER.info("the empty scene is learned")
            return None
        spread = np.sqrt(self._scatter / self.learned) + np.float32(_LEAST_SPREAD)
        return in_spreads((lab - self._in_light_of(lab)) / spread, np.zeros(3, np.float32))

    def _learn(self, lab: NDArray[np.float32]) -> None:
        """Update the running mean and variance (Welford)."""
        self.learned += 1
        off = lab - self._mean
        self._mean += off / np.float32(self.learned)
        self._scatter += off * (lab - self._mean)

    def _in_light_of(self, lab: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the learned scene in this picture's light; pixels that differ much get little weight in the fit."""
        scene, now = self._mean.reshape(-1, 3), lab.reshape(-1, 3)
        border = band(*lab.shape[:2]).ravel()
        gain, offset = np.ones(3, np.float32), np.median(now[border] - scene[border], axis=0)
        spread = np.full(3, _FIRST_SPREAD, np.float32)
        for _ in range(_ROUNDS):
            away = (now - scene * gain - offset) / spread
            weight = np.square(1 / (1 + (away * away) @ np.full(3, 1 / 3, np.float32)))
            total = weight.sum()
            scene_mean, now_mean = weight @ scene / total, weight @ now / total
            scene_off = scene - scene_mean
            weighted = scene_off * weight[:, np.newaxis]
            steady = _STEADY * total
            shared, own = (weighted * (now - now_mean)).sum(axis=0), (weighted * scene_off).sum(axis=0)
            gain = (shared + steady) / (own + steady)
            offset = now_mean - gain * scene_mean
            spread = np.maximum(spread / 2, 2 * _LEAST_SPREAD)
        return np.asarray(self._mean * gain + offset, np.float32)
