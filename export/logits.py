"""Cuts the softmax off a network's end: the runner computes it, in float32 and the same on every machine.

Integer kernels compute a softmax in floating point or from tables, each processor's in its own way, and round it to
steps of 1/256; the logits before it are integers, and the same bits everywhere.
"""

from __future__ import annotations

import keras
from keras import layers


def without_softmax(model: keras.Model) -> keras.Model | None:
    """Return the network up to its logits.

    Args:
        model: one image -> float32 (N, classes).

    Returns:
        A network that shares the model's weights, or holds copies; None where the model doesn't end in a softmax.
    """
    (image,), last = model.inputs, model.layers[-1]
    if last.output is not model.outputs[0] or len(last.output.shape) != 2 or not _is_softmax(last):
        return None
    if not isinstance(last, layers.Dense):
        return keras.Model(image, last.input, name=model.name)
    linear = layers.Dense.from_config({**last.get_config(), "activation": "linear"})
    cut = keras.Model(image, linear(last.input), name=model.name)
    linear.set_weights(last.get_weights())
    return cut


def _is_softmax(layer: keras.Layer) -> bool:
    if isinstance(layer, layers.Softmax):
        return layer.axis in (-1, 1)
    return isinstance(layer, (layers.Activation, layers.Dense)) and layer.activation is keras.activations.softmax
