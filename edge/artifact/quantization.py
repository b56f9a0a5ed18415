"""Affine quantization in numpy: real = scale * (stored - zero_point). Reads the parameters, never assumes them.

Source: Jacob et al., 2018, arXiv:1712.05877, equation 1, and the TensorFlow Lite 8-bit quantization specification.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.spec import TensorSpec
from edge.errors import SpecError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def quantize(values: NDArray[np.float32], tensor: TensorSpec) -> NDArray[Any]:
    """Round real values to the tensor's grid.

    Args:
        values: float32 real values, any shape.
        tensor: dtype uint8 or int8, with a positive scale.

    Returns:
        The tensor's dtype, same shape; values outside its range are clipped.

    Raises:
        SpecError: the tensor isn't quantized or its scale isn't a positive number.
    """
    _check_scale(tensor)
    info = np.iinfo(tensor.dtype)
    stored = np.rint(values.astype(np.float64) / tensor.scale) + tensor.zero_point
    clipped: NDArray[Any] = np.clip(stored, info.min, info.max).astype(tensor.dtype)
    return clipped


def dequantize(stored: NDArray[Any], tensor: TensorSpec) -> NDArray[np.float32]:
    """Return the real values of a tensor: float32, same shape; a float tensor is returned as float32 unchanged."""
    if tensor.dtype not in ("uint8", "int8"):
        return stored.astype(np.float32)
    _check_scale(tensor)
    # Widened first: uint8 minus a zero point would wrap around.
    return (stored.astype(np.int32) - tensor.zero_point).astype(np.float32) * np.float32(tensor.scale)


def _check_scale(tensor: TensorSpec) -> None:
    if not tensor.is_quantized or not math.isfinite(tensor.scale) or tensor.scale <= 0:
        raise SpecError(
            f"tensor {tensor.name!r} ({tensor.dtype}) has scale {tensor.scale}: "
            "expected uint8 or int8 with a positive scale"
        )
