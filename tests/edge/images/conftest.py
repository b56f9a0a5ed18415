"""Image files made on the spot."""

from __future__ import annotations

import cv2
import numpy as np


def encoded(image: np.ndarray, suffix: str = ".png", *parameters: int) -> bytes:
    """The bytes of an image file."""
    done, content = cv2.imencode(suffix, image, parameters)
    assert done
    return content.tobytes()
