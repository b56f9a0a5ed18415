"""What a network makes of photographs: how many it names rightly, and how well it knows what it doesn't know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from train.extra import Extra

_KEPT = 0.95  # of the known images that a threshold must not reject


@dataclass(frozen=True, slots=True)
class Judgement:
    """Shares, 0-1, and the threshold they are reached with."""

    known: int
    """Images that show something of a class."""
    unknown: int
    """Images of none."""
    top1_accuracy: float
    """Of the known ones, whatever the threshold; none is right where the answer is `nothing`."""
    threshold: float
    """Of the top probability, which 95 % of the known images reach; below it the answer is `unknown`."""
    unknown_rejected: float | None
    """Share of the unknown images below it, or answered with `nothing`; None if there are none."""
    area_under_roc: float | None
    """Chance that a known image has a larger top probability than an unknown one; None if there are none."""


def judge(probabilities: NDArray[np.float32], images: Extra) -> Judgement:
    """Judge the answers to some images.

    Args:
        probabilities: float32, shape (N, classes), as the runner will give them.
        images: what they are answers to; at least one is of a class.
    """
    is_seen, is_known = images.is_seen, images.is_known
    top = np.where(is_seen, probabilities.max(axis=1).astype(np.float64), 0.0)
    is_right = is_seen & (images.targets[np.arange(len(top)), probabilities.argmax(axis=1)] > 0)
    known, unknown = top[is_known], top[~is_known]
    threshold = float(np.quantile(known, 1 - _KEPT, method="lower"))
    rejected = area = None
    if len(unknown):
        rejected = float((unknown < threshold).mean())
        area = float(mannwhitneyu(known, unknown).statistic / (len(known) * len(unknown)))
    return Judgement(
        known=len(known),
        unknown=len(unknown),
        top1_accuracy=float(is_right[is_known].mean()),
        threshold=threshold,
        unknown_rejected=rejected,
        area_under_roc=area,
    )
