"""Pixels as tensors: for each type, layout, order of colours and number range, values worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.input_spec import (
    IMAGE_RECIPE,
    PIXEL_RANGES,
    InputSpec,
    describe_pixels,
    describe_resize,
    in_order,
    parse_pixels,
    parse_resize,
)
from edge.artifact.pixels import InputTensor, fit_layout, input_table, range_of_grid, tensor_shape, to_real
from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError, SpecError

BGR = np.array([[[0, 51, 255]]], np.uint8)  # one pixel


def colour(**settings: Any) -> InputSpec:
    """Return the input of a colour model of one pixel."""
    return InputSpec(**{"height": 1, "width": 1, "channels": 3, "recipe": IMAGE_RECIPE, **settings})


def tensor(dtype: str, shape: tuple[int, ...], scale: float = 0.0, zero_point: int = 0) -> TensorSpec:
    """Return a tensor's facts."""
    return TensorSpec("t", dtype, shape, scale=scale, zero_point=zero_point)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        ("0-1", [1.0, 0.2, 0.0]),
        ("0-255", [255.0, 51.0, 0.0]),
        ("signed", [1.0, -0.6, -1.0]),
        ("imagenet", [(255 - 123.675) / 58.395, (51 - 116.28) / 57.12, -103.53 / 57.375]),
        ("127,127,127,128,128,128", [1.0, -76 / 128, -127 / 128]),
    ],
)
def test_named_ranges_in_rgb(pixels: str, expected: list[float]) -> None:
    mean, std = parse_pixels(pixels)
    real = to_real(BGR, colour(mean=mean, std=std))
    assert real.dtype == np.float32
    assert real[0, 0].tolist() == pytest.approx(expected, abs=1e-6)


def test_bgr_models_get_the_frame_s_own_order() -> None:
    assert to_real(BGR, colour(colour_order="BGR", mean=(0.0,), std=(1.0,)))[0, 0].tolist() == [0.0, 51.0, 255.0]


def test_grey_images_get_an_axis_of_channels() -> None:
    images = np.array([[[0, 255]], [[51, 102]]], np.uint8)
    real = to_real(images, InputSpec(1, 2))
    assert real.shape == (2, 1, 2, 1)
    assert real.ravel().tolist() == pytest.approx([0.0, 1.0, 0.2, 0.4])


@pytest.mark.parametrize(
    ("facts", "settings", "expected"),
    [
        (tensor("float32", (1, 1, 1, 3)), {}, [1.0, 0.2, 0.0]),
        (tensor("uint8", (1, 1, 1, 3), 1 / 255), {}, [255, 51, 0]),
        (tensor("int8", (1, 1, 1, 3), 1 / 255, -128), {}, [127, -77, -128]),
        (tensor("uint8", (1, 1, 1, 3), 1 / 51), {}, [51, 10, 0]),
        (tensor("uint8", (1, 1, 1, 3), 1 / 128, 127), {"mean": (127.0,), "std": (128.0,)}, [255, 51, 0]),
        (tensor("int8", (1, 1, 1, 3), 1 / 128, -1), {"mean": (127.0,), "std": (128.0,)}, [127, -77, -128]),
        (tensor("uint8", (1, 1, 1, 3)), {"std": (1.0,)}, [255, 51, 0]),
        (tensor("uint8", (1, 1, 1, 3), 1 / 255), {"colour_order": "BGR"}, [0, 51, 255]),
        (tensor("float32", (1, 1, 1, 3)), {"mean": (0.0, 51.0, 0.0), "std": (255.0, 1.0, 1.0)}, [1.0, 0.0, 0.0]),
    ],
    ids=["float", "uint8", "int8", "coarse", "signed uint8", "signed int8", "no scale", "BGR", "channels differ"],
)
def test_colour_tensors(facts: TensorSpec, settings: dict[str, Any], expected: list[float]) -> None:
    filled = InputTensor(colour(**settings), facts).fill(BGR)
    assert (filled.dtype, filled.shape) == (np.dtype(facts.dtype), (1, 1, 1, 3))
    assert filled.ravel().tolist() == pytest.approx(expected, abs=1e-6)


def test_planes_one_after_the_other() -> None:
    pixels = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    spec = colour(width=2, layout="NCHW", std=(1.0,))
    for dtype in ("float32", "uint8"):
        filled = InputTensor(spec, tensor(dtype, (1, 3, 1, 2))).fill(pixels)
        assert filled.tolist() == [[[[3, 6]], [[2, 5]], [[1, 4]]]]
    blue_first = InputTensor(
        colour(width=2, layout="NCHW", std=(1.0,), colour_order="BGR"), tensor("uint8", (1, 3, 1, 2))
    )
    assert blue_first.fill(pixels).ravel().tolist() == [1, 4, 2, 5, 3, 6]


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_grey_tensors(layout: str) -> None:
    spec = InputSpec(1, 3, layout=layout)
    filled = InputTensor(spec, tensor("int8", tensor_shape(spec), 1 / 255, -128))
    assert filled.fill(np.array([[0, 51, 255]], np.uint8)).ravel().tolist() == [-128, -77, 127]


def test_float_tensors_are_bit_for_bit_those_of_a_bare_script() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    for name in ("0-1", "signed", "imagenet"):
        mean, std = PIXEL_RANGES[name]
        spec = colour(height=16, width=16, mean=mean, std=std)
        bare = (levels.astype(np.float32) - np.float32(spec.mean)) / np.float32(spec.std)
        filled = InputTensor(spec, tensor("float32", (1, 16, 16, 3))).fill(levels)
        np.testing.assert_array_equal(filled[0], bare)


@pytest.mark.parametrize("shape", [(2, 2), (1, 1, 3), (1, 1)], ids=str)
def test_pixels_of_another_size_are_an_error(shape: tuple[int, ...]) -> None:
    facts = InputTensor(InputSpec(1, 2), tensor("uint8", (1, 1, 2, 1), 1 / 255))
    with pytest.raises(ValueError, match="don't fit"):
        facts.fill(np.zeros(shape, np.uint8))


def test_the_table_has_every_level_of_every_channel() -> None:
    table = input_table(colour(mean=(127.0,), std=(128.0,)), tensor("uint8", (1, 1, 1, 3), 1 / 128, 127))
    assert table.shape == (256, 3)
    assert (table == np.arange(256)[:, None]).all()
    with pytest.raises(SpecError, match="scale"):
        input_table(colour(), tensor("uint8", (1, 1, 1, 3), -1.0))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (tensor("uint8", (1,), 1 / 255), ((0.0,), (255.0,))),
        (tensor("int8", (1,), 1 / 255, -128), ((0.0,), (255.0,))),
        (tensor("uint8", (1,), float(np.float32(1 / 255))), ((0.0,), (255.0,))),
        (tensor("uint8", (1,), 0.98 / 255), ((0.0,), (255.0,))),  # calibrated on images that reach 0.98
        (tensor("uint8", (1,), 1.0), ((0.0,), (1.0,))),
        (tensor("uint8", (1,), 2 / 255, 127), ((127.0,), (127.5,))),
        (tensor("uint8", (1,), 1 / 128, 127), ((127.0,), (128.0,))),
        (tensor("int8", (1,), 1 / 128), ((128.0,), (128.0,))),
        (tensor("int8", (1,), 0.98 / 127.5), ((127.5,), (127.5,))),
    ],
    ids=["0-1", "int8 0-1", "float32", "nearly 0-1", "0-255", "signed", "1/128", "int8 signed", "nearly signed"],
)
def test_a_quantized_input_says_its_range(facts: TensorSpec, expected: tuple[tuple[float], tuple[float]]) -> None:
    (mean,), (std,) = range_of_grid(facts)
    assert ((mean,), (std,)) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


def test_a_range_without_a_name_is_that_of_the_grid_s_ends() -> None:
    (mean,), (std,) = range_of_grid(tensor("uint8", (1,), 0.02, 114))  # -2.28 to 2.82, as of ImageNet's normalization
    assert (mean, std) == pytest.approx((114.0, 50.0))


@pytest.mark.parametrize("ends", [(-2.1179, 2.64), (-2.0, 2.58)], ids=["exact", "calibrated on images short of white"])
def test_imagenet_s_range_in_a_colour_grid_is_that_of_three_channels(ends: tuple[float, float]) -> None:
    scale = (ends[1] - ends[0]) / 255
    zero_point = round(-ends[0] / scale) - 128
    assert range_of_grid(tensor("int8", (1, 3, 8, 8), scale, zero_point)) == PIXEL_RANGES["imagenet"]
    assert len(range_of_grid(tensor("int8", (1, 8, 8, 1), scale, zero_point))[0]) == 1  # grey: none of ImageNet's


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 224, 192, 3), (224, 192, 3, "NHWC")),
        ((1, 3, 224, 192), (224, 192, 3, "NCHW")),
        ((1, 1, 28, 20), (28, 20, 1, "NCHW")),
        ((1, 28, 20, 1), (28, 20, 1, "NHWC")),
    ],
)
def test_the_layout_is_read_from_the_shape(shape: tuple[int, ...], expected: tuple[object, ...]) -> None:
    spec = fit_layout(InputSpec(recipe=IMAGE_RECIPE), tensor("float32", shape), Path("m.onnx"))
    assert (spec.height, spec.width, spec.channels, spec.layout) == expected
    assert tensor_shape(spec) == shape


@pytest.mark.parametrize("shape", [(1, 784), (1, 5, 28, 28, 3), (2, 28, 28, 1), (1, 28, 28, 4), (1, 0, 0, 3)], ids=str)
def test_what_takes_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelFileError):
        fit_layout(InputSpec(recipe=IMAGE_RECIPE), tensor("float32", shape), Path("m.onnx"))


@pytest.mark.parametrize("text", ["", "0-2", "1,2,3", "1,2,3,4", "0,0,0,1,1,0", "0,0,0,1,1,nan", "1,2,3,4,5,6,7"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="imagenet"):
        parse_pixels(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crop", ("crop", 1.0)),
        ("crop:0.875", ("crop", 0.875)),
        ("letterbox", ("letterbox", 1.0)),
        ("stretch", ("stretch", 1.0)),
    ],
)
def test_resize_modes(text: str, expected: tuple[str, float]) -> None:
    assert parse_resize(text) == expected
    assert describe_resize(colour(resize=expected[0], crop=expected[1])) == text


@pytest.mark.parametrize("text", ["pad", "crop:0", "crop:2", "crop:x", "stretch:0.5", "letterbox:1"])
def test_what_is_no_resize_mode_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="letterbox"):
        parse_resize(text)


def test_ranges_are_described_by_their_names() -> None:
    assert [describe_pixels(colour(mean=mean, std=std)) for mean, std in PIXEL_RANGES.values()] == list(PIXEL_RANGES)
    assert describe_pixels(colour(mean=(0.0,), std=(254.99998,))) == "0-1"  # of a scale in float32
    assert describe_pixels(colour(mean=(127.0,), std=(128.0,))) == "127,127,127,128,128,128"


def test_a_named_range_goes_with_the_colours() -> None:
    assert in_order(PIXEL_RANGES["imagenet"], "BGR") == ((103.53, 116.28, 123.675), (57.375, 57.12, 58.395))
    assert in_order(PIXEL_RANGES["imagenet"], "RGB") == PIXEL_RANGES["imagenet"]
    mean, std = in_order(PIXEL_RANGES["imagenet"], "BGR")
    assert describe_pixels(colour(mean=mean, std=std, colour_order="BGR")) == "imagenet"
    assert describe_pixels(colour(mean=mean, std=std)) != "imagenet"
    numbers = ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0))  # Caffe's: numbers are in the network's order already
    assert in_order(numbers, "BGR") == numbers
