"""The whole vision step: results, the symmetries it promises, odd frames, and images of the data set's own kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.input_spec import GARMENT_RECIPE
from edge.demo import draw_dataset, draw_frame
from edge.vision import EmptyScene, find_garment, frame_to_pixels
from edge.vision.garment import cut_out
from edge.vision.region import Region
from tests.edge.vision.scenes import Image, carpet, checks, lamp, overlap, paint, planks, shirt_mask

SHAPE = (240, 320)
MASK = shirt_mask(*SHAPE)


def difference(first: Image, second: Image) -> float:
    """Mean absolute difference of two inputs, levels."""
    return float(np.abs(first.astype(int) - second).mean())


def patches(darkest: int, brightest: int) -> NDArray[np.float32]:
    """Fabric in soft grey patches a few pixels of the network's input wide, BGR."""
    levels = np.random.default_rng(0).integers(darkest, brightest, (8, 10, 1)).repeat(3, axis=2)
    return np.asarray(cv2.resize(levels.astype(np.float32), SHAPE[::-1]))


def test_recipe_has_the_name_that_specs_hold() -> None:
    assert GARMENT_RECIPE == "garment-v2"


@pytest.mark.parametrize(
    ("garment", "background"),
    [
        ((30, 30, 30), (220, 220, 220)),
        ((230, 230, 230), (30, 30, 30)),
        ((60, 60, 200), (60, 140, 60)),
        (checks(*SHAPE), (120, 120, 120)),
        ((150, 60, 30), carpet(*SHAPE)),
        (checks(*SHAPE), carpet(*SHAPE)),
        ((200, 200, 200), planks(*SHAPE)),
        ((60, 80, 60), lamp(*SHAPE)),
    ],
    ids=["dark on light", "light on dark", "colours of one grey", "pattern", "carpet", "pattern on carpet", "planks",
         "lamp"],
)  # fmt: skip
def test_the_garment_is_found(garment: object, background: object) -> None:
    prepared = find_garment(paint(MASK, garment=garment, background=background))
    assert overlap(prepared.outline, MASK) > 0.88
    assert prepared.presence_score > 0.5
    assert prepared.outline.dtype == np.int32
    shown = prepared.pixels > 60
    expected = cv2.resize(MASK[30:216, 68:252].astype(np.uint8) * 255, (28, 28), interpolation=cv2.INTER_AREA) > 127
    assert (shown & expected).sum() / (shown | expected).sum() > 0.75


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_garment_that_the_edge_cuts_off_is_found(side: str) -> None:
    dx, dy = {"top": (0, -0.3), "bottom": (0, 0.3), "left": (-0.35, 0), "right": (0.35, 0)}[side]
    mask = shirt_mask(*SHAPE, dx=dx, dy=dy)
    assert overlap(find_garment(paint(mask, garment=(40, 50, 140), background=(190, 200, 190))).outline, mask) > 0.85


@pytest.mark.parametrize(("scale", "dx", "dy"), [(0.35, 0.3, 0.2), (0.4, -0.25, -0.2), (0.5, 0.0, 0.2)])
def test_a_small_garment_is_found_anywhere(scale: float, dx: float, dy: float) -> None:
    mask = shirt_mask(*SHAPE, scale=scale, dx=dx, dy=dy)
    assert overlap(find_garment(paint(mask, garment=(40, 50, 140), background=lamp(*SHAPE))).outline, mask) > 0.75


def test_dark_on_light_equals_light_on_dark() -> None:
    frame = paint(MASK, garment=patches(20, 90), background=(225, 225, 225), noise=0)
    assert difference(frame_to_pixels(255 - frame), frame_to_pixels(frame)) < 8


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_frame_gives_turned_pixels(turns: int) -> None:
    frame = paint(MASK, garment=(150, 60, 30), background=(60, 190, 210))
    turned = frame_to_pixels(np.rot90(frame, turns))
    assert difference(turned, np.rot90(frame_to_pixels(frame), turns)) < 6


@pytest.mark.parametrize("gain", [0.6, 0.8, 1.1])
def test_the_light_hardly_matters(gain: float) -> None:
    frame = paint(MASK, garment=patches(20, 120), background=(190, 200, 160))
    dimmed = np.clip(frame * gain, 0, 255).astype(np.uint8)
    assert difference(frame_to_pixels(dimmed), frame_to_pixels(frame)) < 8


def test_the_distance_to_the_camera_hardly_matters() -> None:
    near = draw_frame(3, height=480, width=640).image
    half = cv2.resize(near, (320, 240), interpolation=cv2.INTER_AREA)
    assert difference(frame_to_pixels(near), frame_to_pixels(half)) < 2


def test_grey_bgra_16_bit_and_float_frames_of_one_picture_give_the_same_pixels() -> None:
    grey = cv2.cvtColor(paint(MASK, garment=checks(*SHAPE), background=(90, 90, 90)), cv2.COLOR_BGR2GRAY)
    expected = frame_to_pixels(grey)
    assert expected.any()
    alike = [
        grey[:, :, np.newaxis],
        cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR),
        cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA),
        grey.astype(np.uint16) * 257,
        grey.astype(np.float64),
        (grey / 255).astype(np.float32),
    ]
    for frame in alike:
        assert np.array_equal(frame_to_pixels(frame), expected)


def test_inner_structure_stays_visible() -> None:
    """A pale stripe across a dark shirt is darker than the rest once negated."""
    frame = paint(MASK, garment=(60, 60, 60), background=(220, 220, 220))
    frame[130:150][MASK[130:150]] = 130
    pixels = frame_to_pixels(frame).astype(int)
    assert pixels[16, 14] < pixels[10, 14] - 60
    assert pixels[16, 14] > 20


def test_an_even_frame_shows_nothing() -> None:
    prepared = find_garment(np.full((48, 64, 3), 90, np.uint8))
    assert prepared.presence_score < 0.05
    assert prepared.outline.shape == (0, 2)
    assert not prepared.pixels.any()


ODD = np.random.default_rng(0)
FLOATS = ODD.random((90, 70, 3))
FLOATS[3, 4], FLOATS[9], FLOATS[10] = np.nan, np.inf, -np.inf


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
        ODD.integers(0, 256, (8, 9, 3), np.uint8),
        np.full((90, 70, 3), 255, np.uint8),
        np.zeros((90, 70, 3), np.uint8),
        ODD.integers(0, 256, (90, 70, 3), np.uint8),
        ODD.integers(0, 256, (3000, 4000, 3), np.uint8),
        np.zeros((8000, 10_000), np.uint8),
        ODD.integers(0, 65_536, (90, 70, 3), np.uint16),
        FLOATS,
        np.full((90, 70), np.nan, np.float32),
        ODD.integers(0, 256, (90, 70, 3), np.uint8)[::-2, ::3],
        np.asfortranarray(ODD.integers(0, 256, (90, 70, 3), np.uint8)),
    ],
    ids=["1x1", "1x1 colour", "1xN", "Nx1", "1x100000", "BGRA", "grey with axis", "smallest", "white", "black",
         "noise", "huge", "10000x8000", "16 bit", "NaN and infinity", "only NaN", "view", "column order"],
)  # fmt: skip
@pytest.mark.parametrize(("height", "width"), [(28, 28), (1, 1), (7, 40)], ids=["28x28", "1x1", "7x40"])
def test_odd_frames_have_an_input_of_the_models_shape(frame: NDArray[Any], height: int, width: int) -> None:
    before = frame[:100, :100].copy()
    for arguments in ({}, {"region": Region(0.2, 0.2, 0.7, 0.7)}, {"scene": EmptyScene(1)}):
        prepared = find_garment(frame, height=height, width=width, **arguments)
        assert prepared.pixels.shape == (height, width)
        assert prepared.pixels.dtype == np.uint8
        assert 0 <= prepared.presence_score <= 1
    np.testing.assert_array_equal(frame[:100, :100], before)


@pytest.mark.parametrize("make", [lambda: None, lambda: EmptyScene(1)], ids=["border", "scene"])
def test_a_frame_size_may_change_in_mid_stream(make: Callable[[], EmptyScene | None]) -> None:
    scene = make()
    for height, width in ((60, 80), (61, 80), (480, 640), (1, 1), (80, 60)):
        frame = ODD.integers(0, 256, (height, width, 3), np.uint8)
        assert find_garment(frame, scene=scene).pixels.shape == (28, 28)


def test_an_image_of_the_data_set_comes_out_as_it_is() -> None:
    images, _ = draw_dataset(40, seed=3)
    unchanged = [np.array_equal(frame_to_pixels(image), image) for image in images]
    assert np.mean(unchanged) > 0.9
    framed = np.zeros((28, 28), np.uint8)
    framed[0:28, 6:22] = np.random.default_rng(0).integers(1, 256, (28, 16))
    assert np.array_equal(frame_to_pixels(framed), framed)


def test_one_that_does_not_fill_its_canvas_is_trimmed() -> None:
    frame = np.zeros((20, 20), np.uint8)
    frame[4:8, 6:10] = 150
    prepared = find_garment(frame)
    assert (prepared.pixels == 150).all()
    assert prepared.outline.tolist() == [[6, 4], [9, 4], [9, 7], [6, 7]]
    assert prepared.presence_score == 1.0


def test_pure_black_of_that_size_shows_nothing() -> None:
    prepared = find_garment(np.zeros((28, 28), np.uint8))
    assert (prepared.presence_score, prepared.pixels.any(), prepared.outline.shape) == (0.0, False, (0, 2))


@pytest.mark.parametrize(
    ("height", "rim", "is_ready"),
    [(28, 0, True), (56, 2, True), (57, 0, False), (28, 3, False)],
    ids=["data set", "twice as large", "camera", "not black"],
)
def test_small_images_with_a_black_rim_count_as_ready(height: int, rim: int, is_ready: bool) -> None:
    picture = np.full((height, height, 3), rim, np.uint8)
    picture[5:20, 5:20] = 200
    assert (cut_out(picture) is not None) == is_ready


@pytest.mark.parametrize("colour", [(20, 20, 20), (235, 235, 235)], ids=["black", "white"])
def test_the_alpha_of_a_cut_out_is_the_garment_s_outline(colour: tuple[int, int, int]) -> None:
    mask = np.zeros((240, 320), np.uint8)
    mask[40:200, 100:220] = 1
    frame = np.full((240, 320, 4), 128, np.uint8)
    frame[..., :3][mask > 0] = colour
    frame[..., 3] = 255 * mask
    frame[..., :3][100:140, 20:60] = (0, 0, 255)  # hidden under full transparency
    prepared = find_garment(frame)
    assert prepared.presence_score == 1.0
    assert overlap(prepared.outline, mask) > 0.95
    opaque = frame.copy()
    opaque[..., 3] = 255
    np.testing.assert_array_equal(find_garment(opaque).pixels, find_garment(opaque[..., :3].copy()).pixels)
