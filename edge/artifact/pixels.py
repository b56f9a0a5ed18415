"""Pixels of 0-255 as the numbers that a network takes: for training, calibration, and every tensor at run time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.input_spec import PIXEL_RANGES, InputSpec, describe_pixels
from edge.artifact.quantization import quantize
from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError, SpecError

if TYPE_CHECKING:
    from numpy.typing import NDArray

INPUT_DTYPES = ("float32", "uint8", "int8")
# Shares of a range's width. Calibration on real images often misses its ends by 3 %. Within a step and a half of 255
# the stored numbers are meant to be the pixels themselves, as (pixel - 127) / 128 in a grid of 1/128.
_SAME_RANGE, _SAME_STEPS = 0.03, 1.5 / 255
_LEAST_STEPS = 127  # from black to white


def to_real(pixels: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Turn images into the network's real numbers, as training and calibration use them.

    Args:
        pixels: uint8, shape (..., height, width), grey, or (..., height, width, 3), BGR, 0-255.
        spec: channels, colour order, mean and standard deviation.

    Returns:
        float32, shape (..., height, width, channels), in the network's order of colours.
    """
    ordered = _ordered(pixels, spec)
    real = np.subtract(ordered, np.asarray(spec.mean, np.float32), dtype=np.float32)
    return np.divide(real, np.asarray(spec.std, np.float32), out=real)


def input_table(spec: InputSpec, tensor: TensorSpec) -> NDArray[Any]:
    """Return the tensor's value for each pixel value of each channel: shape (256, channels), the tensor's dtype."""
    real = _levels(spec)
    if tensor.is_quantized:
        return quantize(np.asarray(real, np.float32), tensor)
    return np.asarray(real if tensor.dtype == "float32" else np.rint(real)).astype(tensor.dtype)


class InputTensor:
    """Input tensor of a loaded model, filled in place from pixels."""

    def __init__(self, spec: InputSpec, tensor: TensorSpec) -> None:
        """Allocate the tensor and compute its table.

        Raises:
            SpecError: the tensor's scale is no positive number.
        """
        self._spec = spec
        self._table = input_table(spec, tensor)
        self._is_identity = tensor.dtype == "uint8" and bool((self._table == np.arange(256)[:, np.newaxis]).all())
        self._tensor = np.zeros(tensor.shape, tensor.dtype)
        if spec.channels == 3:
            import cv2  # not for grey models: a device may lack it

            self._cv2 = cv2

    def fill(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the tensor with these pixels in it; the next call overwrites it.

        Args:
            pixels: uint8, shape (height, width), grey, or (height, width, 3), BGR, 0-255.

        Raises:
            ValueError: the pixels don't have the size of the input.
        """
        size = (self._spec.height, self._spec.width)
        if pixels.shape != (size if self._spec.channels == 1 else (*size, 3)):
            raise ValueError(f"pixels of shape {pixels.shape} don't fit the input {self._tensor.shape}")
        if self._spec.channels == 3:
            self._fill_colour(pixels, self._tensor[0])
        elif self._is_identity:
            return pixels.reshape(self._tensor.shape)
        else:
            np.take(self._table[:, 0], pixels.reshape(self._tensor.shape), out=self._tensor, mode="clip")
        return self._tensor

    def _fill_colour(self, pixels: NDArray[np.uint8], view: NDArray[Any]) -> None:
        """Look up three channels; OpenCV does so several times as fast as numpy."""
        is_rgb = self._spec.colour_order == "RGB"
        if self._spec.layout == "NCHW":
            for channel in range(3):
                plane = self._cv2.extractChannel(pixels, 2 - channel if is_rgb else channel)
                self._cv2.LUT(plane, np.ascontiguousarray(self._table[:, channel]), dst=view[channel])
            return
        ordered = self._cv2.cvtColor(pixels, self._cv2.COLOR_BGR2RGB) if is_rgb else pixels
        if self._is_identity:
            np.copyto(view, ordered)
        else:
            self._cv2.LUT(ordered, self._table[np.newaxis], dst=view)


def range_of_grid(tensor: TensorSpec) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation that a quantized input implies: the grid's ends stand for black and white.

    So uint8 pixels go in as they are. A range that misses 0-1, 0-255 or -1-1 by a few per cent is taken for it, and one
    of colours that misses ImageNet's for that (R, G, B), whose channels differ.

    Args:
        tensor: a quantized input.
    """
    info = np.iinfo(tensor.dtype)
    black = tensor.scale * (int(info.min) - tensor.zero_point)
    white = tensor.scale * (int(info.max) - tensor.zero_point)
    for name in ("0-1", "0-255", "signed", *(("imagenet",) if 3 in tensor.shape[1:] else ())):
        mean, std = PIXEL_RANGES[name]
        least = min((0 - of_channel) / by for of_channel, by in zip(mean, std, strict=True))
        most = max((255 - of_channel) / by for of_channel, by in zip(mean, std, strict=True))
        missed = max(abs(black - least), abs(white - most)) / (most - least)
        if missed == 0 or (0 if len(mean) > 1 else _SAME_STEPS) < missed <= _SAME_RANGE:
            return mean, std
    std_ = 255 / (white - black)
    return (0.0 - black * std_,), (std_,)  # never -0.0


def fit_layout(spec: InputSpec, tensor: TensorSpec, path: Path) -> InputSpec:
    """Return the spec with size, channels and layout of a tensor of rank 4 and batch 1.

    Raises:
        ModelFileError: the tensor is no image.
    """
    shape = tensor.shape
    if len(shape) == 4 and 0 in shape[1:]:
        raise ModelFileError(f"{path} takes images of any height and width: give the size with --input-size WxH")
    if len(shape) == 4 and shape[0] == 1:
        if shape[3] in (1, 3):
            return replace(spec, height=shape[1], width=shape[2], channels=shape[3], layout="NHWC")
        if shape[1] in (1, 3):
            return replace(spec, height=shape[2], width=shape[3], channels=shape[1], layout="NCHW")
    raise ModelFileError(
        f"{path} takes a tensor of shape {shape}: expected one image, (1, height, width, channels) or (1, channels, "
        "height, width) with 1 or 3 channels"
    )


def tensor_shape(spec: InputSpec) -> tuple[int, ...]:
    """Return the shape of the input tensor, batch 1."""
    if spec.layout == "NCHW":
        return (1, spec.channels, spec.height, spec.width)
    return (1, spec.height, spec.width, spec.channels)


def require_input_dtype(tensor: TensorSpec) -> None:
    """Refuse types of numbers that no pixel is turned into.

    Raises:
        ModelFileError: the dtype isn't float32, uint8 or int8.
    """
    if tensor.dtype not in INPUT_DTYPES:
        raise ModelFileError(
            f"input {tensor.name!r} takes {tensor.dtype}: expected {', '.join(INPUT_DTYPES)}; export it with one of "
            "them as its input"
        )


def require_whole_numbers(spec: InputSpec, tensor: TensorSpec) -> None:
    """Refuse pixels that an integer input without quantization can't hold, or hardly tells apart.

    Raises:
        SpecError: they exceed the dtype, or fewer than half of the levels are left.
    """
    if tensor.is_quantized or tensor.dtype not in ("uint8", "int8"):
        return
    ends, info = np.rint(_levels(spec)[[0, -1]]), np.iinfo(tensor.dtype)
    if ends.min() < info.min or ends.max() > info.max or np.ptp(ends, axis=0).min() < _LEAST_STEPS:
        raise SpecError(
            f"input {tensor.name!r} takes whole numbers, {tensor.dtype} without quantization, and pixels of "
            f"{describe_pixels(spec)} are none: leave --pixels out"
        )


def _levels(spec: InputSpec) -> NDArray[np.float32]:
    """Return the network's real number for each pixel value of each channel: float32, shape (256, channels)."""
    levels = np.arange(256, dtype=np.float32)[:, np.newaxis]
    return np.asarray((levels - np.asarray(spec.mean, np.float32)) / np.asarray(spec.std, np.float32), np.float32)


def _ordered(pixels: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.uint8]:
    """Return pixels with a channel axis in the network's order of colours."""
    if spec.channels == 1:
        return pixels[..., np.newaxis]
    return pixels[..., ::-1] if spec.colour_order == "RGB" else pixels
