"""Any Keras model that takes one image, from a .keras or .h5 file or a SavedModel.

A file of Keras 2 is loaded by the library that continues Keras 2. Keras 3 refuses most of them, and of those that it
does load it may compute something else: its `hard_sigmoid` is another function.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import types
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import h5py
import keras
import numpy as np
from keras import layers

from edge.errors import ExportError, RuntimeMissingError
from export.network.frozen_graph import (
    LARGEST_SCALE,
    LEAST_MEAN,
    FrozenGraph,
    as_model,
    is_saved_model,
    load_saved_model,
    reason,
)
from export.source import is_of_run

_LOGGER = logging.getLogger(__name__)
_SUFFIXES = (".keras", ".h5", ".hdf5")
_FIRST_OF_TODAY = 3  # major version of Keras whose files this Keras reads
_PACKAGES = ("keras", "tf_keras")  # of Keras 3 and of Keras 2


def is_model(path: Path) -> bool:
    """Return True for a Keras file or the folder of a SavedModel, False for a run, its model or anything else."""
    return not is_of_run(path) and (is_saved_model(path) or (not path.is_dir() and path.suffix.lower() in _SUFFIXES))


def load_model(path: Path, imports: Sequence[str] = ()) -> keras.Model:
    """Load a model with one image in and one tensor out, called on a batch of float32.

    Logs which library reads a file of Keras 2: Keras 2's own, unless the file names a custom layer of Keras 3.

    Args:
        path: .keras or .h5 file, or folder of a SavedModel.
        imports: modules with custom layers.

    Returns:
        A network whose height and width may be None.

    Raises:
        ExportError: the file is absent or damaged, holds weights alone or a layer that nobody knows, or the model isn't
            a network from one image to one tensor.
    """
    version = keras_version(path)
    is_older = version.split(".")[0].isdecimal() and int(version.split(".")[0]) < _FIRST_OF_TODAY
    if is_older:
        _prefer_older_keras()
    custom = custom_objects(imports)
    if is_saved_model(path):
        return load_saved_model(path)
    if not path.is_file():
        raise ExportError(
            f"{path} doesn't exist: expected a .keras or .h5 file, or the folder of a SavedModel or a run"
        )
    newer = _layers_of_keras_3(path, custom) if is_older else []
    if is_older and not newer:
        older = _load_older(path, version, custom)
        require_one_image(path, older)
        return _converted(older)
    if newer:
        _LOGGER.warning(
            "%s was written by Keras %s, but Keras %s reads it, for it names %s, made with Keras 3: a hard_sigmoid and "
            "perhaps more is computed otherwise; with `from tensorflow import keras` in the module Keras 2 reads it",
            path, version, keras.__version__, ", ".join(newer),
        )  # fmt: skip
    try:
        model = keras.models.load_model(path, compile=False, custom_objects=_own_objects(custom, keras))
    except Exception as error:  # Keras raises whatever its layers do
        raise _load_error(path, error, keras.__version__) from error
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


def _own_objects(custom: Mapping[str, Any], library: Any) -> dict[str, Any]:
    """Return the custom objects without what a module merely imports from either Keras and the reading one has, too.

    Args:
        custom: objects by name.
        library: the Keras that reads the file. Its own layers and activations must stay its own.
    """
    return {
        name: thing
        for name, thing in custom.items()
        if not _is_of_keras(thing) or not (isinstance(thing, type) or hasattr(library.activations, name))
    }


def _is_of_keras(thing: Any) -> bool:
    return str(thing.__module__).split(".")[0] in _PACKAGES


def _layers_of_keras_3(path: Path, custom: Mapping[str, Any]) -> list[str]:
    """Return the names of those custom layers of Keras 3 that a file names."""
    named = {name.rpartition(">")[2] for name in _class_names(_stored(path, "config"))}  # with or without a package
    return [
        name
        for name, thing in custom.items()
        if name in named and isinstance(thing, type) and issubclass(thing, layers.Layer) and not _is_of_keras(thing)
    ]


def _class_names(part: Any) -> Iterator[str]:
    """Yield the names of all classes in the description of a network, at any depth."""
    if isinstance(part, dict):
        yield from (str(part[key]) for key in ("class_name", "registered_name") if part.get(key))
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        yield from _class_names(inner)


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
    if isinstance(first, FrozenGraph):
        takes_pixels = first.rescales_pixels
    elif isinstance(first, layers.Rescaling):
        takes_pixels = 0 < np.max(np.abs(first.scale)) <= LARGEST_SCALE
    else:
        is_normal = isinstance(first, layers.Normalization) and not first.invert
        takes_pixels = is_normal and float(np.max(np.asarray(first.mean))) >= LEAST_MEAN
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


def keras_version(path: Path) -> str:
    """Return the version of Keras that wrote a .keras or .h5 file; empty where the file doesn't say."""
    version = _stored(path, "metadata")
    return str(version.get("keras_version", "") if isinstance(version, dict) else version)


def _stored(path: Path, part: Literal["metadata", "config"]) -> Any:
    """Return what a .keras or .h5 file says of its writer (of .h5 the version alone) or its layers; else empty."""
    try:
        if path.suffix.lower() == ".keras":
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read(f"{part}.json"))
        with h5py.File(path, "r") as file:
            text = file.attrs.get("keras_version" if part == "metadata" else "model_config", "")
            text = text.decode() if isinstance(text, bytes) else str(text)
            return text if part == "metadata" else json.loads(text)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return ""


def _prefer_older_keras() -> None:
    """Let modules that are imported from now on find Keras 2 as `tensorflow.keras`; `keras` stays Keras 3."""
    import tensorflow as tf

    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    found = importlib.util.find_spec("tf_keras")
    if found is not None and found.origin is not None:
        folder = str(Path(found.origin).parent / "api" / "_v2")  # TensorFlow looks for `keras` there, if told in time
        tf.__path__[:] = [folder, *(part for part in tf.__path__ if part != folder)]


def _load_older(path: Path, version: str, custom: Mapping[str, Any]) -> Any:
    """Load a file of Keras 2.

    Args:
        path: .keras or .h5 file.
        version: Keras that wrote it.
        custom: layers and functions by name.

    Returns:
        A model of Keras 2, with `inputs` and `outputs`.

    Raises:
        RuntimeMissingError: the library isn't installed.
        ExportError: it can't load the file.
    """
    try:
        import tf_keras
    except ImportError as error:
        raise RuntimeMissingError(
            f"{path} was written by Keras {version}, which Keras 3 can't read: pip install "
            "'edge-classify[export]', which brings tf-keras"
        ) from error
    _LOGGER.info("%s was written by Keras %s and is read by tf-keras %s", path, version, tf_keras.__version__)
    try:
        return tf_keras.models.load_model(path, compile=False, custom_objects=_own_objects(custom, tf_keras))
    except Exception as error:  # Keras raises whatever its layers do
        raise _load_error(path, error, tf_keras.__version__) from error


def _load_error(path: Path, error: Exception, version: str) -> ExportError:
    """Return the error for a file that a version of Keras doesn't load."""
    if path.name.endswith(".weights.h5") or "No model config found" in str(error):
        return ExportError(f"{path} holds weights alone: save the whole model with model.save(FILE)")
    return ExportError(
        f"Keras {version} can't load {path}: {reason(error)}; a layer of your own comes with --import MODULE, a model "
        "that only another Keras loads as a SavedModel, written by that Keras"
    )


def _converted(model: Any) -> Any:
    """Return a model of Keras 3 that computes the same as one of Keras 2."""
    import tensorflow as tf

    @tf.function  # type: ignore[untyped-decorator]
    def answer(image: Any) -> Any:
        return model(image, training=False)

    return as_model(answer.get_concrete_function(tf.TensorSpec(model.inputs[0].shape, tf.float32)), model.name)
