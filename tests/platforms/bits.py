"""Outputs of a model on many images, byte by byte, by which two machines are compared."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.artifact.file import default_model, read_artifact
from edge.artifact.input_spec import InputSpec
from edge.artifact.pixels import InputTensor
from edge.classify.classifier import Classifier
from edge.runtimes import Runtime
from edge.runtimes.onnxruntime import OnnxRuntime


def outputs(images: NDArray[np.uint8], *, runtime: str = "litert", model: Path | None = None) -> NDArray[Any]:
    """Run a model on every image.

    Args:
        images: uint8 grey, shape (N, height, width), 0-255.
        runtime: one of `edge.runtimes.RUNTIMES`.
        model: the file; None: the one that ships.

    Returns:
        Of the output tensor's dtype, shape (N, classes); of the shipped model uint8 logits.
    """
    return _run(Classifier.load(model or default_model(), runtime=runtime).runtime, images)


def exact_outputs(images: NDArray[np.uint8], model: Path) -> NDArray[Any]:
    """Run an ONNX file operator by operator, as the file says it: what its fused int8 kernels are compared with.

    Args:
        images: uint8 grey, shape (N, height, width), 0-255.
        model: the file, one of this project's own.

    Returns:
        Of the output tensor's dtype, shape (N, classes).
    """
    return _run(OnnxRuntime(model, read_artifact(model).network, threads=1, fused=False), images)


def _run(loaded: Runtime, images: NDArray[np.uint8]) -> NDArray[Any]:
    tensor = InputTensor(InputSpec(), loaded.input_tensor)
    return np.concatenate([loaded.invoke(tensor.fill(image)) for image in images])


def sha256(array: NDArray[Any]) -> str:
    """Return the SHA-256 of the array's bytes, hexadecimal."""
    return hashlib.sha256(array.tobytes()).hexdigest()
