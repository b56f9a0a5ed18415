"""All that the shipped model puts out, byte by byte: what two machines are compared by."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.artifact.file import default_model
from edge.artifact.quantization import pixels_to_tensor
from edge.classify.classifier import Classifier


def outputs(images: NDArray[np.uint8], *, runtime: str = "litert", model: Path | None = None) -> NDArray[Any]:
    """Run a model on every image.

    Args:
        images: uint8 grey, shape (N, height, width), 0-255.
        runtime: one of `edge.runtimes.RUNTIMES`.
        model: the file; None: the one that ships.

    Returns:
        Of the output tensor's dtype, shape (N, classes); of the shipped model uint8 logits.
    """
    loaded = Classifier.load(model or default_model(), runtime=runtime).runtime
    tensors = (pixels_to_tensor(image[np.newaxis, :, :, np.newaxis], loaded.input_tensor) for image in images)
    return np.concatenate([loaded.invoke(tensor) for tensor in tensors])


def sha256(array: NDArray[Any]) -> str:
    """Of the array's bytes, hexadecimal."""
    return hashlib.sha256(array.tobytes()).hexdigest()
