"""Evaluation on photographs: accuracy on known images, and separation of known from unknown ones by each score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from edge.classify.confidence_score import confidence_score
from train.data.auxiliary import AuxiliaryImages

SCORES = ("probability", "margin", "energy")  # those that need no training with counter-examples as a class
_KEPT = 0.95  # share of the known images that a threshold keeps


@dataclass(frozen=True, slots=True)
class Separation:
    """Separation of known from unknown images by one score."""

    threshold: float
    """Score that 95 % of the known images reach; an image predicted as `nothing` has the lowest one."""
    unknown_rejected: float | None
    """Share of the unknown images below it, 0-1; None without unknown images."""
    area_under_roc: float | None
    """Probability that a known image has a higher score than an unknown one; None without unknown images."""


@dataclass(frozen=True, slots=True)
class OodEvaluation:
    """Results over all images."""

    known: int
    """Number of images that show something of a class."""
    unknown: int
    """Number of images of no class."""
    top1_accuracy: float
    """Accuracy on the known images, 0-1, without a threshold; `nothing` is always wrong."""
    score: str
    """Score with the largest area under the curve."""
    separations: dict[str, Separation]
    """Separation by each of SCORES."""

    @property
    def threshold(self) -> float:
        """Threshold of the best score."""
        return self.separations[self.score].threshold


def evaluate_ood(
    logits: NDArray[np.float32], probabilities: NDArray[np.float32], images: AuxiliaryImages
) -> OodEvaluation:
    """Evaluate the predictions for images, at least one of them of a class and some of none.

    Logits, before softmax and temperature, and probabilities, with the temperature, are float32, shape (N, classes).
    """
    is_seen, is_known = images.is_seen, images.is_known
    is_right = is_seen & (images.targets[np.arange(len(is_seen)), probabilities.argmax(axis=1)] > 0)
    separations = {
        kind: _separation(confidence_score(logits, probabilities, kind=kind), is_seen, is_known) for kind in SCORES
    }
    return OodEvaluation(
        known=int(is_known.sum()),
        unknown=int((~is_known).sum()),
        top1_accuracy=float(is_right[is_known].mean()),
        score=max(SCORES, key=lambda kind: separations[kind].area_under_roc or 0.0),
        separations=separations,
    )


def _separation(scores: NDArray[np.float32], is_seen: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> Separation:
    exact = np.where(is_seen, scores.astype(np.float64), min(0.0, float(scores.min())))
    known, unknown = exact[is_known], exact[~is_known]
    threshold = float(np.quantile(known, 1 - _KEPT, method="lower"))
    if not len(unknown):
        return Separation(threshold, None, None)
    area = float(mannwhitneyu(known, unknown).statistic / (len(known) * len(unknown)))
    return Separation(threshold, float((unknown < threshold).mean()), area)
