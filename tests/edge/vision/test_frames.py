"""Every kind of pixel becomes 8-bit BGR, and a video's planes the garment that is in their picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.demo import draw_frame
from edge.errors import FrameError
from edge.vision import YuvPicture, find_garment, frame_to_pixels, to_bgr
from edge.vision.frames import planes_to_bgr, shrink_to_bgr
from edge.vision.region import Region


def test_grey_and_bgra_become_bgr_and_bgr_stays() -> None:
    bgr = np.array([[[1, 2, 3]]], np.uint8)
    assert to_bgr(bgr) is bgr
    assert to_bgr(np.array([[[1, 2, 3, 200]]], np.uint8)).tolist() == [[[1, 2, 3]]]
    assert to_bgr(np.array([[9]], np.uint8)).tolist() == [[[9, 9, 9]]]
    assert to_bgr(np.array([[[9]]], np.uint8)).tolist() == [[[9, 9, 9]]]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        # 257 is one level of 255; 128 lies just below the half, 129 just above.
        (np.array([[0, 128, 129, 257, 32896, 65535]], np.uint16), [0, 0, 1, 1, 128, 255]),
        # No value above 1: white is 1.
        (np.array([[0, 0.5, 1, np.nan, np.inf, -np.inf, -3]], np.float32), [0, 128, 255, 0, 255, 0, 0]),
        # A value above 1: white is 255, and what is brighter than white is white.
        (np.array([[0, 1, 2, 300, np.nan, np.inf, -np.inf]], np.float64), [0, 1, 2, 255, 0, 255, 0]),
        (np.array([[0, 1]], np.float16), [0, 255]),
        (np.full((1, 2), np.nan), [0, 0]),
        (np.full((1, 2), np.inf, np.float32), [255, 255]),
    ],
    ids=["uint16", "float to 1", "float to 255", "half floats", "all NaN", "all infinite"],
)
def test_deep_and_float_pixels_become_8_bit(frame: NDArray[Any], expected: list[int]) -> None:
    before = frame.copy()
    bgr = to_bgr(frame)
    assert bgr.dtype == np.uint8
    assert bgr[0, :, 0].tolist() == expected
    np.testing.assert_array_equal(frame, before)


def test_shrinking_takes_the_mean() -> None:
    frame = np.array([[0, 10, 100, 110], [20, 30, 120, 130]], np.uint8)
    assert shrink_to_bgr(frame, longest=2)[:, :, 0].tolist() == [[15, 115]]


@pytest.mark.parametrize("edge", [8, 12, 16], ids=["a half", "a third", "a quarter, by halves"])
def test_shrinking_by_a_whole_number_takes_the_mean(edge: int) -> None:
    frame = np.random.default_rng(3).integers(0, 256, (edge, edge, 3), dtype=np.uint8)
    means = frame.reshape(4, edge // 4, 4, edge // 4, 3).mean(axis=(1, 3))

    assert np.abs(shrink_to_bgr(frame, longest=4) - means).max() <= 1.5  # half a level a step


@pytest.mark.parametrize(("edge", "first", "rows"), [(24, 1, 3), (32, 2, 2), (48, 3, 2)])
def test_of_a_large_frame_so_many_rows_are_averaged_that_there_are_16_values(edge: int, first: int, rows: int) -> None:
    frame = np.random.default_rng(3).integers(0, 256, (edge, edge, 3), dtype=np.uint8)
    every = edge // (4 * rows)
    means = frame[first::every].reshape(4, rows, 4, edge // 4, 3).mean(axis=(1, 3))

    assert np.abs(shrink_to_bgr(frame, longest=4) - means).max() <= 1.5  # half a level a step


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((100, 50, 3), (80, 40, 3)), ((30, 60), (30, 60, 3)), ((1, 1000), (1, 80, 3)), ((9000, 3, 4), (80, 1, 3))],
    ids=["smaller", "never larger", "one row", "every third"],
)
def test_shrinking_keeps_the_proportions(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert shrink_to_bgr(np.zeros(shape, np.uint8), longest=80).shape == expected


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (None, "array of pixels, got NoneType"),
        ("a.jpg", "got str"),
        ([[1]], "got list"),
        (np.zeros((2, 2, 3), np.int8), r"uint8, uint16 or float array, got int8 of shape \(2, 2, 3\)"),
        (np.zeros((2, 2), bool), r"got bool of shape \(2, 2\)"),
        (np.zeros((2, 2), complex), r"got complex128 of shape \(2, 2\)"),
        (np.zeros((2, 2), object), r"got object of shape \(2, 2\)"),
        (np.zeros((0, 5, 3), np.uint8), r"got uint8 of shape \(0, 5, 3\)"),
        (np.zeros((5, 0), np.uint8), r"got uint8 of shape \(5, 0\)"),
        (np.zeros(5, np.uint8), r"\(height, width, 1, 3 or 4\), got \(5,\)"),
        (np.array(5, np.uint8), r"\(height, width, 1, 3 or 4\), got \(\)"),
        (np.zeros((2, 2, 2), np.uint8), r"\(height, width, 1, 3 or 4\), got \(2, 2, 2\)"),
        (np.zeros((1, 2, 2, 3), np.uint8), r"\(height, width, 1, 3 or 4\), got \(1, 2, 2, 3\)"),
    ],
    ids=["None", "text", "list", "int8", "bool", "complex", "objects", "no rows", "no columns", "1 axis", "no axis",
         "2 channels", "batch"],
)  # fmt: skip
@pytest.mark.parametrize("function", [frame_to_pixels, to_bgr], ids=["frame_to_pixels", "to_bgr"])
def test_anything_but_an_image_is_a_frame_error(function: object, thing: object, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        function(thing)  # type: ignore[operator]


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
