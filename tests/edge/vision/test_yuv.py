"""A video's planes: the colours that BT.601 gives them, and the same garment as in the picture made of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.demo import draw_frame
from edge.vision import YuvPicture, find_garment, to_bgr
from edge.vision.frames import shrink_to_bgr
from edge.vision.prepared_input import Region
from edge.vision.yuv import planes_to_bgr


def planes_of(bgr: NDArray[np.uint8]) -> YuvPicture:
    """By OpenCV, which puts the three planes below each other."""
    height, width = bgr.shape[:2]
    stacked = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    u, v = stacked[height:].reshape(2, height // 2, width // 2)
    return YuvPicture(stacked[:height], u, v)


def even(y: int, u: int, v: int) -> YuvPicture:
    """One colour, two by two pixels."""
    return YuvPicture(np.full((2, 2), y, np.uint8), np.full((1, 1), u, np.uint8), np.full((1, 1), v, np.uint8))


# The values of ITU-R BT.601's colour bars at full saturation, rounded to whole levels: within 2 of the corner.
@pytest.mark.parametrize(
    ("yuv", "bgr"),
    [
        ((16, 128, 128), (0, 0, 0)),
        ((235, 128, 128), (255, 255, 255)),
        ((126, 128, 128), (128, 128, 128)),  # 110 of 219 steps
        ((81, 90, 240), (0, 0, 255)),
        ((145, 54, 34), (0, 255, 0)),
        ((41, 240, 110), (255, 0, 0)),
        ((255, 128, 128), (255, 255, 255)),  # brighter than white
        ((0, 128, 128), (0, 0, 0)),
    ],
)
def test_colours_are_those_of_bt_601(yuv: tuple[int, int, int], bgr: tuple[int, int, int]) -> None:
    picture = even(*yuv)
    assert picture.shape == (2, 2, 3)
    np.testing.assert_allclose(picture.to_bgr(), np.broadcast_to(bgr, (2, 2, 3)), atol=2)
    flat = planes_to_bgr(*(np.full((1, 1), value, np.uint8) for value in yuv))
    np.testing.assert_allclose(flat[0, 0], bgr, atol=2)
    assert to_bgr(picture) is picture.to_bgr()  # made once


def test_rows_may_lie_apart() -> None:
    picture = planes_of(draw_frame(3, height=48, width=64).image)
    padded = [np.pad(plane, ((0, 0), (0, 7)))[:, : plane.shape[1]] for plane in (picture.y, picture.u, picture.v)]
    np.testing.assert_array_equal(YuvPicture(*padded).to_bgr(), picture.to_bgr())


@pytest.mark.parametrize("shapes", [((3, 4), (1, 2), (1, 2)), ((4, 4), (2, 2), (2, 1)), ((4, 4), (4, 4), (4, 4))])
def test_planes_that_do_not_fit_are_refused(shapes: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match=r"make no 4:2:0 picture$"):
        YuvPicture(*(np.zeros(shape, np.uint8) for shape in shapes))


@pytest.mark.parametrize("size", [(720, 1280), (480, 640), (1280, 720), (120, 160)])
def test_shrunk_planes_are_the_shrunk_picture(size: tuple[int, int]) -> None:
    height, width = size
    picture = planes_of(draw_frame(5, height=height, width=width).image)
    shrunk = shrink_to_bgr(picture, longest=160)
    expected = shrink_to_bgr(picture.to_bgr(), longest=160)
    assert shrunk.shape == expected.shape
    # Colours of other rows are read, so edges may differ; the rest by rounding.
    off = np.abs(shrunk.astype(int) - expected)
    assert off.mean() < 1.5
    assert np.percentile(off, 99) <= 6


@pytest.mark.parametrize("number", range(0, 600, 60))
def test_the_garment_is_found_where_it_is_in_the_picture(number: int) -> None:
    picture = planes_of(draw_frame(number, height=720, width=1280).image)
    of_planes, of_bgr = find_garment(picture), find_garment(picture.to_bgr())
    assert abs(of_planes.presence_score - of_bgr.presence_score) < 0.05
    assert np.abs(of_planes.pixels.astype(int) - of_bgr.pixels).mean() < 8
    for side in (np.min, np.max):
        apart = side(of_planes.outline, axis=0) - side(of_bgr.outline, axis=0)
        assert np.abs(apart).max() <= 8  # a pixel of the 160 that are searched


def test_a_region_of_planes_is_that_of_the_picture() -> None:
    picture = planes_of(draw_frame(5, height=480, width=640).image)
    region = Region(0.25, 0, 0.5, 1)
    of_planes, of_bgr = find_garment(picture, region=region), find_garment(picture.to_bgr(), region=region)
    np.testing.assert_array_equal(of_planes.pixels, of_bgr.pixels)
    assert of_planes.region == of_bgr.region == (160, 0, 320, 480)
