"""From BGR to CIE Lab, for the small pictures of the vision step.

OpenCV's own conversion builds tables for every colour when it is first used, which takes a tenth of a second, and more
on a Pi: as long as all else between the start and the first decision. A few thousand pixels need no tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Linear light from an sRGB level (IEC 61966-2-1).
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
# From linear B, G, R to X, Y, Z in shares of the D65 white.
_XYZ = np.array(
    [[0.180423, 0.357580, 0.412453], [0.072169, 0.715160, 0.212671], [0.950227, 0.119193, 0.019334]]
) / np.array([[0.950456], [1.0], [1.088754]])
# From the cube roots of these to L, a and b, scaled and shifted as OpenCV's 8-bit Lab: 0-255, grey at 128.
_LAB = np.array([[0, 116 * 2.55, 0, -16 * 2.55], [500, -500, 0, 128], [0, 200, -200, 128]])
_BEND = 216 / 24389  # below this share of the white the cube root goes on as its tangent (CIE 15:2018)
_SLOPE = 841 / 108


def bgr_to_lab(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert a picture to Lab.

    Args:
        picture: uint8 BGR, shape (H, W, 3), 0-255.

    Returns:
        float32, same shape: L, 0-255 (of 100); a and b, 128 where there is no colour.
    """
    xyz = cv2.transform(cv2.LUT(picture, _LINEAR), _XYZ)
    bent = np.maximum(xyz, np.float32(_BEND))
    roots = cv2.scaleAdd(cv2.subtract(xyz, bent), _SLOPE, cv2.pow(bent, 1 / 3))
    return np.asarray(cv2.transform(roots, _LAB), np.float32)
