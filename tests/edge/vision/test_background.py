"""The border's surface against pictures whose background is known in numbers."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.background import band, border_distance, in_spreads


def test_the_band_is_a_twelfth_of_the_shorter_edge() -> None:
    border = band(24, 36)
    assert border.sum() == 24 * 36 - 20 * 32  # two pixels on each side
    assert not border[2:-2, 2:-2].any()
    assert band(3, 3).sum() == 8


def test_distance_in_spreads_worked_by_hand() -> None:
    # One more than the spread in each channel: (3/3)² + (4/2)² + (2/1)² = 9.
    off = np.array([[[3, 4, 2], [300, 0, 0], [0, 0, 0]]], np.float32)
    assert in_spreads(off, np.array([2, 1, 0], np.float32)).tolist() == [[3, 7, 0]]


@pytest.mark.parametrize("curve", [0.0, 30.0], ids=["plane", "curved"])
def test_an_uneven_background_is_no_distance(curve: float) -> None:
    y, x = np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 80), indexing="ij")
    light = 120 + 40 * x - 20 * y + curve * x * y
    lab = np.stack([light, 128 + 5 * x, 128 - 5 * y], axis=-1).astype(np.float32)
    assert border_distance(lab).max() < 1.0


def test_a_garment_is_far_also_where_it_covers_a_third_of_the_border() -> None:
    lab = np.full((60, 80, 3), (150, 128, 128), np.float32)
    lab[15:, 20:60] = (60, 150, 128)  # cut by the lower edge, half of which it covers
    distance = border_distance(lab)
    assert distance[20:, 25:55].min() > 6
    assert distance[:10].max() < 1.5
