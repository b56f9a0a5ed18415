"""Runs the test images through a network and keeps each answer and how sure it was; no clock, no OpenCV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.job import BASIS_POINTS
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.classify.confidence_score import to_probabilities
from edge.classify.loaded_model import LoadedModel
from edge.errors import ModelFileError

_LEFT_OUT = "indices"  # of the calibration manifest: hundreds of numbers that its sha256 stands for


@dataclass(frozen=True, slots=True)
class Answers:
    """One value an image, in the data set's order."""

    predictions: list[int]
    """Class indices."""
    confidence_bp: list[int]
    """Probability of each answer under the spec's temperature, in basis points, 0-10,000."""
    untempered_confidence_bp: list[int]
    """The same as the network put it out, without the temperature."""


def answer(model: LoadedModel, images: Iterable[NDArray[np.uint8]]) -> Answers:
    """Classify images: uint8 grey, shape (height, width) each, 0-255, without the vision step."""
    found = [model.scores(np.asarray(image)) for image in images]
    if not found:
        return Answers([], [], [])
    scores = np.stack(found)
    output = model.spec.output
    tempered = to_probabilities(scores, output=output, temperature=model.spec.decision.temperature)
    untempered = to_probabilities(scores, output=output, temperature=1.0)
    predictions = scores.argmax(axis=1)
    return Answers(predictions.tolist(), _basis_points(tempered, predictions), _basis_points(untempered, predictions))


def check_images(spec: ModelSpec, images: NDArray[np.uint8]) -> None:
    """Refuse images of another size than the model's, and models of other classes than Fashion-MNIST's.

    Raises:
        ModelFileError: there is nothing to measure it on.
    """
    size = spec.input
    if (size.height, size.width) != images.shape[1:]:
        raise ModelFileError(
            f"it takes images of {size.height}x{size.width}, the test images are "
            f"{images.shape[1]}x{images.shape[2]}: there is nothing to measure it on"
        )
    if spec.labels != FASHION_MNIST_LABELS:
        raise ModelFileError(
            f"its classes ({', '.join(spec.labels)}) aren't Fashion-MNIST's: there is nothing to measure it on"
        )


def calibration_manifest(model: LoadedModel) -> dict[str, Any]:
    """The file's calibration manifest without the indices; empty where none was needed."""
    manifest = model.spec.provenance.calibration
    return {name: value for name, value in manifest.items() if name != _LEFT_OUT}


def _basis_points(probabilities: NDArray[np.float32], predictions: NDArray[np.int64]) -> list[int]:
    chosen = probabilities[np.arange(len(predictions)), predictions].astype(np.float64)
    # An int8 output can sum to a little more than 1; a probability of 100.4 % would be nonsense.
    return [round(value) for value in (np.clip(chosen, 0.0, 1.0) * BASIS_POINTS).tolist()]
