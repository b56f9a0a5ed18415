"""Learning curve: accuracy against the number of training images, by a regression on frozen features."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.classify.interval import wilson_interval
from train.data.parts import TRAIN
from train.report.regression import deal, logits_of

_LOGGER = logging.getLogger(__name__)
LEAST_IMAGES = 4
"""Different images that a class needs for a curve."""
MOST_CLASSES = 200
"""Classes of a curve at most: beyond, its regressions take minutes."""
_FOLDS = 5
_MOST_HALVINGS = 6
_MOST_DRAWS = 2  # of a small share, whose accuracy depends on which images were drawn
_Z = 1.959963984540054  # 97.5 % of a normal distribution lie below it


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Accuracy with some of the images."""

    images_per_class: float
    """Mean number of different training images of a class."""
    accuracy: float
    """On images that weren't trained on, 0-1."""
    interval: tuple[float, float]
    """95 % interval of it, by Wilson's method."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Change of the accuracy when the images were doubled, -1 to 1."""

    gain: float
    interval: tuple[float, float]
    """95 % interval of it, by Agresti and Min's method for pairs."""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Accuracy with all images, a half, a quarter and so on of each class."""

    points: tuple[CurvePoint, ...]
    """Fewest images first."""
    judged: int
    """Number of images that each accuracy is of."""
    doubling: Gain
    """From half of the images to all of them."""
    doubling_by_class: tuple[Gain | None, ...]
    """The same for the images of each class; None: none was judged."""


def learning_curve(
    features: NDArray[np.float32], labels: NDArray[np.int64], parts: NDArray[np.int8], *, classes: int,
    comes_split: bool,
) -> LearningCurve | str:  # fmt: skip
    """Compute the curve, or return the reason that there is none.

    Images of a data set without parts are cross-validated in five folds; one that comes split is judged on its own
    validation and test images, since these may show other people or scenes.

    Args:
        features: of different images, float32, shape (N, features), standardised.
        labels: class indices, shape (N,).
        parts: TRAIN, VALIDATION or TEST, shape (N,).
        classes: number of classes.
        comes_split: True if the parts are the data set's own.
    """
    learned = labels[parts == TRAIN] if comes_split else labels
    fewest = int(np.bincount(learned, minlength=classes).min())
    if classes > MOST_CLASSES:
        return f"{classes} classes are too many for a learning curve: {MOST_CLASSES} are the limit"
    if fewest < LEAST_IMAGES:
        return f"a learning curve needs {LEAST_IMAGES} different images of each class, one has {fewest}"
    if comes_split:
        rounds = [(np.flatnonzero(parts == TRAIN), np.flatnonzero(parts != TRAIN))]
    else:
        fold = deal(labels, min(_FOLDS, fewest))
        rounds = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in np.unique(fold)]
    judged = np.concatenate([held_out for _, held_out in rounds])
    largest = max(int(np.bincount(labels[training]).max()) for training, _ in rounds)
    halvings = min(_MOST_HALVINGS, int(math.log2(largest)))
    right, images = np.zeros((halvings + 1, len(judged))), np.zeros(halvings + 1)
    at = 0
    for number, (training, held_out) in enumerate(rounds, start=1):
        _LOGGER.info("report: learning curve, round %d of %d", number, len(rounds))
        for halving in range(halvings + 1):
            draws = list(_draws(labels, training, halving, seed=number))
            for drawn in draws:
                logits = logits_of(features[held_out], features[drawn], labels[drawn], classes=classes)
                is_right = logits.argmax(axis=1) == labels[held_out]
                right[halving, at : at + len(held_out)] += is_right / len(draws)
            images[halving] += len(draws[0]) / classes / len(rounds)
        at += len(held_out)
    points = [_point(each, float(count)) for each, count in zip(right, images, strict=True)]
    of_class = [right[:2, labels[judged] == label] for label in range(classes)]
    return LearningCurve(
        tuple(points[::-1]), len(judged), paired_gain(right[1], right[0]),
        tuple(paired_gain(part[1], part[0]) if part.size else None for part in of_class),
    )  # fmt: skip


def paired_gain(before: NDArray[np.float64], after: NDArray[np.float64]) -> Gain:
    """Return the change of an accuracy on the same images, with an interval that holds for few of them too.

    Agresti and Min (2005, Statistics in Medicine 24): Wald's interval with half an image more of each of the four
    outcomes.

    Args:
        before: share of right answers to each image, float64, shape (N,), 0-1.
        after: the same later.
    """
    change = after - before
    won, lost, count = np.clip(change, 0, None).sum() + 0.5, np.clip(-change, 0, None).sum() + 0.5, len(change) + 2
    middle = (won - lost) / count
    half = _Z * math.sqrt(max(0.0, won + lost - (won - lost) ** 2 / count)) / count
    return Gain(float(change.mean()), (float(middle - half), float(middle + half)))


def _draws(
    labels: NDArray[np.int64], training: NDArray[np.int64], halving: int, *, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Yield indices of a share of the images of each class, at least one: all, a half, a quarter, ..."""
    for draw in range(min(2**halving, _MOST_DRAWS)):
        rng = np.random.default_rng([seed, halving, draw])
        chosen = []
        for label in np.unique(labels[training]):
            members = training[labels[training] == label]
            chosen.append(rng.permutation(members)[: max(1, round(len(members) / 2**halving))])
        yield np.sort(np.concatenate(chosen))


def _point(right: NDArray[np.float64], images_per_class: float) -> CurvePoint:
    interval = wilson_interval(round(float(right.sum())), len(right))
    return CurvePoint(round(images_per_class, 1), float(right.mean()), interval)
