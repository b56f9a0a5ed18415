"""All that the shipped model puts out, byte by byte: what two machines are compared by."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.artifact import default_model
from edge.classifier import Classifier
from edge.quantization import pixels_to_tensor


def outputs(images: NDArray[np.uint8], *, runtime: str = "litert", model: Path | None = None) -> NDArray[Any]:
    """Run a model on every image.

    Args:
        images: uint8 grey, shape (N, height, width), 0-255.
        runtime: one of `edge.runtimes.RUNTIMES`.
        model: the file; None: the one that ships.

    Returns:
        Of the output tensor's dtype, shape (N, classes); of the shipped model uint8, 255 for a probability of nearly 1.
    """
    loaded = Classifier.load(model or default_model(), runtime=runtime).runtime
    tensors = (pixels_to_tensor(image[np.newaxis, :, :, np.newaxis], loaded.input_tensor) for image in images)
    return np.concatenate([loaded.invoke(tensor) for tensor in tensors])


def logits(images: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Run the shipped model in LiteRT and return what goes into its softmax, the last step that isn't integer.

    Args:
        images: uint8 grey, shape (N, height, width), 0-255.

    Returns:
        int8, shape (N, classes).
    """
    from ai_edge_litert.interpreter import Interpreter

    # Kept tensors make every operator a call of its own, of the same kernels; LiteRT warns of the memory.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        interpreter = Interpreter(str(default_model()), num_threads=1, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    (pixels,) = interpreter.get_input_details()
    (softmax,) = (step for step in interpreter._get_ops_details() if step["op_name"] == "SOFTMAX")
    found = []
    for image in images:
        interpreter.set_tensor(pixels["index"], image[np.newaxis, :, :, np.newaxis])
        interpreter.invoke()
        found.append(interpreter.get_tensor(int(softmax["inputs"][0])))
    return np.concatenate(found)


def sha256(array: NDArray[Any]) -> str:
    """Of the array's bytes, hexadecimal."""
    return hashlib.sha256(array.tobytes()).hexdigest()
