"""Int8 weights that no processor's kernel saturates on.

ONNX Runtime multiplies uint8 activations by int8 weights. On an x86 processor without VNNI its kernel adds two
neighbouring products in 16 bits (VPMADDUBSW), and a sum beyond 32,767 is cut off silently. Activations go up to
255, so two weights of one sign that add up to at most 128 are safe. The kernel pairs the weights of an output channel
in the order row, column, input channel, from the first on: (0, 1), (2, 3) and so on.

Source: measured with one pair of large weights at a time in onnxruntime 1.23.2, 1.31.1 and 1.32.0
(`tests/export/test_saturation_kernels.py` repeats it).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

LARGEST_PAIR = 128
"""Largest sum of two paired weights of one sign: 255 * 128 = 32,640 fits into 16 bits, 255 * 129 = 32,895 doesn't."""
_LARGEST_WEIGHT = 127
_SMALLEST = 1e-30  # of a channel that isn't zero; its scale is still a float32
_STEPS = 33  # scales tried for each channel
_to_array = onnx.numpy_helper.to_array


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer whose kernel sums products of weights."""

    weights: str
    """Name of the constant, float32 or int8."""
    axis: int
    """Axis of the output channels."""
    is_spatial: bool
    """True for a convolution, whose axes are (output, input, rows, columns)."""

    def rows(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the weights as (output channels, products in the order of the kernel)."""
        ordered = np.moveaxis(weights, 1, -1) if self.is_spatial else np.moveaxis(weights, self.axis, 0)
        return ordered.reshape(len(ordered), -1)

    def restore(self, rows: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        """Undo `rows`."""
        if self.is_spatial:
            return np.ascontiguousarray(np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1))
        return np.ascontiguousarray(np.moveaxis(rows, 0, self.axis))


def largest_pair(model: onnx.ModelProto) -> int:
    """Return the largest sum of two paired int8 weights of one sign in a quantized model; at most 128 can't saturate.

    Args:
        model: with DequantizeLinear nodes behind its int8 weights, as `onnxruntime.quantization` writes it.
    """
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    stored = {
        node.output[0]: constants[node.input[0]]
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in constants
    }
    return max(
        (
            int(_pair_sums(layer.rows(_to_array(stored[layer.weights]).astype(np.int64))).max(initial=0))
            for layer in _layers(model, stored)
            if stored[layer.weights].data_type == onnx.TensorProto.INT8
        ),
        default=0,
    )


def limit_pairs(model: onnx.ModelProto) -> dict[str, list[dict[str, Any]]]:
    """Round the float weights of a model in place to the nearest int8 grid on which no pair exceeds the limit.

    The scale of each channel is the one, between the usual one and the one that needs no further rounding, with the
    least squared error.

    Returns:
        The scales, as `quantize_static` takes them under `TensorQuantOverrides`.
    """
    from onnxruntime.quantization import QuantType

    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    overrides: dict[str, list[dict[str, Any]]] = {}
    for layer in _layers(model, constants):
        tensor = constants[layer.weights]
        weights = _to_array(tensor)
        scales, stored = _quantize(layer.rows(weights).astype(np.float64))
        rounded = layer.restore((stored * scales[:, np.newaxis]).astype(np.float32), weights.shape)
        tensor.CopyFrom(onnx.numpy_helper.from_array(rounded, tensor.name))
        overrides[layer.weights] = [
            {"quant_type": QuantType.QInt8, "axis": layer.axis, "scale": scale, "zero_point": np.array(0, np.int8)}
            for scale in scales
        ]
    return overrides


def _layers(model: onnx.ModelProto, weights: dict[str, onnx.TensorProto]) -> Iterator[_Layer]:
    """Yield the layers with these weights; a depthwise convolution's kernel multiplies in 16 bits and adds in 32."""
    yielded: set[str] = set()
    for node in model.graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul") or node.input[1] not in weights or node.input[1] in yielded:
            continue
        settings = {attribute.name: attribute.i for attribute in node.attribute}
        dims = weights[node.input[1]].dims
        if node.op_type == "Conv" and 1 < settings.get("group", 1) == dims[0] and dims[1] == 1:
            continue
        yielded.add(node.input[1])
        is_spatial = node.op_type == "Conv"
        yield _Layer(node.input[1], 0 if is_spatial or settings.get("transB") else len(dims) - 1, is_spatial)


def _quantize(weights: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return a scale for each row and the whole numbers that stand for its weights, shape (rows, products)."""
    largest = np.abs(weights).max(axis=1)
    usual = np.where(largest > _SMALLEST, largest / _LARGEST_WEIGHT, 1.0)
    roomy = np.maximum(usual, _pair_sums(weights).max(axis=1, initial=0) / LARGEST_PAIR)
    tried = [(usual + share * (roomy - usual)).astype(np.float32) for share in np.linspace(0, 1, _STEPS)]
    errors = [((_rounded(weights, scale) * scale[:, np.newaxis] - weights) ** 2).sum(axis=1) for scale in tried]
    chosen = np.argmin(errors, axis=0)
    scales = np.stack(tried)[chosen, np.arange(len(weights))]
    return scales, _rounded(weights, scales)


def _rounded(weights: NDArray[np.float64], scales: NDArray[np.float32]) -> NDArray[np.float64]:
    """Round to whole numbers whose pairs keep the limit; of an offending pair both give way, for the least error."""
    exact = weights / scales[:, np.newaxis]
    whole = np.clip(np.rint(exact), -_LARGEST_WEIGHT, _LARGEST_WEIGHT)
    end = whole.shape[1] // 2 * 2
    first, second = np.abs(whole[:, 0:end:2]), np.abs(whole[:, 1:end:2])
    too_much = np.maximum(_pair_sums(whole) - LARGEST_PAIR, 0)
    first_error, second_error = first - np.abs(exact[:, 0:end:2]), second - np.abs(exact[:, 1:end:2])
    from_first = np.clip(np.rint((first_error - second_error + too_much) / 2), 0, too_much)
    whole[:, 0:end:2] = np.sign(whole[:, 0:end:2]) * (first - from_first)
    whole[:, 1:end:2] = np.sign(whole[:, 1:end:2]) * (second - (too_much - from_first))
    return whole


def _pair_sums(rows: NDArray[Any]) -> NDArray[Any]:
    """Return |a| + |b| of each pair of one sign and 0 of the others, shape (rows, pairs)."""
    end = rows.shape[1] // 2 * 2
    first, second = rows[:, 0:end:2], rows[:, 1:end:2]
    return np.where(first * second > 0, np.abs(first) + np.abs(second), 0)
