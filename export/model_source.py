"""Source of an export that is no run: any Keras model, with a specification from its layers and the user's flags."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec, ModelOptions
from edge.artifact.metadata import Metadata
from edge.artifact.pixels import to_real
from edge.artifact.spec import ModelSpec, Provenance
from edge.classify.infer_spec import InferredSpec, complete_input, output_kind
from edge.errors import ExportError, ModelFileError, SpecError
from export.network.keras_file import load_model, pixels_of_first_layer
from export.network.softmax import ends_in_sigmoid, without_softmax
from export.source import Source

_LOGGER = logging.getLogger(__name__)
_BATCHES = (None, 1)


def load_file(path: Path, options: ModelOptions, imports: tuple[str, ...] = ()) -> Source:
    """Load a Keras model and describe it, and say what was taken.

    Args:
        path: .keras or .h5 file, or folder of a SavedModel.
        options: labels and input, as the user's flags say.
        imports: modules with custom layers.

    Raises:
        ExportError: it can't be loaded, or takes or puts out something else than an image and scores of classes.
        ModelFileError: labels, pixels or a size are missing.
        SpecError: the labels or the flags contradict the model.
    """
    model = load_model(path, imports)
    size = _image_size(path, model, options)
    labels = _labels(path, model, options)
    pixels, pixels_from = options.pixels, "given"
    if pixels is None:
        pixels, pixels_from = pixels_of_first_layer(model), "its first layer rescales them"
    if pixels is None:
        raise ModelFileError(
            f"{path} doesn't begin with a layer that rescales pixels, and doesn't say what it takes: give --pixels "
            "0-1, 0-255, signed (-1 to 1), imagenet, or six numbers (three means, three standard deviations, in 0-255)"
        )
    size, sources = complete_input(size, labels, pixels, options, Metadata())
    output, output_from = _output_kind(path, model, size)
    spec = ModelSpec(labels=labels, input=size, output=output)
    sources = (("labels", "given"), ("pixels", pixels_from), *sources, ("output", output_from))
    _LOGGER.info("%s", InferredSpec(spec, sources).sentence(path))
    source = Source(path, model, spec, is_run=False)
    provenance = Provenance(run_name=source.name, source_sha256=_digest(path))
    return replace(source, spec=replace(spec, provenance=provenance))


def _image_size(path: Path, model: keras.Model, options: ModelOptions) -> InputSpec:
    """Return the size of the input, fixed by the user where the model takes any."""
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 4 or shape[3] not in (1, 3) or shape[0] not in _BATCHES:
        raise ExportError(f"{path} takes a tensor of shape {shape}: expected one image, (None, height, width, 1 or 3)")
    size = tuple(shape[1:3])
    if None in size and options.input_size is None:
        raise ModelFileError(f"{path} takes images of any height and width: give the size with --input-size WxH")
    wanted = options.input_size or size
    if any(edge not in (None, chosen) for edge, chosen in zip(size, wanted, strict=True)):
        raise SpecError(
            f"{path} takes images of {size[1]}x{size[0]} pixels, --input-size says {wanted[1]}x{wanted[0]}: leave it "
            "out"
        )
    return InputSpec(recipe=IMAGE_RECIPE, height=wanted[0], width=wanted[1], channels=shape[3])


def _labels(path: Path, model: keras.Model, options: ModelOptions) -> tuple[str, ...]:
    """Return the class names, one for each output."""
    shape = tuple(model.outputs[0].shape)
    if len(shape) != 2 or shape[1] is None:
        raise ExportError(f"{path} puts out a tensor of shape {shape}: expected scores of classes, (None, classes)")
    if shape[1] == 1:
        raise ExportError(
            f"{path} has one output, a probability of one of two classes: expected one output for each class; train "
            'its last layer again as Dense(2, activation="softmax") with labels 0 and 1'
        )
    if ends_in_sigmoid(model):
        raise ExportError(
            f"{path} ends in a sigmoid, a probability for each class by itself: expected scores of which one class "
            "wins; train it with a softmax, or with no activation and a loss from logits"
        )
    if options.labels is None:
        raise ModelFileError(f"{path} carries no class names: give its {shape[1]} with --labels FILE, in their order")
    if len(options.labels) != shape[1]:
        raise SpecError(
            f"{path} has {shape[1]} outputs, but there are {len(options.labels)} labels: expected one for each"
        )
    return options.labels


def _output_kind(path: Path, model: keras.Model, size: InputSpec) -> tuple[str, str]:
    """Return the kind of output, and what tells it: its softmax, or its scores of a few images."""

    def scores(pixels: np.typing.NDArray[np.uint8]) -> np.typing.NDArray[np.float32]:
        found = np.asarray(model(to_real(pixels, size)[np.newaxis], training=False), np.float32)
        if not np.isfinite(found).all():
            raise ExportError("its outputs aren't finite numbers")
        return found

    try:
        kind = output_kind(scores, size)
    except Exception as error:  # TensorFlow's, and those of custom layers
        text = " ".join(str(error).split())[:200]
        raise ExportError(f"{path} fails on an image of {size.width}x{size.height} pixels: {text}") from error
    return kind if without_softmax(model) is None else ("probabilities", "its softmax")


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a folder in the order of their names."""
    digest = hashlib.sha256()
    files = sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
