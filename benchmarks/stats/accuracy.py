"""Predictions, confidences and labels -> counts, confusions, calibration; numpy alone, as on a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 15  # of equal width, as in Guo et al., 2017, arXiv:1706.04599, and as training counts


def count_right(predictions: ArrayLike, labels: ArrayLike) -> int:
    """Count the images whose prediction is the label; both are class indices, shape (N,)."""
    return int(np.count_nonzero(paired(predictions, labels)))


def top1_accuracy(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Return the share of images whose prediction is the label, 0-1; both are class indices, shape (N,), N >= 1."""
    return float(np.mean(paired(predictions, labels)))


def top1_agreement(predictions: ArrayLike, reference: ArrayLike) -> float:
    """Return the share of equal predictions, right or wrong, 0-1; class indices, shape (N,), N >= 1."""
    return float(np.mean(paired(predictions, reference)))


def confusion_matrix(predictions: ArrayLike, labels: ArrayLike, *, classes: int) -> NDArray[np.int64]:
    """Count class indices, shape (N,), by [label, prediction]: int64, shape (classes, classes)."""
    paired(predictions, labels)
    cells = np.asarray(labels, np.int64) * classes + np.asarray(predictions, np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def paired(first: ArrayLike, second: ArrayLike) -> NDArray[np.bool_]:
    """Compare two lists of class indices, shape (N,), one by one: boolean, shape (N,).

    Raises:
        ValueError: they aren't of one length.
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"expected two lists of the same length, got shapes {a.shape} and {b.shape}")
    return np.asarray(a == b, np.bool_)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Images by the confidence of their predictions."""

    count: list[int]
    """Images in each of the 15 bins of (0, 1], lowest first."""
    confidence_sum: list[float]
    right: list[int]

    @property
    def expected_calibration_error(self) -> float:
        """Mean gap between confidence and accuracy, 0-1, each bin weighted by its images (Naeini et al., 2015)."""
        gaps = np.abs(np.asarray(self.confidence_sum) - np.asarray(self.right))
        return float(gaps.sum() / sum(self.count))


def reliability(confidence: ArrayLike, is_right: ArrayLike) -> Reliability:
    """Sort predictions into bins by their confidence, 0-1, shape (N,), N >= 1; `is_right` is boolean, shape (N,)."""
    values, right = np.asarray(confidence, np.float64), np.asarray(is_right, np.bool_)
    # A bin excludes its lower edge and includes its upper one: 1.0 belongs to the last.
    place = np.clip(np.ceil(values * BINS).astype(np.int64) - 1, 0, BINS - 1)
    return Reliability(
        count=np.bincount(place, minlength=BINS).tolist(),
        confidence_sum=np.bincount(place, weights=values, minlength=BINS).tolist(),
        right=np.bincount(place, weights=right, minlength=BINS).astype(int).tolist(),
    )


def mean_drift(confidence: ArrayLike, reference: ArrayLike) -> tuple[float, float]:
    """Return the change of confidence, 0-1, shape (N,), of a variant against its reference on the same images.

    The mean difference, -1 to 1, is above zero if the variant is more confident; the mean of its size follows, 0-1.
    """
    difference = np.asarray(confidence, np.float64) - np.asarray(reference, np.float64)
    return float(difference.mean()), float(np.abs(difference).mean())
