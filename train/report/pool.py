"""Different images of a data set: one image stands for all its near copies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data.parts import TEST, TRAIN, VALIDATION, near_copies_on_both_sides
from train.data.splits import Split, Splits
from train.report.record import Image, NearCopies
from train.results.kept_images import first_of_each

PART_NAMES = ("train", "validation", "test")
MOST_IMAGES = 6_000
"""Images whose features are computed: 1-2 minutes on two cores."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Different images of all parts; arrays of shape (N,), in order of part and file."""

    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    """Group of near copies; twice only where copies of an image lie in two classes."""
    copies: NDArray[np.int64]
    """Number of images that an image stands for, itself included."""
    parts: NDArray[np.int8]
    """TRAIN, VALIDATION or TEST: where copies lie in several, the last of these."""
    places: NDArray[np.int64]
    """Index of the image in its part."""
    paths: tuple[str, ...]
    """Path below the folder of the data set."""
    comes_split: bool
    """True if the data set has parts of its own."""


def parts_of(splits: Splits) -> dict[int, Split]:
    """Return TRAIN, VALIDATION and TEST with their images, the last one unless the validation part stands in for it."""
    parts = {TRAIN: splits.train, VALIDATION: splits.validation, TEST: splits.test}
    tested, validated = splits.test.files, splits.validation.files
    if tested and validated and tested.paths == validated.paths:
        del parts[TEST]
    return parts


def different_images(splits: Splits, folder: Path, *, most: int = MOST_IMAGES) -> Pool:
    """Choose one image of each group of near copies and class, and equally many of each class where they are too many.

    Args:
        splits: with the files of all parts.
        folder: folder of the data set, which paths are shown without.
        most: number of images at most, at least one.
    """
    by_part = parts_of(splits)
    files = [split.files for split in by_part.values() if split.files is not None]
    labels = np.concatenate([split.labels.astype(np.int64) for split in by_part.values()])
    groups = np.concatenate([part.groups for part in files])
    parts = np.repeat(np.array(list(by_part), np.int8), [len(split.labels) for split in by_part.values()])
    places = np.concatenate([np.arange(len(split.labels)) for split in by_part.values()])
    # The last part comes first, so that no copy of a test image is left in training.
    order = np.lexsort((places, -parts))
    _, first, count = np.unique(np.stack([groups[order], labels[order]]), axis=1, return_index=True, return_counts=True)
    chosen, copies = order[first], np.zeros(len(labels), np.int64)
    copies[chosen] = count
    chosen = np.sort(chosen)
    if most < len(chosen):
        shuffled = np.random.default_rng(0).permutation(chosen)
        chosen = np.sort(shuffled[first_of_each(labels[shuffled], most_each=most, room=most)])
    paths = [path for part in files for path in part.paths]
    return Pool(
        labels[chosen], groups[chosen], copies[chosen], parts[chosen], places[chosen],
        tuple(shown_path(paths[index], folder) for index in chosen), comes_split=files[0].comes_split,
    )  # fmt: skip


def shown_path(path: Path, folder: Path) -> str:
    """Return a path below a folder as text; bytes that are no UTF-8 become question marks."""
    below = path.relative_to(folder) if path.is_relative_to(folder) else path
    return os.fsencode(below).decode("utf-8", "replace")


def pixels_of(splits: Splits, part: int, place: int) -> NDArray[np.uint8]:
    """Return an image of a part as it was read: uint8 BGR, shape (height, width, 3), 0-255."""
    return np.asarray(parts_of(splits)[part].pixels[place], np.uint8)


def count_near_copies(splits: Splits, folder: Path, *, most: int = 20) -> NearCopies:
    """Count near copies in all parts, and name pairs of them whose folders say different classes, at most `most`."""
    by_part = parts_of(splits)
    files = [split.files for split in by_part.values() if split.files is not None]
    groups = np.concatenate([part.groups for part in files])
    labels = np.concatenate([split.labels for split in by_part.values()])
    parts = np.repeat(np.array(list(by_part), np.int8), [len(split.labels) for split in by_part.values()])
    images = [
        Image(shown_path(path, folder), PART_NAMES[part_number], place)
        for part_number, part in zip(by_part, files, strict=True) for place, path in enumerate(part.paths)
    ]  # fmt: skip
    first: dict[int, int] = {}
    disputed = []
    for index, group in enumerate(groups.tolist()):
        other = first.setdefault(group, index)
        if labels[other] != labels[index]:
            disputed.append((images[other], images[index]))
    different = len({(group, label) for group, label in zip(groups.tolist(), labels.tolist(), strict=True)})
    return NearCopies(len(groups), different, near_copies_on_both_sides(parts, groups), tuple(disputed[:most]))
