"""Predictions and labels -> accuracy, loss against the float artifact, agreement with it; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchmarks.job import OK


def count_right(predictions: ArrayLike, labels: ArrayLike) -> int:
    """Number of images whose prediction is the label; both are class indices, shape (N,)."""
    return int(np.count_nonzero(_paired(predictions, labels)))


def top1_accuracy(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Share of images whose prediction is the label, 0-1; both are class indices, shape (N,), N >= 1."""
    return float(np.mean(_paired(predictions, labels)))


def top1_agreement(predictions: ArrayLike, reference: ArrayLike) -> float:
    """Share of images that two variants give the same class, right or wrong, 0-1; class indices, shape (N,), N >= 1."""
    return float(np.mean(_paired(predictions, reference)))


def loss_pp(right: int, *, reference_right: int, images: int) -> float:
    """Accuracy lost against the reference, in percentage points; negative if the variant is the better one.

    Args:
        right: images the variant got right.
        reference_right: images the reference got right.
        images: how many there are, at least 1.
    """
    # From counts: 0.915 - 0.910 is more than 0.005 in binary, and 0.5 points must not exceed 0.5 points.
    return 100 * (reference_right - right) / images


def float_reference(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Find the float row a row is compared with.

    It was exported from the same Keras file; of several, one of the same format is preferred, then of the same runtime.

    Args:
        row: a row of the report, with source_sha256, format and runtime.
        rows: all rows of the report.

    Returns:
        A row with quantization none (`row` itself, if it is the float one), or None if there is no such row.
    """
    floats = [
        other
        for other in rows
        if other["status"] == OK
        and other["quantization"] == "none"
        and other["source_sha256"]
        and other["source_sha256"] == row["source_sha256"]
    ]
    return min(
        floats,
        key=lambda other: (other["format"] != row["format"], other["runtime"] != row["runtime"]),
        default=None,
    )


def _paired(first: ArrayLike, second: ArrayLike) -> np.ndarray[Any, np.dtype[np.bool_]]:
    left, right = np.asarray(first), np.asarray(second)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"expected two lists of the same length, got shapes {left.shape} and {right.shape}")
    return np.asarray(left == right, np.bool_)
