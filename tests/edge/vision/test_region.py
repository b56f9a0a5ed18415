"""Regions: pixels or shares, cut to the frame."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision import find_garment
from edge.vision.region import Region
from tests.edge.vision.scenes import paint, shirt_mask

FRAME = np.arange(20 * 40, dtype=np.uint16).reshape(20, 40)


@pytest.mark.parametrize(
    ("text", "shape", "left", "top"),
    [
        ("10,5,8,6", (6, 8), 10, 5),
        ("0.25,0,0.5,1", (20, 20), 10, 0),
        ("0,0,1,1", (20, 40), 0, 0),
        ("30, 15, 100, 100", (5, 10), 30, 15),
        ("100,100,5,5", (0, 0), 40, 20),
    ],
    ids=["pixels", "shares", "everything", "over the edge", "outside"],
)
def test_a_region_cuts_its_part_out_of_the_frame(text: str, shape: tuple[int, int], left: int, top: int) -> None:
    view, x, y = Region.parse(text).cut(FRAME)
    assert (view.shape, x, y) == (shape, left, top)
    assert np.array_equal(view, FRAME[top : top + shape[0], left : left + shape[1]])


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0,0,0,5", "-1,0,5,5", "0,0,nan,5", "0,0,inf,5"])
def test_text_that_is_no_rectangle_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a region is"):
        Region.parse(text)


def test_only_the_region_is_searched_and_the_outline_is_in_the_frame() -> None:
    mask = shirt_mask(240, 320, scale=0.5, dx=0.25)
    frame = paint(mask, garment=(30, 30, 30), background=(200, 200, 200))
    frame[40:200, 10:120] = (0, 0, 255)  # larger, and to the left of the region
    region = Region(160, 40, 160, 160)

    prepared = find_garment(frame, region=region)

    assert prepared.region == (160, 40, 160, 160)

    assert np.array_equal(prepared.pixels, find_garment(frame[40:200, 160:320].copy()).pixels)
    left, top = prepared.outline.min(axis=0)
    right, bottom = prepared.outline.max(axis=0)
    ys, xs = np.nonzero(mask)
    assert np.abs(np.array([left, top, right, bottom]) - [xs.min(), ys.min(), xs.max(), ys.max()]).max() <= 4


def test_a_region_beyond_the_frame_shows_nothing() -> None:
    prepared = find_garment(np.zeros((20, 20, 3), np.uint8), region=Region(50, 50, 10, 10))
    assert (prepared.presence_score, prepared.pixels.any(), prepared.outline.shape) == (0.0, False, (0, 2))
