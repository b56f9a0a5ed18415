"""Specification of a model file that carries none: from its metadata, its tensors and the user's flags, each said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.input_spec import (
    COLOUR_ORDERS,
    GARMENT_RECIPE,
    IMAGE_RECIPE,
    InputSpec,
    ModelOptions,
    describe_pixels,
    describe_resize,
    in_order,
)
from edge.artifact.pixels import (
    InputTensor,
    fit_layout,
    range_of_grid,
    require_input_dtype,
    require_whole_numbers,
)
from edge.artifact.quantization import dequantize
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec, TensorSpec
from edge.classify.class_count import class_count
from edge.errors import ModelFileError, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.artifact.file import Artifact
    from edge.artifact.metadata import Metadata
    from edge.runtimes import Runtime

_ROUNDED_AWAY = 0.05  # largest error of a sum of probabilities in steps of 1/256
_GIVEN, _ASSUMED = "given", "assumed"
_BY_SCORES = "by what it puts out"
_BY_SIGMOIDS = "all scores lie in 0-1, but don't add up to 1: of a sigmoid for each class?"
_NEAR_LEVELS, _NEAR_SCALE = 16.0, 0.15  # levels of 255, and a ratio: calibrated ranges differ by as much
_USUAL_CROP = 0.875  # of Keras, timm and torchvision for square colour inputs


@dataclass(frozen=True, slots=True)
class InferredSpec:
    """Specification, and where each part of it comes from."""

    spec: ModelSpec
    sources: tuple[tuple[str, str], ...]
    """Pairs of a part of the spec and where it was found: labels, pixels, recipe, resize, colour, output, and for
    logits temperature."""
    notes: tuple[str, ...] = ()
    """Sentences on what the file says and its tensors contradict, each without a full stop."""

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
            "temperature": f"temperature {self.spec.decision.temperature:g}",
        }
        parts = ", ".join(f"{values[name]} ({where})" for name, where in self.sources if not self._is_moot(name))
        return f"{path.name} carries no specification; taken: {size.width}x{size.height} {size.layout}, {parts}"

    def _is_moot(self, part: str) -> bool:
        """Return True for a part that the recipe or the number of channels decides."""
        size = self.spec.input
        return (part == "resize" and size.recipe == GARMENT_RECIPE) or (part == "colour" and size.channels == 1)


def infer_spec(artifact: Artifact, runtime: Runtime, options: ModelOptions) -> InferredSpec:
    """Infer the spec of a file that carries none; flags go before its metadata, metadata before its tensors.

    Args:
        artifact: the file.
        runtime: the loaded network.
        options: what the user says.

    Raises:
        ModelFileError: the file is no image classifier, or says too little: labels, pixels, size.
        SpecError: the labels contradict each other or the file, or the pixels don't fit its input.
    """
    from edge.artifact.metadata import Metadata  # files with a spec start without it

    path, claims = artifact.path, artifact.metadata or Metadata()
    if claims.task not in ("", "classify"):
        raise ModelFileError(f"{path} says that its task is {claims.task!r}: a detector or the like, not a classifier")
    require_input_dtype(runtime.input_tensor)
    size = _input_shape(path, runtime, options, claims)
    count = class_count(path, runtime.output_tensor)
    labels = options.labels or claims.labels
    if not labels:
        raise ModelFileError(
            f"{path} carries no specification and no class names: give its {count} class names with --labels FILE, or "
            "write them into it with `edge-classify describe`"
        )
    if len(labels) != count:
        raise SpecError(
            f"{path} has {count} outputs, but there are {len(labels)} labels: expected one for each (an embedding, or "
            "the labels of another model?)"
        )
    pixels, pixels_from = _pixels(path, runtime.input_tensor, options, claims)
    size, sources = complete_input(size, labels, pixels, options, claims)
    require_whole_numbers(size, runtime.input_tensor)
    output, output_from = _output_kind(runtime, size)
    sources = (
        ("labels", _GIVEN if options.labels else claims.source_of("labels") or ""),
        ("pixels", pixels_from),
        *sources,
        ("output", output_from),
        *((("temperature", _ASSUMED),) if output == "logits" else ()),  # softer or harder ones would be a guess
    )
    notes = () if options.input_size else _against_shape(size, claims)
    return InferredSpec(ModelSpec(labels=labels, input=size, output=output), sources, notes)


def complete_input(
    size: InputSpec,
    labels: tuple[str, ...],
    pixels: tuple[tuple[float, ...], tuple[float, ...]],
    options: ModelOptions,
    claims: Metadata,
) -> tuple[InputSpec, tuple[tuple[str, str], ...]]:
    """Complete an input whose shape is known by what the user says, else by the file's claims or what is usual.

    Args:
        size: height, width, channels and layout.
        labels: class names.
        pixels: mean and standard deviation, in pixel values of 0-255.
        options: what the user says.
        claims: what the file says of itself.

    Returns:
        The input; recipe, resize and colour, each with where it comes from.

    Raises:
        SpecError: they don't fit the number of channels.
    """
    if options.colour_order and size.channels == 1:
        raise SpecError(f"--colour {options.colour_order} is for a colour input, and this one is grey: leave it out")
    is_garment = size.channels == 1 and labels == FASHION_MNIST_LABELS
    recipe = options.recipe or (GARMENT_RECIPE if is_garment else IMAGE_RECIPE)
    (mode, crop), resize_from = _resize(size, options, claims)
    order = options.colour_order or (claims.colour_order if claims.colour_order in COLOUR_ORDERS else size.colour_order)
    mean, std = in_order(pixels, order)
    size = replace(
        size, recipe=recipe, resize=mode, crop=crop, interpolation=options.interpolation or size.interpolation,
        colour_order=order, mean=mean, std=std,
    )  # fmt: skip
    return size, (
        ("recipe", _GIVEN if options.recipe else "by the labels" if size.channels == 1 else "colour input"),
        ("resize", resize_from),
        ("colour", _GIVEN if options.colour_order else claims.source_of("colour_order") or _ASSUMED),
    )


def _input_shape(path: Path, runtime: Runtime, options: ModelOptions, claims: Metadata) -> InputSpec:
    """Return size, channels and layout; free axes are fixed by the flag, or by the metadata."""
    chosen = options.input_size
    if chosen is None and 0 in runtime.input_tensor.shape[1:] and claims.height and claims.width:
        chosen = claims.height, claims.width
    if chosen is not None:
        wanted, shape = _sized(runtime.input_tensor, *chosen), runtime.input_tensor.shape
        if len(shape) == 4 and any(fixed not in (0, size) for fixed, size in zip(shape, wanted, strict=True)):
            claim = f"the size in its {claims.source_of('height')}, {chosen[1]}x{chosen[0]},"
            given = f"--input-size {chosen[1]}x{chosen[0]}"
            raise SpecError(
                f"{path} takes a tensor of shape {shape}, which {given if options.input_size else claim} doesn't fit: "
                f"{'leave it out' if options.input_size else 'give one that does with --input-size WxH'}"
            )
        runtime.resize_input(wanted)
    return fit_layout(InputSpec(recipe=IMAGE_RECIPE), runtime.input_tensor, path)


def _against_shape(size: InputSpec, claims: Metadata) -> tuple[str, ...]:
    """Return a sentence on a size in the metadata that isn't that of the input tensor; none where they agree."""
    height, width = claims.height or size.height, claims.width or size.width
    if (height, width) == (size.height, size.width):
        return ()
    where = claims.source_of("height") or claims.source_of("width")
    taken = f"{size.width}x{size.height}"
    return (f"its {where} says {width}x{height} pixels, but its input takes {taken}: the latter is used",)


def _resize(size: InputSpec, options: ModelOptions, claims: Metadata) -> tuple[tuple[str, float], str]:
    """Return resize mode and share of the crop, and where they come from."""
    if options.resize is not None:
        return options.resize, _GIVEN
    if claims.crop is not None and 0 < claims.crop <= 1:
        return ("crop", claims.crop), claims.source_of("crop") or ""
    return (("crop", _USUAL_CROP) if size.channels == 3 else ("stretch", 1.0)), _ASSUMED


def _pixels(
    path: Path, tensor: TensorSpec, options: ModelOptions, claims: Metadata
) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], str]:
    """Return mean and standard deviation of the pixels, and where they come from."""
    if options.pixels is not None:
        return options.pixels, _GIVEN + _doubt(tensor, options.pixels)
    if tensor.dtype != "float32" and not tensor.is_quantized:  # metadata is of what the network makes of them
        return ((128.0 if tensor.dtype == "int8" else 0.0,), (1.0,)), f"{tensor.dtype} input"
    if claims.mean is not None and claims.std is not None:
        claimed, where = (claims.mean, claims.std), claims.source_of("mean") or ""
        if tensor.is_quantized and _saturates(claimed, range_of_grid(tensor)):
            # As MediaPipe does, which gives uint8 inputs the pixels whatever the metadata says.
            return range_of_grid(tensor), f"the input's quantization, against the {where}"
        return claimed, where + _doubt(tensor, claimed)
    if tensor.is_quantized:
        return range_of_grid(tensor), "the input's quantization"
    raise ModelFileError(
        f"{path} takes float32 and doesn't say what its pixels stand for: give --pixels 0-1, 0-255, signed (-1 to 1), "
        "imagenet, or six numbers (three means, three standard deviations, in 0-255)"
    )


def _doubt(tensor: TensorSpec, pixels: tuple[tuple[float, ...], tuple[float, ...]]) -> str:
    """Return the end of a sentence on where pixels come from; empty if the tensor's grid agrees, or is none."""
    is_against = tensor.is_quantized and not _is_near(range_of_grid(tensor), pixels)
    return ", though the input's quantization says otherwise" if is_against else ""


def _saturates(pixels: tuple[tuple[float, ...], ...], grid: tuple[tuple[float, ...], ...]) -> bool:
    """Return True if black or white lie far outside the grid: nobody meant a network to see its ends alone."""
    (least, most), (black, white) = (_ends(*pair) for pair in (pixels, grid))
    return max(black - least, most - white) > _NEAR_SCALE * (most - least)


def _ends(mean: tuple[float, ...], std: tuple[float, ...]) -> tuple[float, float]:
    """Return the least and the largest number that a pixel of any channel becomes."""
    return float(np.min(-np.asarray(mean) / std)), float(np.max((255 - np.asarray(mean)) / std))


def _is_near(one: tuple[tuple[float, ...], ...], other: tuple[tuple[float, ...], ...]) -> bool:
    """Return True if two number ranges are so alike that the same levels come out, but for a few."""
    (mean, std), (mean_, std_) = ((np.mean(part) for part in pair) for pair in (one, other))
    return bool(abs(mean - mean_) <= _NEAR_LEVELS and abs(std / std_ - 1) <= _NEAR_SCALE)


def _sized(tensor: TensorSpec, height: int, width: int) -> tuple[int, ...]:
    """Return the shape of an input with its height and width fixed."""
    shape = tensor.shape
    return (1, shape[1], height, width) if shape[1:2] in ((1,), (3,)) else (1, height, width, *shape[3:])


def _output_kind(runtime: Runtime, size: InputSpec) -> tuple[str, str]:
    """Return the kind of output and what tells it: see `output_kind`, but for a grid that can't leave 0-1."""
    grid = runtime.output_tensor
    if grid.is_quantized:  # a thousand classes rounded to 256ths don't add up to 1
        stored = np.iinfo(grid.dtype)
        least, most = (grid.scale * (int(end) - grid.zero_point) for end in (stored.min, stored.max))
        if least == 0 and most <= 1 + _ROUNDED_AWAY:
            return "probabilities", _BY_SCORES
    tensor = InputTensor(size, runtime.input_tensor)
    return output_kind(lambda image: dequantize(runtime.invoke(tensor.fill(image)), grid), size)


def output_kind(run: Callable[[NDArray[np.uint8]], NDArray[np.float32]], size: InputSpec) -> tuple[str, str]:
    """Tell probabilities from logits by the scores of a few images: probabilities never leave 0-1.

    Those of a softmax add up to 1. Those of a sigmoid for each class don't, and a softmax over them would flatten them.

    Args:
        run: function from an image, as `InputTensor.fill` takes it, to the network's real scores.
        size: input of the network.

    Returns:
        probabilities or logits; what tells so.
    """
    levels = np.linspace(0, 255, size.height * size.width).astype(np.uint8).reshape(size.height, size.width)
    ramp = levels if size.channels == 1 else np.repeat(levels[..., np.newaxis], 3, axis=2)
    adds_up = True
    for image in (ramp, 255 - ramp, np.zeros_like(ramp)):
        scores = run(image)
        least, most = float(scores.min()), float(scores.max())
        adds_up = adds_up and least >= 0 and abs(float(scores.sum()) - 1) <= _ROUNDED_AWAY
        if not adds_up and (least < 0 or most > 1 + _ROUNDED_AWAY or least == most):
            return "logits", _BY_SCORES
    return "probabilities", _BY_SCORES if adds_up else _BY_SIGMOIDS
