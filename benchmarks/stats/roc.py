"""Separation of known and unknown by a score: ROC curve, the area under it, and the threshold that keeps a share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

KEEP_KNOWN = 0.95
"""Share of the known photographs that the threshold of a report keeps."""


def auroc(known: ArrayLike, unknown: ArrayLike) -> float:
    """Return the area under the ROC curve of scores, shapes (N,) and (M,): the share of pairs in order, 0-1."""
    # Hanley and McNeil, 1982, doi:10.1148/radiology.143.1.7063747; a tie counts half.
    ordered = np.sort(unknown)
    below, up_to = (np.searchsorted(ordered, known, side=side).sum() for side in ("left", "right"))
    return float(below + up_to) / (2 * np.size(known) * np.size(unknown))


def keeping_threshold(known: Sequence[float], *, keep: float = KEEP_KNOWN) -> float:
    """Return the highest threshold that at least a share `keep`, above 0 and at most 1, of the known scores reach."""
    # 0.95 * 20 may come out a hair above 19 in binary, which must not make it 20.
    needed = max(1, math.ceil(round(keep * len(known), 9)))
    return sorted(known, reverse=True)[needed - 1]


def roc_curve(known: ArrayLike, unknown: ArrayLike) -> NDArray[np.float64]:
    """Return the curve's corners, float64, shape (K, 2), 0-1: shares of the unknown and of the known that pass.

    Starts at (0, 0), where nothing passes, and ends at (1, 1); one corner for each threshold that occurs, falling.
    """
    known, unknown = np.sort(known), np.sort(unknown)
    thresholds = np.unique(np.concatenate([known, unknown]))[::-1]
    passing = [1 - np.searchsorted(scores, thresholds, side="left") / scores.size for scores in (unknown, known)]
    return np.vstack([np.zeros((1, 2)), np.column_stack(passing)])
