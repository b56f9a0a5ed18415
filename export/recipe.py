"""What each quantization mode means, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One value of --quantize."""

    mode: str
    """none, float16, dynamic or int8."""
    meaning: str
    """For people: what happens to weights and activations."""
    needs_calibration: bool
    """Whether images are run through the network to find the ranges of its activations."""
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


def modes(file_format: str) -> tuple[str, ...]:
    """The modes a file format ("tflite" or "onnx") has."""
    return tuple(mode for mode, recipe in RECIPES.items() if file_format in recipe.formats)
