"""Unit coordinates, smoothing and mirroring by hand-worked points; parts and relief on small sheets."""

from __future__ import annotations

import numpy as np
import pytest

from edge.demo.sheet import flipped, mirrored, new_sheet, smooth

SQUARE = [(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)]


def test_flipped_mirrors_about_the_middle() -> None:
    assert flipped([(0.25, 0.1), (0.5, 0.2)]) == [(0.75, 0.1), (0.5, 0.2)]


def test_mirrored_closes_the_right_half_from_the_bottom_up() -> None:
    assert mirrored([(0.0, 0.1), (0.25, 0.9)]) == [(0.5, 0.1), (0.75, 0.9), (0.25, 0.9), (0.5, 0.1)]


def test_smooth_keeps_the_ends_of_an_open_path_and_stays_between_its_points() -> None:
    path = smooth([(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)], closed=False)
    assert path[0] == (0.0, 0.0)
    assert path[-1] == (1.0, 0.0)
    assert max(y for _, y in path) < 1.0


def test_smooth_cuts_a_closed_corner_into_eight_points() -> None:
    assert len(smooth(SQUARE)) == 4 * 8


def test_part_covers_its_area_in_the_centred_square_of_a_wide_sheet() -> None:
    sheet = new_sheet(np.full((80, 160, 3), 7, np.uint8))
    sheet.part(SQUARE)
    assert sheet.mask[40, 80] == 255
    assert sheet.mask[40, 50] == 0  # x = 40 + 0.25 * 80 = 60 is the left edge
    assert (sheet.mask > 127).sum() == pytest.approx(40 * 40, rel=0.06)
    assert (sheet.image == 7).all()


def test_part_with_a_colour_paints_the_cloth() -> None:
    sheet = new_sheet(np.zeros((64, 64, 3), np.uint8))
    sheet.part(SQUARE, (10, 20, 30))
    assert tuple(sheet.image[32, 32]) == (10, 20, 30)
    assert tuple(sheet.image[4, 4]) == (0, 0, 0)


def test_panel_leaves_the_silhouette_alone() -> None:
    sheet = new_sheet(np.zeros((64, 64, 3), np.uint8))
    sheet.panel(SQUARE, (10, 20, 30))
    assert not sheet.mask.any()
    assert tuple(sheet.image[32, 32]) == (10, 20, 30)


def test_finish_keeps_the_middle_and_darkens_shade_and_edge() -> None:
    sheet = new_sheet(np.full((128, 128, 3), 200, np.uint8))
    sheet.part([(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)])
    sheet.shade([(0.5, 0.3), (0.7, 0.3), (0.7, 0.7), (0.5, 0.7)], 64)
    image, mask = sheet.finish()
    assert image[64, 40, 0] == 200
    assert image[64, 77, 0] == pytest.approx(100, abs=3)  # 64 of the neutral 128 is half the brightness
    assert 150 < image[64, 13, 0] < 195
    assert mask.dtype == image.dtype == np.uint8


def test_stitch_draws_dashes_with_gaps() -> None:
    sheet = new_sheet(np.zeros((100, 100, 3), np.uint8))
    sheet.stitch([(0.1, 0.5), (0.9, 0.5)], (255, 255, 255), step=0.2)
    row = sheet.image[50, :, 0] > 127
    assert row[12]
    assert not row[25]  # the second half of the first step
    assert row[32]
