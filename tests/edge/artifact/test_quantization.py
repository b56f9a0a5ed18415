"""Quantization by values worked by hand: real = scale * (stored - zero_point)."""

from __future__ import annotations

import numpy as np
import pytest

from edge.artifact.quantization import dequantize, quantize
from edge.artifact.spec import TensorSpec
from edge.errors import SpecError


def tensor(dtype: str, scale: float = 0.0, zero_point: int = 0) -> TensorSpec:
    """A tensor spec of which only the grid matters."""
    return TensorSpec("t", dtype, (1,), scale=scale, zero_point=zero_point)


def floats(*values: float) -> np.ndarray:
    """float32 array."""
    return np.array(values, np.float32)


PIXELS = tensor("uint8", float(np.float32(1 / 255)))


@pytest.mark.parametrize(
    ("grid", "real", "stored"),
    [
        (tensor("uint8", 0.5, 10), [-5.0, -4.5, 0.0, 0.5, 60.0, 122.5], [0, 1, 10, 11, 130, 255]),
        (tensor("int8", 0.25, -3), [-31.25, -0.25, 0.0, 0.25, 1.0, 32.5], [-128, -4, -3, -2, 1, 127]),
        (tensor("int8", 1 / 256, -128), [0.0, 0.25, 0.5, 0.99609375], [-128, -64, 0, 127]),
    ],
    ids=["uint8", "int8", "int8 softmax"],
)
def test_golden_numbers_both_ways(grid: TensorSpec, real: list[float], stored: list[int]) -> None:
    quantized = quantize(floats(*real), grid)
    assert quantized.dtype == np.dtype(grid.dtype)
    assert quantized.tolist() == stored
    back = dequantize(quantized, grid)
    assert back.dtype == np.float32
    assert back.tolist() == real


@pytest.mark.parametrize(
    ("real", "stored"),
    [(0.24, 0), (0.26, 1), (0.25, 0), (0.75, 2), (1.25, 2), (-0.25, 0), (-0.26, -1)],
    ids=["down", "up", "half to even 0", "half to even 2", "half to even 2 from above", "negative half", "negative"],
)
def test_values_are_rounded_to_the_nearest_step(real: float, stored: int) -> None:
    assert quantize(floats(real), tensor("int8", 0.5)).tolist() == [stored]


@pytest.mark.parametrize(
    ("grid", "real", "stored"),
    [
        (tensor("uint8", 0.5, 10), [-100.0, 1000.0, 3e38], [0, 255, 255]),
        (tensor("int8", 0.25, -3), [-1000.0, 1000.0, -3e38], [-128, 127, -128]),
    ],
    ids=["uint8", "int8"],
)
def test_values_outside_the_range_are_clipped_not_wrapped(
    grid: TensorSpec, real: list[float], stored: list[int]
) -> None:
    assert quantize(floats(*real), grid).tolist() == stored


def test_dequantize_widens_before_it_subtracts() -> None:
    assert dequantize(np.array([0, 3, 255], np.uint8), tensor("uint8", 1.0, 200)).tolist() == [-200.0, -197.0, 55.0]
    assert dequantize(np.array([-128, 127], np.int8), tensor("int8", 1.0, 127)).tolist() == [-255.0, 0.0]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dequantize_leaves_float_values_alone(dtype: str) -> None:
    real = dequantize(np.array([-1.5, 0.25], dtype), tensor(dtype))
    assert real.dtype == np.float32
    assert real.tolist() == [-1.5, 0.25]


def test_quantizing_keeps_the_shape() -> None:
    grid = tensor("uint8", 0.5)
    assert quantize(np.zeros((1, 2, 3, 1), np.float32), grid).shape == (1, 2, 3, 1)
    assert dequantize(np.zeros((1, 10), np.uint8), grid).shape == (1, 10)


@pytest.mark.parametrize("scale", [0.0, -0.5, float("nan"), float("inf")])
def test_a_grid_needs_a_positive_scale(scale: float) -> None:
    with pytest.raises(SpecError, match=rf"'t' \(uint8\) has scale {scale}: "):
        quantize(floats(1.0), tensor("uint8", scale))
    with pytest.raises(SpecError, match="a positive scale"):
        dequantize(np.array([1], np.uint8), tensor("uint8", scale))


def test_a_float_tensor_has_no_grid() -> None:
    with pytest.raises(SpecError, match=r"tensor 't' \(float32\)"):
        quantize(floats(1.0), tensor("float32", 1.0))
