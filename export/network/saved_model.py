"""Folder of a SavedModel as a Keras model: the graph of its signature, frozen, and cut before a softmax at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from edge.errors import ExportError

SIGNATURE = "serving_default"
_MAX_REASON = 300  # characters of a library's own message
_PASSED = ("Identity", "StopGradient")  # operations that change nothing


class _Graph(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """A frozen graph as a layer: float32 (N, height, width, channels) -> float32 (N, classes)."""

    def __init__(self, function: Any, classes: tuple[int | None, ...]) -> None:
        super().__init__(name="graph")
        self._function = function
        self._classes = classes

    def call(self, image: Any) -> Any:
        """Run the graph."""
        scores = self._function(image)
        return scores[0] if isinstance(scores, list | tuple) else scores

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the scores."""
        return (shape[0], *self._classes)


def is_saved_model(path: Path) -> bool:
    """Return True if the path is the folder of a SavedModel."""
    return (path / "saved_model.pb").is_file()


def load(folder: Path) -> keras.Model:
    """Load a SavedModel by its signature `serving_default`.

    Raises:
        ExportError: it is damaged, has no such signature, or takes something else than one image of float32.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

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
    frozen = convert_variables_to_constants_v2(signature)
    scores = frozen.outputs[0]
    classes = tuple(result.shape)[1:]
    logits = _before_softmax(scores)
    ends = keras.layers.Softmax() if logits is not None else None
    function = frozen.prune(frozen.inputs[0], scores if logits is None else logits)
    image = keras.Input(batch_shape=tuple(spec.shape), name="image")
    x = _Graph(function, classes)(image)
    return keras.Model(image, x if ends is None else ends(x), name="saved_model")


def reason(error: Exception) -> str:
    """Return a library's message in one line, cut to a readable length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}..."


def _before_softmax(tensor: Any) -> Any:
    """Return what goes into the softmax that makes a tensor; None if none does."""
    while tensor.op.type in _PASSED:
        tensor = tensor.op.inputs[0]
    return tensor.op.inputs[0] if tensor.op.type == "Softmax" else None
