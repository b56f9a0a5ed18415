"""From a cut-out garment to the canvas, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.render import extent, fit, garment_tones, place, render


@pytest.mark.parametrize(
    ("garment", "height", "width", "expected"),
    [
        ([[80, 160], [160, 80]], 2, 2, [[80, 160], [160, 80]]),
        # Twice as wide as high: the width fills the canvas, a black row above and below.
        ([[100, 100]], 4, 4, [[0] * 4, [100] * 4, [100] * 4, [0] * 4]),
        ([[100], [100]], 4, 4, [[0, 100, 100, 0]] * 4),
        # One row of three: 4 / 3 rows round to one, and the odd row goes below.
        ([[90, 90, 90]], 4, 4, [[0] * 4, [90] * 4, [0] * 4, [0] * 4]),
        ([[50, 50], [50, 50]], 2, 6, [[0, 0, 50, 50, 0, 0]] * 2),
        # Halved: each pixel is the mean of its four.
        (np.kron([[51, 102], [153, 204]], np.ones((2, 2))), 2, 2, [[51, 102], [153, 204]]),
        # To a third: every pixel of the nine counts, (8 * 64 + 255) / 9 = 85.2.
        (np.tile([[64, 64, 64], [64, 255, 64], [64, 64, 64]], (2, 2)), 2, 2, [[85, 85], [85, 85]]),
    ],
    ids=["as it is", "wide", "high", "odd rest", "wide canvas", "halve", "third"],
)
def test_a_garment_is_scaled_to_fit_and_centred(
    garment: list[list[int]], height: int, width: int, expected: list[list[int]]
) -> None:
    assert fit(np.array(garment, np.uint8), height=height, width=width).tolist() == expected


def garment_of(levels: list[int], *, background: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture whose garment has these levels in equal shares, and its silhouette."""
    grey = np.full((40, 40), background, np.uint8)
    grey[10:30, 10:30] = np.resize(levels, (20, 20))
    silhouette = np.zeros((40, 40), np.uint8)
    silhouette[10:30, 10:30] = 1
    return grey, silhouette


def test_a_dark_garment_is_negated_and_stretched() -> None:
    tones = garment_tones(*garment_of([20, 160], background=200))
    # 140 levels apart become 140 levels from 90 to 230.
    assert tones[[20, 90, 160]].tolist() == [230, 160, 90]


def test_a_garment_twice_as_bright_as_the_background_is_not_negated() -> None:
    tones = garment_tones(*garment_of([100, 240], background=20))
    assert tones[[100, 170, 240]].tolist() == [90, 160, 230]


def test_a_white_shirt_on_grey_is_negated_so_that_its_folds_are_bright() -> None:
    tones = garment_tones(*garment_of([150, 230], background=120))
    assert tones[150] > tones[230]


def test_the_weave_of_an_even_garment_is_not_blown_up() -> None:
    tones = garment_tones(*garment_of([97, 103], background=220))
    assert int(tones[97]) - int(tones[103]) == 14  # 6 levels times 140 / 60


def test_no_level_of_a_garment_becomes_black() -> None:
    assert garment_tones(*garment_of([60, 70], background=220)).min() == 20


def test_cover_cuts_out_and_dims() -> None:
    tones = np.arange(256, dtype=np.uint8)
    grey, cover = np.full((8, 8), 100, np.uint8), np.zeros((8, 8), np.uint8)
    cover[2:6, 2:6] = 255
    cover[4:6, 4:6] = 153  # above half: within the outline, but dimmed to 60 of 100
    cover[2:4, 2:4] = 51  # 20 of 100
    # A quarter of the garment is a pixel; bilinear samples lie between its pixels and mix nothing else in.
    assert render(grey, cover, tones, height=2, width=2).tolist() == [[20, 100], [100, 60]]


def test_extent_lies_between_the_pixels() -> None:
    # From 0 to 255 half is passed at the edge between two pixels; from 102 to 153 in the middle between their centres.
    assert extent(np.array([0, 0, 255, 255, 0.0])) == (2, 4)
    assert extent(np.array([102, 153, 255, 153, 102.0])) == (1, 4)
    # 51 to 255: three eighths of the way, so the edge is an eighth outside the pixel.
    assert extent(np.array([51, 255, 51.0])) == pytest.approx((0.875, 2.125))
    # What the frame cuts off ends at the frame.
    assert extent(np.array([255, 255, 0.0])) == (0, 2)


@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (0.3, 0.0), (0.5, -0.4)])
def test_placing_follows_a_part_of_a_pixel(dx: float, dy: float) -> None:
    """A soft ball at (20 + dx, 20 + dy) comes out the same wherever it is."""
    y, x = np.mgrid[:40, :40]

    def placed(dx: float, dy: float) -> np.ndarray:
        ball = 200 * np.exp(-((x - 20 - dx) ** 2 + (y - 20 - dy) ** 2) / 60)
        return place(ball.astype(np.uint8), (8 + dx, 8 + dy, 32 + dx, 32 + dy), height=12, width=12)

    assert np.abs(placed(dx, dy).astype(int) - placed(0, 0)).max() <= 2
