"""Images that a run directory keeps: to calibrate an export with, and to compare and benchmark its files on."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.system import atomic_file
from train.data.splits import Splits, in_size

IMAGES = "images.npz"
MOST_BYTES = 200_000_000
"""Bytes of the pixels before compression, at most half of them for calibration."""
_CALIBRATION_IMAGES = 100  # of each class at most, more than an export needs to calibrate
_LOGGER = logging.getLogger(__name__)


def write_kept_images(folder: Path, splits: Splits) -> None:
    """Write `images.npz` in case the photographs are removed: training images of the input's size, and test images.

    Where they are too many, fewer of each class are kept, which is said.
    """
    train, test = splits.train, splits.test
    room = MOST_BYTES // max(1, test.pixels[0].nbytes)
    calibration = first_of_each(train.labels, most_each=_CALIBRATION_IMAGES, room=room // 2)
    wanted = int(np.minimum(np.bincount(train.labels), _CALIBRATION_IMAGES).sum())
    if len(calibration) < wanted:
        _LOGGER.warning(
            "%s keeps %d in place of %d images for calibration, because %d MB are the limit: exports of this run "
            "calibrate on those", IMAGES, len(calibration), wanted, MOST_BYTES // 1_000_000,
        )  # fmt: skip
    tested = first_of_each(test.labels, most_each=len(test.labels), room=room - len(calibration))
    if len(tested) < len(test.labels):
        _LOGGER.warning(
            "%s keeps %d of %d test images, equally many of each class, because %d MB are the limit: exports and "
            "benchmarks of this run compare on those", IMAGES, len(tested), len(test.labels), MOST_BYTES // 1_000_000,
        )  # fmt: skip
    with atomic_file.replacing(folder / IMAGES) as temporary:
        np.savez_compressed(
            temporary,
            train_images=in_size(train.pixels[calibration], splits.input), train_labels=train.labels[calibration],
            test_images=test.pixels[tested], test_labels=test.labels[tested],
        )  # fmt: skip


def first_of_each(labels: NDArray[np.integer[Any]], *, most_each: int, room: int) -> NDArray[np.int64]:
    """Return the places of the first images of each class, as many of each as fit: int64, sorted.

    Args:
        labels: class indices, shape (N,).
        most_each: images of a class at most.
        room: images at most; with more classes than that, one image of every so many-th class.
    """
    rank = np.zeros(len(labels), np.int64)  # of an image within its class, from 0
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rank[members] = np.arange(len(members))
    counts = np.bincount(rank, minlength=1).cumsum()  # images of a rank or below
    each = min(most_each, int(np.searchsorted(counts, room, side="right")))
    if each:
        return np.flatnonzero(rank < each)
    firsts = np.flatnonzero(rank == 0)
    return firsts[np.linspace(0, len(firsts) - 1, min(room, len(firsts))).astype(np.int64)]
