"""Images that are Fashion-MNIST's already: small, grey, bright on pure black. There is nothing to find in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST_EDGE = 56  # pixels: twice the data set's 28; no camera gives so few
_BLACK = 2  # levels of 255: what a resize or a JPEG leaves of pure black
_BLACK_RIM = 0.2  # of the outermost pixels: all but one of Fashion-MNIST's 10,000 test images have more


def cut_out(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the grey image if the picture is one that the recipe has been applied to, else None.

    Args:
        picture: uint8 BGR, shape (H, W, 3), 0-255.

    Returns:
        uint8 grey, shape (H, W), bright on black.
    """
    if max(picture.shape[:2]) > _LONGEST_EDGE:
        return None
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return grey if np.mean(rim <= _BLACK) >= _BLACK_RIM else None
