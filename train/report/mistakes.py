"""Wrong answers to held-out images: confusion matrix, pairs of classes, and the surest mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data.parts import TRAIN
from train.data.splits import Splits
from train.report.pool import PART_NAMES, parts_of, shown_path
from train.report.record import ConfusedPair, Image, Mistake
from train.results.plots import hardest_mistakes

_MOST_MISTAKES, _MOST_PAIRS, _MOST_OF_A_PAIR = 24, 12, 4
MOST_CLASSES = 200
"""Classes of a confusion matrix at most: of 2,000 it would be millions of numbers. Pairs are found among any number."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Validation and test images with the answers of the trained network."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    """With the temperature, float32, shape (N, classes), 0-1."""
    images: tuple[Image, ...]

    @property
    def answers(self) -> NDArray[np.int64]:
        """Likeliest class of each image, int64, shape (N,)."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)


def held_out_images(
    splits: Splits, folder: Path, validation: NDArray[np.float32], test: NDArray[np.float32]
) -> HeldOut:
    """Join validation and test images and the probabilities of their classes."""
    parts = {part: split for part, split in parts_of(splits).items() if part != TRAIN}
    images = [
        Image(shown_path(path, folder), PART_NAMES[part], place)
        for part, split in parts.items() if split.files is not None for place, path in enumerate(split.files.paths)
    ]  # fmt: skip
    labels = np.concatenate([split.labels for split in parts.values()]).astype(np.int64)
    probabilities = np.concatenate([validation, test][: len(parts)])
    return HeldOut(labels, probabilities, tuple(images))


def confusion(held_out: HeldOut, classes: int) -> tuple[tuple[int, ...], ...]:
    """Count the held-out images of each class (row) by their answers (column); nothing of too many classes."""
    return tuple(tuple(row) for row in _counts(held_out, classes).tolist()) if classes <= MOST_CLASSES else ()


def _counts(held_out: HeldOut, classes: int) -> NDArray[np.int64]:
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (held_out.labels, held_out.answers), 1)
    return counts


def confused_pairs(held_out: HeldOut, names: Sequence[str]) -> tuple[ConfusedPair, ...]:
    """Return the pairs of classes that are confused most often, at most twelve."""
    counts = _counts(held_out, len(names))
    of_each = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:_MOST_PAIRS]
    surest = hardest_mistakes(held_out.labels, held_out.probabilities)
    pairs = []
    for label, answer in zip(*np.unravel_index(order, counts.shape), strict=True):
        if counts[label, answer]:
            own = surest[(held_out.labels[surest] == label) & (held_out.answers[surest] == answer)]
            images = tuple(held_out.images[index] for index in own[:_MOST_OF_A_PAIR])
            pair = ConfusedPair(names[label], names[answer], int(counts[label, answer]), int(of_each[label]), images)
            pairs.append(pair)
    return tuple(pairs)


def surest_mistakes(held_out: HeldOut, names: Sequence[str]) -> tuple[Mistake, ...]:
    """Return the wrong answers with the highest probabilities, at most 24."""
    surest = hardest_mistakes(held_out.labels, held_out.probabilities)[:_MOST_MISTAKES]
    return tuple(
        Mistake(
            held_out.images[index], names[held_out.labels[index]], names[held_out.answers[index]],
            round(float(held_out.probabilities[index].max()), 4),
        )
        for index in surest
    )  # fmt: skip
