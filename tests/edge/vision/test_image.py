"""Recipe `image-v1` against its own definition in plain integers, and against the committed vectors."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from edge.errors import FrameError
from edge.vision import YuvPicture, prepare
from edge.vision.image import fitting, middle, prepare_image, resize, to_grey
from edge.vision.region import Region

VECTORS = Path(__file__).parents[2] / "fixtures" / "image_v1.json"


def spec(width: int = 8, height: int = 8, **settings: Any) -> InputSpec:
    """Return the input of a colour model."""
    return InputSpec(height, width, **{"channels": 3, "recipe": IMAGE_RECIPE, **settings})


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return a picture without two pixels alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def weights(old: int, new: int) -> list[tuple[int, int, int]]:
    """Return both old pixels of each new one, and the second's weight of 256: step 2 of the definition."""
    scale = 1.0 / (new / old)
    found = []
    for x in range(new):
        c = scale * (x + 0.5) - 0.5
        first = math.floor(c)
        if first < 0 or first >= old - 1:
            edge = 0 if first < 0 else old - 1
            found.append((edge, edge, 0))
        else:
            found.append((first, first + 1, round(256 * (c - first))))
    return found


def linear(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Resize in Python's integers."""
    rows, columns = weights(image.shape[0], height), weights(image.shape[1], width)
    result = np.zeros((height, width, 3), np.uint8)
    pixels = image.astype(object)
    for y, (top, bottom, down) in enumerate(rows):
        for x, (left, right, across) in enumerate(columns):
            upper = pixels[top, left] * (256 - across) + pixels[top, right] * across
            lower = pixels[bottom, left] * (256 - across) + pixels[bottom, right] * across
            result[y, x] = (upper * (256 - down) + lower * down + 32768) // 65536
    return result


def covered(old: int, new: int) -> list[list[int]]:
    """Return how many units of each old pixel every new one covers: step 3 of the definition."""
    spans = [(x * old, (x + 1) * old) for x in range(new)]
    return [[max(0, min(end, (i + 1) * new) - max(start, i * new)) for i in range(old)] for start, end in spans]


def area(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Resize in Python's integers."""
    rows, columns = image.shape[:2]
    if width > columns or height > rows:
        return linear(image, width, height)
    down, across = np.array(covered(rows, height), object), np.array(covered(columns, width), object)
    total = np.einsum("yr,rcb,xc->yxb", down, image.astype(object), across)
    return ((2 * total + rows * columns) // (2 * rows * columns)).astype(np.uint8)


@pytest.mark.parametrize("size", [(13, 9), (40, 31), (5, 64), (8, 8), (3, 2), (64, 48), (16, 32), (30, 18)], ids=str)
@pytest.mark.parametrize("new", [(8, 8), (5, 11), (16, 3)], ids=str)
def test_linear_and_area_are_what_the_definition_says(size: tuple[int, int], new: tuple[int, int]) -> None:
    image = noise(size[1], size[0])
    np.testing.assert_array_equal(resize(image, *new, "linear"), linear(image, *new))
    np.testing.assert_array_equal(resize(image, *new, "area"), area(image, *new))


def test_ties_of_the_weights_are_those_of_the_definition() -> None:
    image = noise(2, 243)  # to 256 columns a coordinate lies exactly between two 256ths
    np.testing.assert_array_equal(resize(image, 256, 2, "linear"), linear(image, 256, 2))


@pytest.mark.parametrize("size", [(6, 10), (8, 6), (4, 3), (3, 200), (1, 1)], ids=str)
@pytest.mark.parametrize("new", [(3, 4), (5, 3), (28, 20)], ids=str)
def test_nearest_takes_the_pixel_under_the_middle_of_the_new_one(size: tuple[int, int], new: tuple[int, int]) -> None:
    image, (width, height) = noise(*size), new
    rows = [(2 * y + 1) * size[0] // (2 * height) for y in range(height)]
    columns = [(2 * x + 1) * size[1] // (2 * width) for x in range(width)]
    np.testing.assert_array_equal(resize(image, width, height, "nearest"), image[rows][:, columns])


def test_nearest_takes_the_pixel_after_the_middle_where_that_lies_between_two() -> None:
    image = np.arange(8, dtype=np.uint8).reshape(1, 8)
    assert resize(image, 4, 1, "nearest").tolist() == [[1, 3, 5, 7]]


def test_area_is_opencv_s_but_for_halves() -> None:
    image = cv2.GaussianBlur(noise(420, 420), (0, 0), 1.5)
    ours = resize(image, 224, 224, "area").astype(int)
    theirs = cv2.resize(image, (224, 224), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(ours - theirs).max() <= 1
    assert (ours != theirs).mean() < 0.01


def test_area_of_an_even_reduction_is_the_mean_rounded_half_up() -> None:
    image = noise(8, 8)
    blocks = image.reshape(4, 2, 4, 2, 3).astype(int).sum(axis=(1, 3))
    np.testing.assert_array_equal(resize(image, 4, 4, "area"), (blocks + 2) // 4)


def test_means_near_a_half_do_not_depend_on_float_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    image = noise(36, 60)
    right = area(image, 10, 6)  # a 36th is no number of float32, and every 36th mean is a half
    exact = cv2.resize

    def erring(*arguments: Any, **settings: Any) -> NDArray[np.float32]:
        return np.asarray(exact(*arguments, **settings) * np.float32(1 - 3e-6), np.float32)

    monkeypatch.setattr("edge.vision.image.cv2.resize", erring)
    np.testing.assert_array_equal(resize(image, 10, 6, "area"), right)


def test_the_committed_vectors_hold() -> None:
    for vector in json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]:
        pixels = np.array(vector["frame_bgr"], np.uint8)
        expected = np.array(vector["pixels"], np.uint8)
        got = prepare_image(pixels, InputSpec(**vector["input"])).pixels
        np.testing.assert_array_equal(got, expected, err_msg=vector["name"])


@pytest.mark.parametrize(
    ("frame", "target", "share", "box"),
    [
        ((640, 480), (224, 224), 1.0, (80, 0, 480, 480)),
        ((480, 640), (224, 224), 1.0, (0, 80, 480, 480)),
        ((640, 480), (224, 224), 0.875, (110, 30, 420, 420)),
        ((640, 480), (320, 240), 1.0, (0, 0, 640, 480)),
        ((641, 479), (2, 1), 1.0, (0, 79, 641, 321)),  # 320.5 rows, rounded half up
        ((3, 3), (224, 224), 0.1, (1, 1, 1, 1)),
    ],
)
def test_the_middle_has_the_model_s_shape(
    frame: tuple[int, int], target: tuple[int, int], share: float, box: tuple[int, int, int, int]
) -> None:
    assert middle(*frame, *target, share) == box


@pytest.mark.parametrize(
    ("frame", "expected"), [((640, 480), (8, 6)), ((480, 640), (6, 8)), ((1000, 1), (8, 1)), ((5, 5), (8, 8))]
)
def test_letterbox_keeps_the_frame_s_shape(frame: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fitting(*frame, 8, 8) == expected


def test_letterbox_puts_the_frame_in_the_middle_of_black() -> None:
    prepared = prepare_image(np.full((30, 80, 3), 200, np.uint8), spec(resize="letterbox"))
    rows = prepared.pixels[:, 0, 0].tolist()
    assert rows == [0, 0, 200, 200, 200, 0, 0, 0]  # three rows of eight
    assert prepared.region == (0, 0, 80, 30)


def test_crop_looks_at_the_middle_and_says_where() -> None:
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[30:450, 110:530] = (10, 20, 30)
    prepared = prepare_image(frame, spec(resize="crop", crop=0.875))
    assert (prepared.pixels == (10, 20, 30)).all()
    assert prepared.region == (110, 30, 420, 420)
    assert prepared.outline.shape == (0, 2)


def test_stretch_uses_all_of_the_frame() -> None:
    frame = np.zeros((4, 16, 3), np.uint8)
    frame[:, 8:] = 255
    assert prepare_image(frame, spec(resize="stretch")).pixels[0, :, 0].tolist() == [0, 0, 0, 0, 255, 255, 255, 255]


def test_a_region_is_cropped_within() -> None:
    frame = noise(100, 200)
    prepared = prepare_image(frame, spec(resize="crop"), region=Region(0.5, 0, 0.5, 1))
    np.testing.assert_array_equal(prepared.pixels, prepare_image(frame[:, 100:], spec(resize="crop")).pixels)
    assert prepared.region == (100, 0, 100, 100)


def test_a_region_without_pixels_holds_nothing() -> None:
    prepared = prepare_image(noise(10, 10), spec(), region=Region(50, 50, 10, 10))
    assert (prepared.presence_score, prepared.pixels.shape, prepared.pixels.any()) == (0.0, (8, 8, 3), False)


def test_grey_models_get_luma() -> None:
    assert to_grey(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)).tolist() == [
        [29, 149, 77, 255]
    ]
    assert prepare_image(noise(9, 9), spec(channels=1)).pixels.shape == (8, 8)


def test_the_white_of_floats_is_that_of_the_whole_frame() -> None:
    frame = np.full((20, 60, 3), 200.0, np.float32)
    frame[:, 20:40] = 1.0  # all that the crop shows
    assert prepare_image(frame, spec(resize="crop")).pixels.max() == 1


def covered_lens(level: float, deviation: float) -> NDArray[np.uint8]:
    """Return a frame of one colour and a sensor's noise."""
    pixels = np.random.default_rng(0).normal(level, deviation, (480, 640, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("frame", "is_something"),
    [
        (np.full((480, 640, 3), 99, np.uint8), False),
        (covered_lens(4, 4), False),
        (covered_lens(12, 10), False),
        (covered_lens(128, 5), False),
        (np.repeat(np.repeat(noise(4, 4), 120, axis=0), 160, axis=1), True),
    ],
    ids=["one colour", "dark", "dark and noisy", "grey", "patches"],
)
def test_a_covered_lens_is_nothing(frame: NDArray[np.uint8], is_something: bool) -> None:
    assert (prepare_image(frame, spec(224, 224)).presence_score >= 0.1) is is_something


def test_the_presence_score_is_the_deviation_of_cells_of_whole_pixels() -> None:
    # 16 cells of 2x2 pixels along each edge: half of them 0, half of them 40, so that the deviation is 20 of 40 levels.
    frame = np.zeros((33, 33, 3), np.uint8)
    frame[:, 16:32, 1] = 40
    frame[:, 32], frame[32] = 255, 255  # left over
    assert prepare_image(frame, spec(33, 33)).presence_score == pytest.approx(0.5)


def test_a_video_s_planes_make_nearly_the_same_pixels() -> None:
    picture = cv2.GaussianBlur(noise(240, 320), (0, 0), 6)
    yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    y, u, v = yuv[:240], yuv[240:300].reshape(120, 160), yuv[300:].reshape(120, 160)
    planes = YuvPicture(y, u, v)
    of_planes = prepare_image(planes, spec(96, 96, resize="crop")).pixels.astype(int)
    of_bgr = prepare_image(planes.to_bgr(), spec(96, 96, resize="crop")).pixels.astype(int)
    assert np.abs(of_planes - of_bgr).max() <= 3


def test_a_crop_that_cuts_a_video_s_colours_in_half_keeps_them_in_place() -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(100, 140, (62, 62)).astype(np.uint8)
    u, v = (rng.integers(108, 148, (31, 31)).astype(np.uint8) for _ in range(2))
    planes = YuvPicture(y, u, v)
    size = spec(13, 13, resize="crop", crop=0.5)  # 31 pixels, from the sixteenth on: a colour belongs to two
    assert prepare_image(planes, size).region == (15, 15, 31, 31)
    of_planes, of_bgr = (prepare_image(frame, size).pixels.astype(int) for frame in (planes, planes.to_bgr()))
    assert np.abs(of_planes - of_bgr).max() <= 2


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(FrameError):
        prepare(None, spec())  # type: ignore[arg-type]


@pytest.mark.parametrize("frame", [noise(20, 30)[..., 0], np.dstack([noise(20, 30), noise(20, 30)[..., :1]])])
def test_grey_and_bgra_frames_are_taken(frame: NDArray[np.uint8]) -> None:
    assert prepare(frame, spec()).pixels.shape == (8, 8, 3)
