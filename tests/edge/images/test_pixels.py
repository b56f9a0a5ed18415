"""Depth, orientation and transparency, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edge.images.decode import decode_image
from edge.images.pixels import lay_on_ground, to_eight_bits, to_three_or_four, turn_upright


@pytest.mark.parametrize(
    ("values", "white", "expected"),
    [
        ([0, 1023], 0, [0, 255]),
        ([0, 4095, 2048], 0, [0, 255, 128]),
        ([0, 1024], 0, [0, 64]),  # 12 bits
        ([0, 4096], 0, [0, 16]),  # 16 bits
        ([0, 65535, 32768], 0, [0, 255, 128]),
        ([9 * 257, 3 * 257], 0, [9, 3]),  # 8 bits spread over 16: as dark as they were
        ([0, 200], 0, [0, 200]),
        ([0, 0], 0, [0, 0]),
        ([50, 100], 100, [128, 255]),
        ([500, 1000], 4095, [31, 62]),  # the file says so
    ],
)
def test_white_is_what_the_values_look_like_or_what_the_file_says(
    values: list[int], white: int, expected: list[int]
) -> None:
    scaled = to_eight_bits(np.array([values], np.uint16), white=white)
    assert scaled.dtype == np.uint8
    assert scaled.tolist() == [expected]


def test_eight_bits_stay() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert to_eight_bits(pixels) is pixels


@pytest.mark.parametrize(
    ("orientation", "rows"),
    [(1, [[1, 2, 3], [4, 5, 6]]), (2, [[3, 2, 1], [6, 5, 4]]), (3, [[6, 5, 4], [3, 2, 1]]), (4, [[4, 5, 6], [1, 2, 3]]),
     (5, [[1, 4], [2, 5], [3, 6]]), (6, [[4, 1], [5, 2], [6, 3]]), (7, [[6, 3], [5, 2], [4, 1]]),
     (8, [[3, 6], [2, 5], [1, 4]]), (9, [[1, 2, 3], [4, 5, 6]])],
)  # fmt: skip
def test_the_eight_orientations_of_exif(orientation: int, rows: list[list[int]]) -> None:
    stored = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    assert turn_upright(stored, orientation).tolist() == rows


def test_grey_becomes_three_equal_channels() -> None:
    grey = np.array([[7, 9]], np.uint8)
    assert to_three_or_four(grey).tolist() == [[[7, 7, 7], [9, 9, 9]]]
    assert to_three_or_four(np.dstack([grey, grey + 1])).tolist() == [[[7, 7, 7, 8], [9, 9, 9, 10]]]


def cut_out(grey: int, alpha: int = 255) -> np.ndarray:
    """A square of one grey in the middle of nothing, whose hidden colour is the same."""
    picture = np.full((16, 16, 4), (grey, grey, grey, 0), np.uint8)
    picture[4:12, 4:12, 3] = alpha
    return picture


@pytest.mark.parametrize(("grey", "ground"), [(0, 255), (90, 255), (128, 255), (255, 32), (220, 32)])
def test_the_ground_differs_from_the_object(grey: int, ground: int) -> None:
    laid = lay_on_ground(cut_out(grey))
    assert (laid[0, 0, :3] == ground).all()
    assert (laid[8, 8, :3] == grey).all()
    assert np.array_equal(laid[..., 3], cut_out(grey)[..., 3])


def test_what_is_half_transparent_is_mixed() -> None:
    laid = lay_on_ground(cut_out(55, alpha=128))
    assert laid[8, 8].tolist() == [155, 155, 155, 128]  # (55 * 128 + 255 * 127) / 255 = 154.6


@pytest.mark.parametrize("alpha", [0, 255])
def test_alpha_that_says_nothing_is_dropped(alpha: int) -> None:
    picture = np.full((2, 3, 4), (1, 2, 3, alpha), np.uint8)
    assert np.array_equal(lay_on_ground(picture), np.full((2, 3, 3), (1, 2, 3)))


def test_a_dark_pgm_says_its_own_white() -> None:
    assert (decode_image(b"P5\n2 2\n100\n" + bytes([50] * 4)) == 128).all()
