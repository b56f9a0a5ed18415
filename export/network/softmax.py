"""The softmax at the end of a network: cut off for a device, or kept for readers that show the output as a score.

The runner computes the softmax in float32, the same on every machine. Integer kernels compute it in floating point or
from tables, each processor's in its own way, and round it to steps of 1/256.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from export.network.frozen_graph import FrozenGraph

_UNCHANGED = (layers.Dropout, layers.Identity)


def without_softmax(model: keras.Model) -> keras.Model | None:
    """Return a network up to its logits.

    Args:
        model: one input -> float32 (N, classes); the softmax may lie in a model inside it, as Teachable Machine's does.

    Returns:
        A network with the same weights; None if the model doesn't end in a softmax.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        return None
    last, taken = producer(model.outputs[0])
    if isinstance(last, keras.Model):
        inner = without_softmax(last)
        return None if inner is None else keras.Model(model.inputs[0], inner(taken), name=model.name)
    if not _is_softmax(last):
        return None
    if not isinstance(last, layers.Dense):
        return keras.Model(model.inputs[0], taken, name=model.name)
    linear = layers.Dense.from_config({**last.get_config(), "activation": "linear"})
    cut = keras.Model(model.inputs[0], linear(taken), name=model.name)
    linear.set_weights(last.get_weights())
    return cut


def ends_in_sigmoid(model: keras.Model) -> bool:
    """Return True if each class has a probability of its own, so that a softmax would be wrong."""
    last, _ = producer(model.outputs[0])
    if isinstance(last, keras.Model):
        return ends_in_sigmoid(last)
    if isinstance(last, FrozenGraph):
        return bool(last.ends_in_sigmoid)
    return type(last).__name__ == "Sigmoid" or getattr(last, "activation", None) is keras.activations.sigmoid


def producer(tensor: keras.KerasTensor) -> tuple[Any, Any]:
    """Return the layer or operation that makes a tensor, and its first input; layers that do nothing are passed."""
    while True:
        operation, number, _ = tensor._keras_history
        taken = operation._inbound_nodes[number].input_tensors
        if not taken or not (isinstance(operation, _UNCHANGED) or _is_linear(operation)):
            return operation, taken[0] if taken else None
        tensor = taken[0]


def _is_linear(operation: Any) -> bool:
    return isinstance(operation, layers.Activation) and operation.activation is keras.activations.linear


def _is_softmax(operation: Any) -> bool:
    if isinstance(operation, layers.Softmax) or type(operation).__name__ == "Softmax":  # the latter of keras.ops
        return operation.axis in (-1, 1)
    return isinstance(operation, layers.Activation | layers.Dense) and (
        operation.activation is keras.activations.softmax
    )
