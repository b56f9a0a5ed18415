"""Predictions and labels -> counts of right answers, of equal answers, of confusions; numpy alone, as on a device."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def count_right(predictions: ArrayLike, labels: ArrayLike) -> int:
    """Number of images whose prediction is the label; both are class indices, shape (N,)."""
    return int(np.count_nonzero(paired(predictions, labels)))


def top1_accuracy(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Share of images whose prediction is the label, 0-1; both are class indices, shape (N,), N >= 1."""
    return float(np.mean(paired(predictions, labels)))


def top1_agreement(predictions: ArrayLike, reference: ArrayLike) -> float:
    """Share of images that two variants give the same class, right or wrong, 0-1; class indices, shape (N,), N >= 1."""
    return float(np.mean(paired(predictions, reference)))


def confusion_matrix(predictions: ArrayLike, labels: ArrayLike, *, classes: int) -> NDArray[np.int64]:
    """Count answers: int64, shape (classes, classes), [label, answer]; both lists are class indices, shape (N,)."""
    paired(predictions, labels)
    cells = np.asarray(labels, np.int64) * classes + np.asarray(predictions, np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def paired(first: ArrayLike, second: ArrayLike) -> NDArray[np.bool_]:
    """Where two lists of class indices, shape (N,), are equal: boolean, shape (N,).

    Raises:
        ValueError: they aren't of one length.
    """
    left, right = np.asarray(first), np.asarray(second)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"expected two lists of the same length, got shapes {left.shape} and {right.shape}")
    return np.asarray(left == right, np.bool_)
