"""The vision step by small cases worked by hand, by the symmetries it promises, and on frames that are odd."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.demo import draw_dataset, draw_frame
from edge.errors import FrameError
from edge.vision import GARMENT_RECIPE, find_garment, frame_to_pixels, to_bgr

Image = NDArray[np.uint8]


def on_background(garment: list[list[int]] | Image, *, margin: int = 2, background: int = 0) -> Image:
    """Grey frame of one colour with the garment in its middle."""
    return np.pad(np.array(garment, np.uint8), margin, constant_values=background)


def test_recipe_has_the_name_that_specs_hold() -> None:
    assert GARMENT_RECIPE == "garment-v1"


@pytest.mark.parametrize(
    ("garment", "height", "width", "expected"),
    [
        # White is 160, so 80 becomes 80 * 255 / 160 = 127.5, rounded to even.
        ([[80, 160], [160, 80]], 2, 2, [[128, 255], [255, 128]]),
        # 12 levels are noise and become black, 13 are not: 13 * 2.55 = 33.15.
        ([[100, 12], [13, 100]], 2, 2, [[255, 0], [33, 255]]),
        # Twice as wide as high: the width fills the canvas, a black row above and below.
        ([[100, 100]], 4, 4, [[0] * 4, [255] * 4, [255] * 4, [0] * 4]),
        ([[100], [100]], 4, 4, [[0, 255, 255, 0]] * 4),
        # One row of three: 4 / 3 rows round to one, and the odd row goes below.
        ([[90, 90, 90]], 4, 4, [[0] * 4, [255] * 4, [0] * 4, [0] * 4]),
        # A canvas that isn't square.
        ([[50, 50], [50, 50]], 2, 6, [[0, 0, 255, 255, 0, 0]] * 2),
        # Halved: each pixel is the mean of its four; white is 204, 51 * 1.25 = 63.75, 102 * 1.25 = 127.5 to even.
        (np.kron([[51, 102], [153, 204]], np.ones((2, 2))), 2, 2, [[64, 128], [191, 255]]),
        # To a third: every pixel of the nine counts, (8 * 64 + 255) / 9 = 85.2.
        (np.tile([[51, 51, 51], [51, 204, 51], [51, 51, 51]], (2, 2)), 2, 2, [[85, 85], [85, 85]]),
    ],
    ids=["stretch", "noise is cut", "wide", "high", "odd rest", "wide canvas", "halve", "third"],
)
def test_golden_cases(garment: list[list[int]], height: int, width: int, expected: list[list[int]]) -> None:
    pixels = frame_to_pixels(on_background(garment), height=height, width=width)
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == expected


def test_all_four_sides_of_the_frame_stand_for_the_background() -> None:
    frame = np.full((40, 40), 20, np.uint8)
    frame[:28, :28] = 200  # most of the upper and the left edge, about a third of the whole border
    assert (frame_to_pixels(frame) == 255).all()


def test_what_is_far_dimmer_than_the_garment_is_left_out_of_the_box() -> None:
    """Otsu's threshold is 120 here (worked by hand), half of it 60: a column of 50 is a shadow."""
    garment = np.full((8, 8), 120, np.uint8)
    garment[4:] = 250
    garment[:, 0] = 50
    pixels = frame_to_pixels(on_background(garment, margin=1), height=8, width=8)
    assert (pixels[:4, :7] == 122).all()  # 120 * 255 / 250 = 122.4
    assert (pixels[4:, :7] == 255).all()
    assert (pixels[:, 7] == 0).all()


@pytest.mark.parametrize(("level", "is_seen"), [(24, False), (25, True)], ids=["noise", "garment"])
def test_a_difference_of_24_levels_is_noise(level: int, is_seen: bool) -> None:
    assert frame_to_pixels(on_background([[level] * 4] * 4, background=0)).any() == is_seen


def test_one_speck_of_a_camera_frame_does_not_stretch_the_box() -> None:
    clean = np.zeros((60, 60), np.uint8)
    clean[20:40, 25:35] = 200
    specked = clean.copy()
    specked[3, 3] = 255
    assert np.array_equal(frame_to_pixels(specked), frame_to_pixels(clean))


def test_every_pixel_counts_in_an_image_of_the_data_set_s_size() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[13, 2:26] = 200  # one pixel thin
    assert (frame_to_pixels(image)[13] == 255).all()


def test_the_bright_end_is_a_percentile_so_that_one_glint_does_not_darken_the_rest() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 4:24] = 100
    image[14, 14] = 250
    assert (frame_to_pixels(image) == 255).sum() == 28 * 28


@pytest.mark.parametrize("seed", range(4))
def test_dark_on_light_equals_light_on_dark(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = on_background(rng.integers(0, 200, (50, 40), np.uint8), margin=15)
    assert frame_to_pixels(frame).any()
    assert np.array_equal(frame_to_pixels(255 - frame), frame_to_pixels(frame))


def test_grey_and_colour_frames_of_the_same_picture_give_the_same_pixels() -> None:
    grey = on_background(np.random.default_rng(1).integers(0, 200, (50, 40), np.uint8), margin=15)
    expected = frame_to_pixels(grey)
    assert np.array_equal(frame_to_pixels(grey[:, :, np.newaxis]), expected)
    assert np.array_equal(frame_to_pixels(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)), expected)
    assert np.array_equal(frame_to_pixels(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA)), expected)


def test_colours_weigh_as_their_luma() -> None:
    """BGR order: pure red is 76 levels of grey, pure blue 29, so a garment half red, half blue is 255 and 97."""
    frame = np.zeros((6, 6, 3), np.uint8)
    frame[2:4, 2] = (0, 0, 255)
    frame[2:4, 3] = (255, 0, 0)
    assert frame_to_pixels(frame, height=2, width=2).tolist() == [[255, 97]] * 2


@pytest.mark.parametrize(("top", "left"), [(1, 1), (1, 70), (60, 1), (60, 70), (33, 17)])
def test_the_place_in_the_frame_does_not_matter(top: int, left: int) -> None:
    garment = np.random.default_rng(3).integers(60, 256, (50, 40), np.uint8)
    middle, moved = np.full((120, 120), 20, np.uint8), np.full((120, 120), 20, np.uint8)
    middle[35:85, 40:80] = garment
    moved[top : top + 50, left : left + 40] = garment
    assert np.array_equal(frame_to_pixels(moved), frame_to_pixels(middle))


def test_the_distance_to_the_camera_hardly_matters() -> None:
    near = draw_frame(3, height=480, width=640).image
    half = cv2.resize(near, (320, 240), interpolation=cv2.INTER_AREA)
    difference = np.abs(frame_to_pixels(near).astype(int) - frame_to_pixels(half))
    assert difference.mean() < 2


@pytest.mark.parametrize("background", [0, 90, 255])
def test_all_background_is_all_black(background: int) -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(background + rng.integers(-8, 9, (120, 160, 3)), 0, 255).astype(np.uint8)
    for frame in (np.full((120, 160, 3), background, np.uint8), noisy):
        assert not frame_to_pixels(frame).any()


def test_an_image_of_the_data_set_comes_out_nearly_unchanged() -> None:
    """Garment bright on black, touching the canvas: what training and evaluation feed must survive the step."""
    images, _ = draw_dataset(40, seed=3)
    differences = [np.abs(frame_to_pixels(image).astype(int) - image).mean() for image in images]
    assert np.mean(differences) < 6
    framed = np.zeros((28, 28), np.uint8)
    framed[0:28, 6:22] = np.random.default_rng(0).integers(200, 256, (28, 16))
    framed[0, 6:22] = framed[27, 6:22] = 255
    white = np.percentile(framed[framed > 0], 98)
    assert np.abs(frame_to_pixels(framed).astype(float) - np.clip(framed * (255 / white), 0, 255)).max() <= 0.5


ODD = np.random.default_rng(0)


@pytest.mark.parametrize(
    "frame",
    [
        np.full((1, 1), 7, np.uint8),
        np.full((1, 1, 3), 255, np.uint8),
        ODD.integers(0, 256, (1, 500), np.uint8),
        ODD.integers(0, 256, (500, 1, 3), np.uint8),
        ODD.integers(0, 256, (1, 100_000, 3), np.uint8),
        ODD.integers(0, 256, (2, 2, 4), np.uint8),
        ODD.integers(0, 256, (5, 5, 1), np.uint8),
        np.full((90, 70, 3), 255, np.uint8),
        np.zeros((90, 70, 3), np.uint8),
        ODD.integers(0, 256, (90, 70, 3), np.uint8),
        ODD.integers(0, 256, (3000, 4000, 3), np.uint8),
        ODD.integers(0, 256, (90, 70, 3), np.uint8)[::-2, ::3],
        np.asfortranarray(ODD.integers(0, 256, (90, 70, 3), np.uint8)),
    ],
    ids=["1x1", "1x1 colour", "1xN", "Nx1", "1x100000", "BGRA", "grey with axis", "white", "black", "noise", "huge",
         "view", "column order"],
)  # fmt: skip
@pytest.mark.parametrize(("height", "width"), [(28, 28), (1, 1), (7, 40)], ids=["28x28", "1x1", "7x40"])
def test_odd_frames_get_an_answer(frame: Image, height: int, width: int) -> None:
    before = frame.copy()
    pixels = frame_to_pixels(frame, height=height, width=width)
    assert pixels.shape == (height, width)
    assert pixels.dtype == np.uint8
    assert np.array_equal(frame, before)


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (None, "got NoneType"),
        ("a.jpg", "got str"),
        ([[1]], "got list"),
        (np.zeros((2, 2)), r"got float64 of shape \(2, 2\)"),
        (np.zeros((2, 2, 3), np.int8), r"got int8 of shape \(2, 2, 3\)"),
        (np.zeros((2, 2), bool), r"got bool of shape \(2, 2\)"),
        (np.zeros((0, 5, 3), np.uint8), r"got uint8 of shape \(0, 5, 3\)"),
        (np.zeros((5, 0), np.uint8), r"got uint8 of shape \(5, 0\)"),
        (np.zeros(5, np.uint8), r"\(height, width, 1, 3 or 4\), got \(5,\)"),
        (np.array(5, np.uint8), r"\(height, width, 1, 3 or 4\), got \(\)"),
        (np.zeros((2, 2, 2), np.uint8), r"\(height, width, 1, 3 or 4\), got \(2, 2, 2\)"),
        (np.zeros((1, 2, 2, 3), np.uint8), r"\(height, width, 1, 3 or 4\), got \(1, 2, 2, 3\)"),
    ],
    ids=["None", "text", "list", "float", "int8", "bool", "no rows", "no columns", "1 axis", "no axis", "2 channels",
         "batch"],
)  # fmt: skip
@pytest.mark.parametrize("function", [frame_to_pixels, to_bgr], ids=["frame_to_pixels", "to_bgr"])
def test_what_is_no_image_is_a_frame_error(function: object, thing: object, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        function(thing)  # type: ignore[operator]


def test_to_bgr_converts_what_is_not_bgr_yet() -> None:
    bgr = np.array([[[1, 2, 3]]], np.uint8)
    assert to_bgr(bgr) is bgr
    assert to_bgr(np.array([[[1, 2, 3, 200]]], np.uint8)).tolist() == [[[1, 2, 3]]]
    assert to_bgr(np.array([[9]], np.uint8)).tolist() == [[[9, 9, 9]]]
    assert to_bgr(np.array([[[9]]], np.uint8)).tolist() == [[[9, 9, 9]]]


def test_the_outline_is_in_pixels_of_the_frame() -> None:
    frame = np.full((320, 480, 3), 200, np.uint8)
    frame[90:210, 150:300] = 20

    sighting = find_garment(frame)

    left, top, width, height = cv2.boundingRect(sighting.outline)
    # The search sees a third of the pixels, so the outline is right to three of them.
    assert abs(left - 150) <= 3
    assert abs(top - 90) <= 3
    assert abs(left + width - 300) <= 4
    assert abs(top + height - 210) <= 4
    assert sighting.presence == 1.0


def test_an_even_frame_shows_nothing() -> None:
    sighting = find_garment(np.full((48, 64, 3), 90, np.uint8))

    assert sighting.presence == 0.0
    assert sighting.outline.shape == (0, 2)
    assert not sighting.pixels.any()
