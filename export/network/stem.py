"""Rewriting of a first convolution to four channels instead of one: the same numbers in less time.

Integer kernels take channels in groups. A strided 3x3 convolution over one grey channel wastes most of each group and
costs up to half the time of the whole baseline network. Four neighbours in a row become four channels without moving
a byte, and each position of the new convolution makes two pixels of the old one. This is the space-to-depth of large
image networks (Ying et al., 2018, arXiv:1811.06992, section 3.2), along rows alone.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

_GROUP = 4  # columns that become channels; with a stride of 2 each group makes two pixels
_PIXELS = 2
_FIRST_COLUMNS = (4, 6)  # of a 3x3 window in three groups, for the left and the right pixel


def packed(model: keras.Model) -> keras.Model:
    """Rewrite convolution, batch norm and ReLU at the start of a network.

    Args:
        model: float32 (N, height, width, 1) -> any output.

    Returns:
        A network with the same outputs; the model itself if it begins in another way.
    """
    first = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)][:3]
    if not _fits(first) or any(_readers(model, layer.input) != 1 for layer in first):
        return model
    convolution, norm, activation = first
    body = keras.Model(activation.output, model.output)
    height, width = model.input_shape[1:3]
    image = keras.Input((height, width, 1), name="image")
    wide = layers.Conv2D(_PIXELS * convolution.filters, 3, strides=(2, 1), padding="same", use_bias=False)
    wide_norm = layers.BatchNormalization(epsilon=norm.epsilon)
    x = layers.Reshape((height, width // _GROUP, _GROUP))(image)
    x = layers.ReLU()(wide_norm(wide(x)))
    wide.set_weights([packed_kernel(np.asarray(convolution.kernel))])
    wide_norm.set_weights([np.tile(weights, _PIXELS) for weights in norm.get_weights()])
    return keras.Model(image, body(layers.Reshape(activation.output.shape[1:])(x)), name=model.name)


def packed_kernel(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Spread a kernel over three groups of four columns, once for each of the two pixels that a group makes.

    Args:
        kernel: float32, shape (3, 3, 1, channels), used with strides of 2 and TensorFlow's "same" padding, which on an
            even number of columns adds one on the right alone.

    Returns:
        float32, shape (3, 3, 4, 2 * channels), for strides of (2, 1).
    """
    rows, columns, _, channels = kernel.shape
    wide = np.zeros((rows, 3 * _GROUP, _PIXELS, channels), np.float32)
    for pixel, first in enumerate(_FIRST_COLUMNS):
        wide[:, first : first + columns, pixel] = kernel[:, :, 0]
    return wide.reshape(rows, 3, _GROUP, _PIXELS * channels)


def _readers(model: keras.Model, tensor: keras.KerasTensor) -> int:
    """Return the number of layers that take this tensor; one with several readers can't be replaced."""
    inputs = [keras.tree.flatten(layer.input) for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    return sum(any(taken is tensor for taken in tensors) for tensors in inputs)


def _fits(first: list[keras.Layer]) -> bool:
    """Return true if these layers follow each other and can be rewritten."""
    kinds = [layers.Conv2D, layers.BatchNormalization, layers.ReLU]
    if [type(layer) for layer in first] != kinds:
        return False
    convolution, norm, activation = first
    relu = activation.get_config()
    return bool(
        convolution.output is norm.input
        and norm.output is activation.input
        and convolution.kernel.shape[:3] == (3, 3, 1)
        and tuple(convolution.strides) == (2, 2)
        and tuple(convolution.dilation_rate) == (1, 1)
        and convolution.padding == "same"
        and not convolution.use_bias
        and convolution.activation is keras.activations.linear
        and norm.scale
        and norm.center
        and relu["max_value"] is None
        and not relu["negative_slope"]
        and not relu["threshold"]
        and convolution.input.shape[2] % _GROUP == 0
    )
