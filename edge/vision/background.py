"""The background as the border of the picture shows it: a smooth surface of colour, and how far a pixel is from it.

A table under a lamp, a wall with a shadow and a photograph with dark corners all change slowly, so a quadratic
surface is fitted to each channel along the border. What touches the border and isn't background (a sleeve, a table's
edge) is an outlier there and loses its weight in a few rounds of a robust fit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BAND = 1 / 12  # of the shorter edge: how wide the border is that stands for the background
_EVERY = 3  # of the border's pixels is enough for six numbers
_ROUNDS = 3  # of the robust fit; more change nothing that is seen
_CURVATURE_COST = 0.02  # of a border pixel's weight: the middle is extrapolated, so curves need evidence
_LEAST_SPREAD = 2.0  # levels of 255: noise and JPEG blocks of an even wall
_SPREAD_FLOOR = 1.0  # level: a border that never varies would make everything infinitely foreign
_FARTHEST = 7.0  # spreads: beyond this a pixel is as foreign as can be


def border_distance(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """How foreign each pixel is to the background that the border shows.

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
    """Length of each pixel's difference from what was expected: float32, shape (H, W), 0-7 spreads.

    Args:
        off: Lab picture less the one expected, shape (H, W, 3), levels.
        spread: standard deviation of each channel, shape (3,), levels.
    """
    weights = 1 / np.square(spread + _SPREAD_FLOOR)[np.newaxis]
    away = cv2.sqrt(cv2.transform(cv2.multiply(off, off), weights.astype(np.float32)))
    return np.asarray(np.minimum(away, _FARTHEST), np.float32)


@lru_cache(maxsize=8)
def band(height: int, width: int) -> NDArray[np.bool_]:
    """Which pixels are the border: bool, shape (height, width)."""
    thickness = max(1, round(_BAND * min(height, width)))
    inside = np.zeros((height, width), bool)
    inside[thickness : height - thickness, thickness : width - thickness] = True
    return ~inside


@lru_cache(maxsize=8)
def _surface_terms(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float32]]:
    """1, x, y, x², y², xy of each pixel, shape (H * W, 6), x and y from -1 to 1; where the border is; its terms."""
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
