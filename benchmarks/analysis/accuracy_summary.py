"""How right one variant is, on its own: in all, for each class, and whether it knows how right it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.job import BASIS_POINTS
from benchmarks.stats.accuracy import confusion_matrix, paired
from benchmarks.stats.calibration import BINS, reliability
from benchmarks.stats.proportions import wilson_interval


def describe_accuracy(
    predictions: Sequence[int],
    labels: Sequence[int],
    *,
    class_names: Sequence[str],
    confidence_bp: Sequence[int] | None,
    untempered_confidence_bp: Sequence[int] | None,
) -> dict[str, Any]:
    """Describe how right a variant is, as a JSON object.

    Args:
        predictions: class index of each image.
        labels: true class index of each image, at least one.
        class_names: in index order.
        confidence_bp: probability of each answer in basis points, 0-10,000, under the spec's temperature, if known.
        untempered_confidence_bp: the same as the network put it out, without the temperature.

    Returns:
        images, right, top1 and its interval; the same for each class; confusion [label][answer]; calibration.
    """
    confusion = confusion_matrix(predictions, labels, classes=len(class_names))
    is_right = paired(predictions, labels)
    return {
        **_share(int(is_right.sum()), len(labels)),
        "classes": [
            {"label": name, **_share(int(confusion[index, index]), int(confusion[index].sum()))}
            for index, name in enumerate(class_names)
        ],
        "confusion": confusion.tolist(),
        "calibration": describe_calibration(is_right, confidence_bp, untempered_confidence_bp),
    }


def describe_calibration(
    is_right: NDArray[np.bool_], confidence_bp: Sequence[int] | None, untempered_bp: Sequence[int] | None
) -> dict[str, Any] | None:
    """Describe how far confidence is from accuracy, over 15 bins of equal width; None if confidences aren't known.

    Args:
        is_right: boolean, shape (N,).
        confidence_bp: as in `describe_accuracy`.
        untempered_bp: as in `describe_accuracy`.
    """
    if confidence_bp is None:
        return None
    bins = reliability(np.asarray(confidence_bp) / BASIS_POINTS, is_right)
    before = untempered_bp and reliability(np.asarray(untempered_bp) / BASIS_POINTS, is_right)
    return {
        "bins": BINS,
        "expected_calibration_error": bins.expected_calibration_error,
        "expected_calibration_error_without_temperature": before.expected_calibration_error if before else None,
        "mean_confidence": float(np.mean(confidence_bp)) / BASIS_POINTS,
        "reliability": asdict(bins),
    }


def _share(right: int, images: int) -> dict[str, Any]:
    return {
        "images": images,
        "right": right,
        "top1": right / images if images else None,
        "interval": list(wilson_interval(right, images)) if images else None,
    }
