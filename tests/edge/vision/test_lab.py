"""Lab as OpenCV computes it, which is as the standard says."""

import cv2
import numpy as np

from edge.vision.lab import bgr_to_lab


def test_every_colour_is_opencv_s() -> None:
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    exact = cv2.cvtColor(colours.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)

    np.testing.assert_allclose(bgr_to_lab(colours), exact * (2.55, 1, 1) + (0, 128, 128), atol=0.6)


def test_white_black_and_grey_have_no_colour() -> None:
    greys = np.repeat(np.array([[0, 1, 10, 119, 255]], np.uint8)[..., np.newaxis], 3, axis=-1)

    lightness, a, b = np.moveaxis(bgr_to_lab(greys)[0], -1, 0)

    np.testing.assert_allclose([a, b], 128, atol=0.05)
    # L is 903.3 Y below the bend: 1/255 and 10/255 are 1 and 10 of 12.92 * 255 in linear light; level 119 is L 50.0.
    np.testing.assert_allclose(lightness / 2.55, [0, 903.3 / 3294.6, 9033 / 3294.6, 50.03, 100], atol=0.02)
