"""What a network makes of photographs: how many it names rightly, and how well it knows what it doesn't know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from edge.artifact.decision_spec import SCORES
from edge.classify.confidence_score import confidence_score
from train.data.auxiliary import Extra

_KEPT = 0.95  # of the known images that a threshold must not reject
_OF_LOGITS = "energy"  # exported files put out probabilities: the runner can't have it


@dataclass(frozen=True, slots=True)
class Separation:
    """How well a score tells known images from unknown ones."""

    threshold: float
    """Which 95 % of the known images reach; below it the answer is `unknown`. An image answered with `nothing` has the
    lowest score there is."""
    unknown_rejected: float | None
    """Share of the unknown images below it; None if there are none."""
    area_under_roc: float | None
    """Chance that a known image has a higher score than an unknown one; None if there are none."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of all images."""

    known: int
    """Images that show something of a class."""
    unknown: int
    """Images of none."""
    top1_accuracy: float
    """Of the known ones, 0-1, whatever the threshold; none is right where the answer is `nothing`."""
    score: str
    """Of those that a runner can have, the one with the largest area."""
    separations: dict[str, Separation]
    """Of each of `edge.artifact.decision_spec.SCORES`."""

    @property
    def threshold(self) -> float:
        """Of the score."""
        return self.separations[self.score].threshold


def judge(logits: NDArray[np.float32], probabilities: NDArray[np.float32], images: Extra) -> Judgement:
    """Judge the answers to some images.

    Args:
        logits: float32, shape (N, classes), before softmax and temperature.
        probabilities: float32, shape (N, classes), as the runner will give them.
        images: what they are answers to; at least one is of a class.
    """
    is_seen, is_known = images.is_seen, images.is_known
    is_right = is_seen & (images.targets[np.arange(len(is_seen)), probabilities.argmax(axis=1)] > 0)
    separations = {
        kind: _separation(confidence_score(logits, probabilities, kind=kind), is_seen, is_known) for kind in SCORES
    }
    return Judgement(
        known=int(is_known.sum()),
        unknown=int((~is_known).sum()),
        top1_accuracy=float(is_right[is_known].mean()),
        score=max(SCORES, key=lambda kind: -1.0 if kind == _OF_LOGITS else separations[kind].area_under_roc or 0.0),
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
