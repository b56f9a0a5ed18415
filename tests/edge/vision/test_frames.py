"""What is a frame and what is none; every kind of pixel becomes 8-bit BGR."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import FrameError
from edge.vision import frame_to_pixels, to_bgr
from edge.vision.frames import shrink_to_bgr


def test_to_bgr_converts_what_is_not_bgr_yet() -> None:
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
def test_what_is_no_image_is_a_frame_error(function: object, thing: object, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        function(thing)  # type: ignore[operator]
