"""A convolution and its frozen batch norm as one layer: the norm goes into the kernel, not over every pixel.

A frozen norm is a factor and an offset for each channel. Over the pixels of a wide layer it takes a processor as long
as the convolution, in the kernel nothing; and TensorFlow computes convolution, offset and ReLU6 in one kernel wherever
no gradient is needed. The numbers are the same up to rounding.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

NORM_EPSILON = 1e-3
"""Added to the variance in EfficientNet-Lite0's batch norms."""


class FoldedConv(keras.layers.Layer):  # type: ignore[misc]  # Keras is not type-checked here
    """Convolution, or one of each channel, of float images (N, height, width, channels), padding same, and its norm.

    It has the weights of Conv2D or DepthwiseConv2D and then of BatchNormalization; only the kernel is trained.
    """

    def __init__(self, kernel_size: int, filters: int | None, strides: int, *, name: str) -> None:
        """Keep the settings; without `filters`, every channel is filtered on its own."""
        super().__init__(name=name)
        self._size, self._filters, self._strides = kernel_size, filters, strides

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights."""
        channels = input_shape[-1]
        last = (channels, 1) if self._filters is None else (channels, self._filters)
        self.kernel = self.add_weight(shape=(self._size, self._size, *last), initializer="zeros", name="kernel")
        outputs = (self._filters or channels,)
        kinds = {"gamma": "ones", "beta": "zeros", "moving_mean": "zeros", "moving_variance": "ones"}
        self._norm = [
            self.add_weight(shape=outputs, initializer=start, trainable=False, autocast=False, name=kind)
            for kind, start in kinds.items()
        ]

    def call(self, inputs: Any) -> Any:
        """Filter and normalize."""
        gamma, beta, mean, variance = self._norm
        factor = gamma * ops.rsqrt(variance + NORM_EPSILON)
        offset = ops.cast(beta - mean * factor, self.compute_dtype)
        if self._filters is None:
            kernel = self.kernel * ops.cast(ops.expand_dims(factor, -1), self.compute_dtype)
            return ops.depthwise_conv(inputs, kernel, strides=self._strides, padding="same") + offset
        kernel = self.kernel * ops.cast(factor, self.compute_dtype)
        return ops.conv(inputs, kernel, strides=self._strides, padding="same") + offset
