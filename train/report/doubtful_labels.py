"""Doubtful labels: images that lie among those of another class, found by frozen features.

Two judges must agree: the nearest neighbours, and a logistic regression that was fitted without the image. Of 3,400
photographs of ten kinds of clothes, one label in twenty was changed. To the most similar class: 68 % of the images
found were changed ones, and 46 % of those were found. At random: 71 % and 56 %. Others had been wrong before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.report.regression import deal, logits_of

_NEIGHBOURS = 10
_MARGIN = 0.5  # least lead of the other class in votes and in probability
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubtful label."""

    index: int
    """Index of the image."""
    other: int
    """Class that it more probably shows."""
    votes: int
    """Number of its nearest neighbours that are of the other class."""
    neighbours: int
    probability: float
    """Probability of the other class, 0-1, by a regression that didn't see the image."""
    nearest: int
    """Index of the nearest image of the other class."""


def find_doubtful(
    features: NDArray[np.float32], labels: NDArray[np.int64], groups: NDArray[np.int64], *, classes: int
) -> list[Doubt]:
    """Find labels that neighbours and regression contradict, the most doubtful ones first.

    Args:
        features: float32, shape (N, features), standardised.
        labels: class indices, shape (N,), at least one image of each class.
        groups: near copies have the same number, shape (N,); they don't judge one another.
        classes: number of classes.
    """
    probabilities = cross_validated(features, labels, groups, classes=classes)
    similarity = _similarity(features, groups)
    # A class of few images is outvoted by any larger one.
    count = max(1, min(_NEIGHBOURS, int(np.bincount(labels, minlength=classes).min()) // 2, len(labels) - 1))
    neighbours = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
    votes = np.stack([(labels[neighbours] == label).sum(axis=1) for label in range(classes)], axis=1)
    everyone = np.arange(len(labels))
    others = probabilities + votes / count
    own = others[everyone, labels].copy()
    others[everyone, labels] = -1
    other = others.argmax(axis=1)
    lead_in_votes = (votes[everyone, other] - votes[everyone, labels]) / count
    lead_in_probability = probabilities[everyone, other] - probabilities[everyone, labels]
    doubtful = np.flatnonzero((lead_in_votes >= _MARGIN) & (lead_in_probability >= _MARGIN))
    order = np.argsort(own[doubtful] - others[doubtful, other[doubtful]], kind="stable")
    return [
        Doubt(
            int(index), int(other[index]), int(votes[index, other[index]]), count,
            float(probabilities[index, other[index]]),
            int(np.where(labels == other[index], similarity[index], -np.inf).argmax()),
        )
        for index in doubtful[order]
    ]  # fmt: skip


def cross_validated(
    features: NDArray[np.float32], labels: NDArray[np.int64], groups: NDArray[np.int64], *, classes: int
) -> NDArray[np.float32]:
    """Return probabilities by regressions that saw no copy of the image: float32, shape (N, classes), 0-1."""
    _, first, members = np.unique(groups, return_index=True, return_inverse=True)
    folds = deal(labels, _FOLDS)[first[members]]
    probabilities = np.zeros((len(labels), classes), np.float32)
    for fold in range(_FOLDS):
        judged = folds == fold
        if judged.any():
            logits = logits_of(features[judged], features[~judged], labels[~judged], classes=classes)
            exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
            probabilities[judged] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def _similarity(features: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the cosine of each pair: float32, shape (N, N); -1 of an image and itself or its near copies."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.maximum(length, np.float32(1e-12))
    similarity = unit @ unit.T
    similarity[groups[:, np.newaxis] == groups] = -1
    return np.asarray(similarity, np.float32)
