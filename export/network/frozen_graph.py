"""TensorFlow graphs as Keras models, frozen and cut before a softmax at their end: of a SavedModel, or of Keras 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge.errors import ExportError

SIGNATURE = "serving_default"
LARGEST_SCALE = 1 / 16
"""Largest factor of a network's beginning that takes pixels of 0-255: 1/255 and 1/127.5 are usual."""
LEAST_MEAN = 2.0
"""Least mean that such a beginning subtracts."""
_MAX_REASON = 300  # characters of a library's own message
_UNCHANGED = ("Identity", "StopGradient")
_BEFORE_ARITHMETIC = (*_UNCHANGED, "Cast", "Placeholder", "Reshape", "StridedSlice", "ReverseV2", "ResizeBilinear")
_SUMS = ("Sub", "Add", "AddV2", "BiasAdd")


class FrozenGraph(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """A frozen graph as a layer: float32 (N, height, width, channels) -> float32 (N, classes)."""

    def __init__(self, function: Any, classes: tuple[int | None, ...]) -> None:
        super().__init__(name="graph")
        self._function = function
        self._classes = classes
        self.rescales_pixels = _rescales_pixels(function.inputs[0])
        """True if the graph begins by rescaling pixels of 0-255."""
        self.ends_in_sigmoid = _producer(function.outputs[0]).type == "Sigmoid"
        """True if each output is a probability by itself."""

    def call(self, image: Any) -> Any:
        """Run the graph."""
        scores = self._function(image)
        return scores[0] if isinstance(scores, list | tuple) else scores

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the scores."""
        return (shape[0], *self._classes)


def as_model(function: Any, name: str) -> keras.Model:
    """Return a Keras model of a concrete function, with a softmax layer where the function ends in a softmax.

    Args:
        function: float32 (N, height, width, channels) -> float32 (N, classes); its variables become constants.
        name: of the model.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    frozen = convert_variables_to_constants_v2(function)
    taken, scores = frozen.inputs[0], frozen.outputs[0]
    last = _producer(scores)
    ends = keras.layers.Softmax() if last.type == "Softmax" else None
    graph = FrozenGraph(frozen.prune(taken, scores if ends is None else last.inputs[0]), tuple(scores.shape)[1:])
    image = keras.Input(batch_shape=tuple(taken.shape), name="image")
    x = graph(image)
    return keras.Model(image, x if ends is None else ends(x), name=name)


def is_saved_model(path: Path) -> bool:
    """Return True if the path is the folder of a SavedModel."""
    return (path / "saved_model.pb").is_file()


def load_saved_model(folder: Path) -> keras.Model:
    """Load a SavedModel by its signature `serving_default`.

    Raises:
        ExportError: it is damaged, has no such signature, or takes something else than one image of float32.
    """
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(folder))
        signatures = dict(loaded.signatures)
    except Exception as error:  # TensorFlow's own kinds of errors, and those of its protocol buffers
        raise ExportError(f"TensorFlow {tf.__version__} can't load the SavedModel {folder}: {reason(error)}") from error
    if SIGNATURE not in signatures:
        found = ", ".join(signatures) or "none"
        raise ExportError(
            f"the SavedModel {folder} has no signature {SIGNATURE} (found: {found}): write it with model.export(FOLDER)"
        )
    signature = signatures[SIGNATURE]
    specs = signature.structured_input_signature[1]
    results = signature.structured_outputs
    for kind, entries in (("inputs", specs), ("outputs", results)):
        if len(entries) != 1:
            names = ", ".join(f"{name} {tuple(spec.shape)}" for name, spec in sorted(entries.items()))
            raise ExportError(f"{folder} has {len(entries)} {kind} ({names}): expected one image in, one tensor out")
    ((name, spec),), (result,) = specs.items(), results.values()
    if spec.dtype != tf.float32 or spec.shape.rank != 4:
        shape = spec.shape if spec.shape.rank is None else tuple(spec.shape)
        raise ExportError(
            f"{folder} takes {name!r}, {spec.dtype.name} of shape {shape}: expected one image, float32 of shape "
            "(None, height, width, 1 or 3)"
        )
    if result.dtype != tf.float32 or result.shape.rank != 2:
        raise ExportError(
            f"{folder} puts out {result.dtype.name} of shape {result.shape}: expected float32 (None, classes)"
        )
    return as_model(signature, "saved_model")


def reason(error: Exception) -> str:
    """Return a library's message in one line, cut to a readable length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}..."


def _producer(tensor: Any) -> Any:
    """Return the operation that makes a tensor; those that change nothing are passed."""
    while tensor.op.type in _UNCHANGED:
        tensor = tensor.op.inputs[0]
    return tensor.op


def _rescales_pixels(image: Any) -> bool:
    """Return True if the first arithmetic on an image scales pixels of 0-255, or subtracts a mean of these."""
    import tensorflow as tf

    while len(readers := [reader for reader in image.consumers() if reader.outputs]) == 1:
        (operation,) = readers
        if operation.type not in _BEFORE_ARITHMETIC:
            constants = [tf.get_static_value(taken) for taken in operation.inputs if taken is not image]
            if len(constants) != 1 or constants[0] is None:
                return False
            largest = float(np.max(np.abs(constants[0])))
            return (
                (operation.type == "Mul" and 0 < largest <= LARGEST_SCALE)
                or (operation.type == "RealDiv" and operation.inputs[0] is image and largest >= 1 / LARGEST_SCALE)
                or (operation.type in _SUMS and largest >= LEAST_MEAN)
            )
        image = operation.outputs[0]
    return False
