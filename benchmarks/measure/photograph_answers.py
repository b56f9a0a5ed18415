"""Photographs through a classifier, each from its frame to the answer, as the runner does it; needs OpenCV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.job import BASIS_POINTS, NOTHING, UNKNOWN, Answers, JobPhotograph, PhotographAnswers
from benchmarks.measure.photographs import read_photograph
from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import NOTHING_LABEL, UNKNOWN_LABEL, ModelSpec
from edge.classify.confidence_score import to_probabilities
from edge.classify.results import Prediction

_LOWEST_SCORE = -1e6  # far below any energy; JSON has no infinity
_NO_PIXELS = np.zeros((0, 0), np.uint8)  # two thousand inputs of 224x224 would be 300 MB
_REJECTIONS = {UNKNOWN_LABEL: UNKNOWN, NOTHING_LABEL: NOTHING}


class FrameClassifier(Protocol):
    """Classifier that is judged: `edge.classify.classifier.Classifier`, or a test's script."""

    spec: ModelSpec

    def classify(self, frame: NDArray[np.uint8], *, top_k: int = 3) -> Prediction:
        """Classify one frame, uint8 BGR, shape (H, W, 3), 0-255."""
        ...


def classify_photographs(
    classifier: FrameClassifier,
    photographs: Sequence[JobPhotograph],
    *,
    read: Callable[[Path, InputSpec], NDArray[np.uint8]] = read_photograph,
) -> tuple[Answers, PhotographAnswers]:
    """Classify each photograph once, without memory of any other.

    Returns the predictions on those that a label is right for, and the answers to all. A right prediction is the class
    that the photograph counts as, and one of `nothing` the class after the labels.

    Raises:
        FrameError: a photograph has changed since it was listed.
        OSError: it can't be read any more.
    """
    labels = classifier.spec.labels
    index_of = {**{label: index for index, label in enumerate(labels)}, **_REJECTIONS}
    sizes, predictions = [], []
    for photograph in photographs:
        frame = read(Path(photograph.path), classifier.spec.input)
        sizes.append(frame.shape[:2])
        predictions.append(classifier.classify(frame, top_k=1)._replace(pixels=_NO_PIXELS))
    top1 = [index_of[found.top_k[0][0]] if found.top_k else NOTHING for found in predictions]
    judged = [place for place, photograph in enumerate(photographs) if photograph.right]
    confidence = [_basis_points(found.probability) for found in predictions]
    answers = Answers(
        predictions=[_class(photographs[place], top1[place], nothing=len(labels)) for place in judged],
        confidence_bp=[confidence[place] for place in judged],
        untempered_confidence_bp=[_untempered(predictions[place], classifier.spec) for place in judged],
    )
    return answers, PhotographAnswers(
        labels=[index_of[found.label] for found in predictions],
        top1=top1,
        probability_bp=confidence,
        scores=[max(found.score, _LOWEST_SCORE) for found in predictions],
        heights=[height for height, _ in sizes],
        widths=[width for _, width in sizes],
        vision_ns=[found.latency_ns["vision"] for found in predictions],
        invoke_ns=[found.latency_ns["invoke"] for found in predictions],
        decide_ns=[found.latency_ns["decide"] for found in predictions],
        total_ns=[found.latency_ns["total"] for found in predictions],
    )


def _class(photograph: JobPhotograph, top1: int, *, nothing: int) -> int:
    """Return the class of a prediction."""
    if top1 in photograph.right:
        return photograph.label
    return nothing if top1 == NOTHING else top1


def _untempered(prediction: Prediction, spec: ModelSpec) -> int:
    """Return the probability of the likeliest label without the specification's temperature, in basis points."""
    if not prediction.top_k:
        return 0
    back = to_probabilities(prediction.probabilities, output="probabilities", temperature=1 / spec.decision.temperature)
    return _basis_points(float(back.max()))


def _basis_points(probability: float) -> int:
    return round(min(max(probability, 0.0), 1.0) * BASIS_POINTS)
