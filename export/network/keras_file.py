"""Any Keras model that takes one image, from a .keras or .h5 file or a SavedModel."""

from __future__ import annotations

import importlib
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from edge.errors import ExportError
from export.network import saved_model
from export.network.saved_model import reason
from export.source import is_of_run

_SUFFIXES = (".keras", ".h5", ".hdf5")
_LARGEST_SCALE = 1 / 16  # of a Rescaling that takes pixels of 0-255: 1/255 and 1/127.5 are usual
_LEAST_MEAN = 2.0  # of a Normalization that takes them


class _OlderDepthwiseConv2D(layers.DepthwiseConv2D):  # type: ignore[misc]  # keras has no types
    """DepthwiseConv2D as Keras 2 stored it: with `groups`, which Keras 3 doesn't know."""

    def __init__(self, *arguments: Any, groups: int = 1, **settings: Any) -> None:
        if groups != 1:
            raise ValueError(f"DepthwiseConv2D with groups {groups}: expected 1")
        super().__init__(*arguments, **settings)


class _OlderBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]  # keras has no types
    """BatchNormalization as Keras 2 stored it: with a list of one axis."""

    def __init__(self, axis: int | list[int] = -1, **settings: Any) -> None:
        super().__init__(axis=axis[0] if isinstance(axis, list) else axis, **settings)


_OLDER = {"DepthwiseConv2D": _OlderDepthwiseConv2D, "BatchNormalization": _OlderBatchNormalization}


def is_model(path: Path) -> bool:
    """Return True for a Keras file or the folder of a SavedModel, False for a run, its model or anything else."""
    return not is_of_run(path) and (
        saved_model.is_saved_model(path) or (not path.is_dir() and path.suffix.lower() in _SUFFIXES)
    )


def load_model(path: Path, imports: Sequence[str] = ()) -> keras.Model:
    """Load a model with one image in and one tensor out, called on a batch of float32.

    Args:
        path: .keras or .h5 file, or folder of a SavedModel.
        imports: modules with custom layers.

    Returns:
        A network whose height and width may be None.

    Raises:
        ExportError: the file is absent or damaged, holds weights alone or a layer that nobody knows, or the model isn't
            a network from one image to one tensor.
    """
    custom = custom_objects(imports)
    if saved_model.is_saved_model(path):
        return saved_model.load(path)
    if not path.is_file():
        raise ExportError(
            f"{path} doesn't exist: expected a .keras or .h5 file, or the folder of a SavedModel or a run"
        )
    is_older = path.suffix.lower() != ".keras"
    try:
        model = keras.models.load_model(path, compile=False, custom_objects={**(_OLDER if is_older else {}), **custom})
    except Exception as error:  # Keras raises whatever its layers do
        if path.name.endswith(".weights.h5") or "No model config found" in str(error):
            raise ExportError(f"{path} holds weights alone: save the whole model with model.save(FILE)") from error
        raise ExportError(
            f"Keras {keras.__version__} can't load {path}: {reason(error)}; a layer of your own comes with --import "
            "MODULE, a model that only an older Keras loads as a SavedModel, written by that Keras"
        ) from error
    require_one_image(path, model)
    return model


def custom_objects(imports: Sequence[str]) -> dict[str, Any]:
    """Import modules and return the layers and functions in them by name.

    Raises:
        ExportError: a module isn't there, or fails.
    """
    found: dict[str, Any] = {}
    for name in imports:
        try:
            module = importlib.import_module(name)
        except Exception as error:  # a user's module may raise anything
            raise ExportError(
                f"--import {name}: {reason(error)}; expected a module that Python finds, such as {name}.py in this "
                "folder or on PYTHONPATH"
            ) from error
        found |= {key: value for key, value in vars(module).items() if isinstance(value, type | types.FunctionType)}
    return found


def require_one_image(path: Path, model: Any) -> None:
    """Refuse a model that isn't a graph of layers from one image to the scores of classes.

    Raises:
        ExportError: it has more inputs or outputs, was never called, or takes something else.
    """
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise ExportError(
            f"{path} holds a {type(model).__name__} without a graph of layers: expected a functional or Sequential "
            "model, or a SavedModel, which model.export(FOLDER) writes"
        )
    for kind, tensors in (("inputs", inputs), ("outputs", outputs)):
        if len(tensors) != 1:
            names = ", ".join(f"{tensor.name} {tuple(tensor.shape)}" for tensor in tensors)
            raise ExportError(f"{path} has {len(tensors)} {kind} ({names}): expected one image in, one tensor out")


def pixels_of_first_layer(model: keras.Model) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return mean and standard deviation for pixels of 0-255 as they are, if the network begins by rescaling these.

    Args:
        model: with one image as its input.

    Returns:
        ((0.0,), (1.0,)), or None: the network's beginning doesn't say what it takes.
    """
    first = _first_layer(model)
    if isinstance(first, layers.Rescaling):
        takes_pixels = 0 < np.max(np.abs(first.scale)) <= _LARGEST_SCALE
    else:
        is_normal = isinstance(first, layers.Normalization) and not first.invert
        takes_pixels = is_normal and float(np.max(np.asarray(first.mean))) >= _LEAST_MEAN
    return ((0.0,), (1.0,)) if takes_pixels else None


def _first_layer(model: keras.Model) -> Any:
    """Return the first layer that changes the numbers of an image; None where the image goes several ways."""
    image = model.inputs[0]
    while True:
        readers = _readers(model, image)
        if len(readers) != 1:
            return None
        operation, tensor = readers[0]
        if isinstance(operation, keras.Model):
            return _first_layer(operation)
        if not (isinstance(operation, layers.Identity) or type(operation).__name__.startswith("Random")):
            return operation
        image = tensor


def _readers(model: keras.Model, image: Any) -> list[tuple[Any, Any]]:
    """Return the operations between a tensor and the model's output that take it, each with its first output."""
    found: list[tuple[Any, Any]] = []
    seen: set[int] = set()
    waiting = list(model.outputs)
    while waiting:
        operation, number, _ = waiting.pop()._keras_history
        node = operation._inbound_nodes[number]
        if id(node) in seen:
            continue
        seen.add(id(node))
        if any(tensor is image for tensor in node.input_tensors):
            found.append((operation, node.output_tensors[0]))
        waiting.extend(node.input_tensors)
    return found
