"""File formats of an export, and the ways to quantize."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from edge.artifact.spec import ModelSpec
    from export.calibration import Calibration


class Format(Protocol):
    """A file format: conversion, embedding of the spec, and facts about a file."""

    name: str
    suffix: str
    runtime: str
    readers: Sequence[str]

    def convert(
        self,
        model: Any,
        mode: str,
        calibration: Calibration | None,
        *,
        spec: ModelSpec | None = None,
        reader: str,
    ) -> bytes:
        """Convert a Keras model to the bytes of a file.

        Args:
            model: float32 (1, height, width, channels), normalized as the spec says -> float32 (1, classes).
            mode: quantization, a key of RECIPES.
            calibration: images for the ranges of activations; required for int8.
            spec: input and meaning of the output, for the descriptions in the file; None: 0-1 in, logits out.
            reader: library that will run the file, one of `readers`.

        Raises:
            ExportError: the model can't be converted in this mode, or not for this reader.
        """
        ...

    def embed(self, content: bytes, spec: ModelSpec) -> bytes:
        """Return the file with the spec inside."""
        ...

    def operators(self, content: bytes) -> list[str]:
        """Return the operators, in the order of execution."""
        ...

    def needs(self, content: bytes) -> dict[str, Any]:
        """Return the requirements on a library that runs the file, as the spec holds them."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """One value of --quantize."""

    mode: str
    """Name: none, float16, dynamic or int8."""
    meaning: str
    """Treatment of weights and activations, for people."""
    needs_calibration: bool
    """True if images are run through the network for the ranges of its activations."""
    formats: tuple[str, ...]
    """File formats that have it: tflite, onnx."""


RECIPES = {
    recipe.mode: recipe
    for recipe in (
        Recipe("none", "float32 weights and activations", needs_calibration=False, formats=("tflite", "onnx")),
        Recipe("float16", "float16 weights, float32 arithmetic", needs_calibration=False, formats=("tflite",)),
        # On a CNN, ONNX's dynamic mode gives slow ConvInteger nodes and can ruin accuracy: not offered.
        Recipe("dynamic", "int8 weights, activations quantized while running", needs_calibration=False,
               formats=("tflite",)),
        Recipe("int8", "int8 weights per channel and 8-bit activations, uint8 pixels in", needs_calibration=True,
               formats=("tflite", "onnx")),
    )
}  # fmt: skip
