"""The very numbers of OpenCV's own conversion, which the model was trained on."""

import cv2
import numpy as np

from edge.vision.lab import to_lab


def test_a_fifth_of_all_colours_are_what_opencv_makes_of_them() -> None:
    level = np.arange(256, dtype=np.uint8)
    picture = np.empty((256, 256, 3), np.uint8)
    picture[..., 1], picture[..., 2] = level[:, np.newaxis], level
    for blue in range(0, 256, 5):
        picture[..., 0] = blue
        np.testing.assert_array_equal(to_lab(picture), cv2.cvtColor(picture, cv2.COLOR_BGR2LAB))


def test_white_grey_black_and_red() -> None:
    # CIE 1976 with white D65: L* 100, 53.585, 0 and 53.24; red has a* 80.09 and b* 67.20.
    colours = np.array([[[255, 255, 255], [128, 128, 128], [0, 0, 0], [0, 0, 255]]], np.uint8)
    expected = [[255, 128, 128], [137, 128, 128], [0, 128, 128], [136, 208, 195]]
    np.testing.assert_array_equal(to_lab(colours)[0], expected)
