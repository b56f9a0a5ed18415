"""Calibration of probabilities: the temperature, and the gap between confidence and accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from edge.classify.confidence_score import to_probabilities

_RANGE = (0.25, 4.0)  # beyond it, the validation images are too few, or all right or all wrong
_FEW = 20  # images
_BINS = 15  # as in Guo et al.


def fit_temperature(probabilities: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> float:
    """Find the temperature, 0.25 to 4, with the smallest cross-entropy (Guo et al., 2017, arXiv:1706.04599).

    The probabilities, float32, shape (N, classes), are of images that weren't trained on. Fewer than twenty of them
    can't make a network surer than it is: two right answers would make 0.95 a certainty.
    """
    least, most = (1.0 if len(labels) < _FEW else _RANGE[0]), _RANGE[1]

    def loss(logarithm: float) -> float:
        return cross_entropy(with_temperature(probabilities, float(np.exp(logarithm))), labels)

    best = minimize_scalar(loss, bounds=(np.log(least), np.log(most)), method="bounded")
    return round(float(np.exp(best.x)), 4)


def with_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Apply a temperature to probabilities, float32 (N, classes), as the runner does."""
    return to_probabilities(probabilities, output="probabilities", temperature=temperature)


def expected_calibration_error(probabilities: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> float:
    """Return the mean gap between confidence and accuracy over 15 bins of equal width (Naeini et al., 2015), 0-1.

    0.05 means that a confidence of 0.9, in probabilities (N, classes), is an accuracy of 0.85 or 0.95 on average.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    is_right = probabilities.argmax(axis=1) == labels
    # A bin excludes its lower edge and includes its upper one.
    bins = np.clip(np.ceil(confidence * _BINS).astype(np.int64) - 1, 0, _BINS - 1)
    gaps = np.bincount(bins, weights=is_right - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(labels))


def cross_entropy(probabilities: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> float:
    """Return the mean of -ln(probability of the true class), clipped at 1e-7 as in Keras."""
    true_class = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(true_class, 1e-7, 1.0)).mean())
