"""Specification of a model file that carries none: from its metadata, its tensors and the user's flags, each said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.input_spec import (
    GARMENT_RECIPE,
    IMAGE_RECIPE,
    InputSpec,
    ModelOptions,
    describe_pixels,
    describe_resize,
)
from edge.artifact.pixels import InputTensor, fit_layout, range_of_grid
from edge.artifact.quantization import dequantize
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec, TensorSpec
from edge.errors import ModelFileError, SpecError

if TYPE_CHECKING:
    from edge.runtimes import Runtime

_ROUNDED_AWAY = 0.05  # largest error of a sum of probabilities in steps of 1/256
_USUAL_CROP = 0.875  # of Keras, timm and torchvision for square colour inputs


@dataclass(frozen=True, slots=True)
class InferredSpec:
    """Specification, and where each part of it comes from."""

    spec: ModelSpec
    sources: tuple[tuple[str, str], ...]
    """Pairs of a part of the spec and where it was found: labels, pixels, resize, colour, output."""

    def sentence(self, path: Path) -> str:
        """Return one line that says what was assumed."""
        size = self.spec.input
        colour = "grey" if size.channels == 1 else size.colour_order
        values = {
            "labels": f"{len(self.spec.labels)} labels",
            "pixels": f"pixels {describe_pixels(size)}",
            "recipe": f"recipe {size.recipe}",
            "resize": f"resize {describe_resize(size)}",
            "colour": f"colour {colour}",
            "output": self.spec.output,
        }
        parts = ", ".join(f"{values[name]} ({where})" for name, where in self.sources if not self._is_moot(name))
        return f"{path.name} carries no specification; taken: {size.width}x{size.height} {size.layout}, {parts}"

    def _is_moot(self, part: str) -> bool:
        """Return True for a part that the recipe or the number of channels decides."""
        size = self.spec.input
        return (part == "resize" and size.recipe == GARMENT_RECIPE) or (part == "colour" and size.channels == 1)


def infer_spec(path: Path, runtime: Runtime, options: ModelOptions) -> InferredSpec:
    """Infer the spec of a file that carries none.

    Args:
        path: the file, for error messages.
        runtime: the loaded network.
        options: what the user, or the file's metadata, says.

    Raises:
        ModelFileError: the file is no image classifier, or has no labels.
        SpecError: the labels contradict each other or the file.
    """
    if options.input_size is not None:
        runtime.resize_input(_sized(runtime.input_tensor, *options.input_size))
    fit_layout(InputSpec(recipe=IMAGE_RECIPE), runtime.input_tensor)  # what takes no image needs no labels either
    count = class_count(path, runtime.output_tensor)
    labels = options.labels
    if labels is None:
        raise ModelFileError(
            f"{path} carries no specification and no class names: export it with `python -m export.tflite`, or give "
            f"its {count} class names with --labels FILE"
        )
    if len(labels) != count:
        raise SpecError(f"{path} has {count} outputs, but there are {len(labels)} labels: expected one for each")
    size = fit_layout(InputSpec(recipe=IMAGE_RECIPE), runtime.input_tensor)
    is_garment = size.channels == 1 and labels == FASHION_MNIST_LABELS
    recipe = options.recipe or (GARMENT_RECIPE if is_garment else IMAGE_RECIPE)
    mode, crop = options.resize or (("crop", _USUAL_CROP) if size.channels == 3 else ("stretch", 1.0))
    (mean, std), pixels_from = _pixels(path, runtime.input_tensor, options)
    size = replace(
        size, recipe=recipe, resize=mode, crop=crop, interpolation=options.interpolation or size.interpolation,
        colour_order=options.colour_order or size.colour_order, mean=mean, std=std,
    )  # fmt: skip
    output = _output_kind(runtime, size)
    sources = (
        ("labels", "given"),
        ("pixels", pixels_from),
        ("recipe", "given" if options.recipe else "the labels" if is_garment else "not Fashion-MNIST's labels"),
        ("resize", "given" if options.resize else "assumed"),
        ("colour", "given" if options.colour_order else "assumed"),
        ("output", "by what it puts out"),
    )
    return InferredSpec(ModelSpec(labels=labels, input=size, output=output), sources)


def _pixels(
    path: Path, tensor: TensorSpec, options: ModelOptions
) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], str]:
    """Return mean and standard deviation of the pixels, and where they come from."""
    if options.pixels is not None:
        return options.pixels, "given"
    if tensor.is_quantized:
        return range_of_grid(tensor), "the input's quantization"
    if tensor.dtype != "float32":
        return ((0.0,), (1.0,)), f"{tensor.dtype} input"
    raise ModelFileError(
        f"{path} takes float32 and doesn't say what its pixels stand for: give --pixels 0-1, 0-255, signed (-1 to 1), "
        "imagenet, or six numbers (three means, three standard deviations, in 0-255)"
    )


def _sized(tensor: TensorSpec, height: int, width: int) -> tuple[int, ...]:
    """Return the shape of an input with its height and width fixed."""
    shape = tensor.shape
    return (1, shape[1], height, width) if shape[1:2] in ((1,), (3,)) else (1, height, width, *shape[3:])


def class_count(path: Path, output: TensorSpec) -> int:
    """Return how many classes a network scores.

    Raises:
        ModelFileError: it is a detector, an embedding or something else that gives no scores of classes.
    """
    sizes = [size for size in output.shape if size != 1]
    if output.dtype not in ("float32", "uint8", "int8") or (output.dtype != "float32" and not output.is_quantized):
        raise ModelFileError(f"{path} puts out {output.dtype}: expected scores of classes (float32, or quantized)")
    if len(output.shape) >= 3 and len(sizes) == 2:
        raise ModelFileError(
            f"{path} puts out a tensor of shape {output.shape}, as boxes have: a detector, not a classifier"
        )
    if len(sizes) != 1 or sizes[0] < 2:
        raise ModelFileError(
            f"{path} puts out a tensor of shape {output.shape}: expected (1, classes) with at least two classes"
        )
    return sizes[0]


def _output_kind(runtime: Runtime, size: InputSpec) -> str:
    """Return the kind of output: probabilities if it adds up to 1 on a few images, else logits."""
    tensor = InputTensor(size, runtime.input_tensor)
    levels = np.linspace(0, 255, size.height * size.width).astype(np.uint8).reshape(size.height, size.width)
    ramp = levels if size.channels == 1 else np.repeat(levels[..., np.newaxis], 3, axis=2)
    for image in (ramp, 255 - ramp, np.zeros_like(ramp)):
        scores = dequantize(runtime.invoke(tensor.fill(image)), runtime.output_tensor)
        if scores.min() < 0 or abs(float(scores.sum()) - 1) > _ROUNDED_AWAY:
            return "logits"
    return "probabilities"
