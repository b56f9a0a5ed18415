"""Number of classes that a network scores, by its output tensor; apart, because every start needs it."""

from __future__ import annotations

from pathlib import Path

from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError


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
            f"{path} puts out a tensor of shape {output.shape}: expected (1, classes) with at least two classes (of a "
            "sigmoid alone, make a softmax of two)"
        )
    return sizes[0]
