"""BGR to 8-bit Lab: the very numbers of OpenCV's own COLOR_BGR2LAB, without the tables that it makes first.

Before its first pixel OpenCV computes lookup tables in simulated floating point, one of them for a path that 8-bit
pictures don't take: half of what a bare script needs from its start to its first decision, and 5 MB. Two small tables
and two matrices give the same on a picture of the size that is searched.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

# sRGB to XYZ (ITU-R BT.709 primaries, white D65), rows X, Y, Z, columns red, green, blue; each row over its white.
_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
_WHITE = np.array([0.950456, 1.0, 1.088754])

# Fixed point, as OpenCV has it: every step is a whole number below 2^24, which float32 holds exactly.
_LINEAR_ONE = 255 * 8
_WEIGHT_ONE = 2**12
_ROOT_ONE = 2**15
_ROOTS = 3072  # entries: half as many again as linear light has levels
_LIGHTNESS = (116 * 255 + 50) // 100  # of 100, scaled to 255
_LIGHTNESS_OFFSET = -((16 * 255 * _ROOT_ONE + 50) // 100)


def to_lab(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture in Lab.

    Args:
        bgr: uint8 BGR, shape (H, W, 3), 0-255.

    Returns:
        uint8, shape (H, W, 3): lightness scaled to 0-255, a + 128, b + 128.
    """
    linear, weights, roots, mix = _tables()
    xyz = cv2.transform(cv2.LUT(bgr, linear), weights)
    lab = cv2.transform(roots[xyz.astype(np.int16)], mix)
    return np.asarray(lab, np.uint8)


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Levels to linear light, shape (256,); light to X, Y, Z, (3, 4); its cube root, (3072,); roots to Lab, (3, 4).

    The last column of a matrix is added: the half in it turns the cut of the fraction that follows into rounding.
    """
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    light = np.arange(_ROOTS) / _LINEAR_ONE
    root = np.where(light < 216 / 24389, 841 / 108 * light + 16 / 116, np.cbrt(light))
    weights = np.rint(_WEIGHT_ONE * _XYZ / _WHITE[:, np.newaxis])[:, ::-1] / _WEIGHT_ONE
    mix = np.array([
        [0, _LIGHTNESS, 0, _LIGHTNESS_OFFSET],
        [500, -500, 0, 128 * _ROOT_ONE],
        [0, 200, -200, 128 * _ROOT_ONE],
    ]) / _ROOT_ONE  # fmt: skip
    mix[:, 3] += 0.5
    return (
        np.rint(_LINEAR_ONE * linear).astype(np.float32),
        np.column_stack([weights, [0.5] * 3]).astype(np.float32),
        np.rint(np.float32(_ROOT_ONE) * root.astype(np.float32)),  # rounded twice, as OpenCV does
        mix.astype(np.float32),
    )
