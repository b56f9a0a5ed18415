"""Division of images into training, validation and test, with near copies on one side."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import DatasetError

_LOGGER = logging.getLogger(__name__)
TRAIN, VALIDATION, TEST, LEFT_OUT = range(4)
"""Parts of images; those beyond a limit are left out of all."""
ANY = -1
"""Part of an image whose data set doesn't come split."""
_TEST_SEED = 0  # of its own, so that runs with different seeds are tested on the same images
_PIECES = 12  # of the images of a class, where near copies have to be cut


@dataclass(frozen=True, slots=True)
class LabelledFiles:
    """Facts about the images of a data set that decide their parts; arrays of shape (N,), in order of the files."""

    labels: NDArray[np.int32]
    groups: NDArray[np.int64]
    """Group of near copies."""
    given: NDArray[np.int8]
    """TRAIN, VALIDATION or TEST where the data set comes split, else ANY."""
    disputed: NDArray[np.bool_]
    """True where the same image lies in two classes; such an image is trained on and never a test."""


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """Files that the images of a part were read from."""

    paths: tuple[Path, ...]
    """One for each image."""
    groups: NDArray[np.int64]
    """Group of near copies of each image, the same numbers in all parts: int64, shape (N,)."""
    comes_split: bool
    """True if the data set has parts of its own: its test may show other scenes or people than its training."""


def divide(files: LabelledFiles, *, test_fraction: float, validation_fraction: float, seed: int) -> NDArray[np.int8]:
    """Return the part of each image: int8, shape (N,), TRAIN, VALIDATION or TEST.

    Parts that are given stay as they are, but for disputed images, which are trained on; those that are missing come
    from the training images, at least one image of each class. Where a class has fewer than three groups, or one group
    is most of it, near copies are cut in the order of their files, so that neighbours in a recording stay together.

    Args:
        files: labels, groups and given parts.
        test_fraction: share of each class that becomes the test part, 0-1; 0: none does.
        validation_fraction: share of the others that becomes the validation part, 0-1.
        seed: of the validation part; the test part is the same for every seed.
    """
    parts = np.where((files.given == ANY) | files.disputed, TRAIN, files.given).astype(np.int8)
    groups = _cut(files, parts)
    for part, fraction, part_seed in ((TEST, test_fraction, _TEST_SEED), (VALIDATION, validation_fraction, seed)):
        if fraction and not (files.given == part).any():
            _draw(part, parts, files, groups, fraction=fraction, rng=np.random.default_rng(part_seed))
    return parts


def near_copies_on_both_sides(parts: NDArray[np.int8], groups: NDArray[np.int64]) -> int:
    """Return the number of test images that have a near copy among the images of training and validation."""
    return int(np.isin(groups[parts == TEST], groups[parts < TEST]).sum())


def check_parts(files: LabelledFiles, parts: NDArray[np.int8], names: Sequence[str], *, has_test: bool) -> None:
    """Log what a division can't promise, and refuse one without images.

    Args:
        files: that were divided.
        parts: of `divide`, or LEFT_OUT for an image that no part has.
        names: of the classes.
        has_test: False if a test part may be missing.

    Raises:
        DatasetError: a class has no training image, or a part none at all.
    """
    near = len(files.groups) - len(np.unique(files.groups))
    both = near_copies_on_both_sides(parts, files.groups)
    if near:
        _LOGGER.info("near copies of other images (bursts, recordings): %d of %d", near, len(files.groups))
    if both:
        _LOGGER.warning("test images that have near copies in training: %d of %d, so the accuracy flatters", both,
                        (parts == TEST).sum())  # fmt: skip
    if files.disputed.any():
        _LOGGER.warning("%d images lie in two classes: remove them from one", files.disputed.sum())
    nouns = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}
    if not has_test and not (parts == TEST).any():
        del nouns[TEST]
    for part, noun in nouns.items():
        absent = [name for label, name in enumerate(names) if not (files.labels[parts == part] == label).any()]
        if absent and (part == TRAIN or len(absent) == len(names)):
            flags = "" if part in files.given else "--test-fraction or --validation-fraction"
            if {names[label] for label in files.labels[parts == LEFT_OUT]} & set(absent):
                flags = "--max-images"
            raise DatasetError(
                f"no {noun} images of {', '.join(absent[:5])}: add some of other scenes"
                + (f", or give another {flags}" if flags else "")
            )
        if absent:
            _LOGGER.warning("no %s images of %s", noun, ", ".join(absent[:5]))


def _cut(files: LabelledFiles, parts: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return groups of which every class has several, smaller ones where near copies are too many."""
    groups = files.groups.copy()
    following = int(groups.max(initial=0)) + 1
    for label in np.unique(files.labels):
        members = np.flatnonzero((files.labels == label) & (parts == TRAIN) & ~files.disputed)
        names, counts = np.unique(files.groups[members], return_counts=True)
        if not len(members) or (len(names) >= 3 and 2 * counts.max() <= len(members)):
            continue
        size = max(1, len(members) // _PIECES)
        for name in names[counts > size]:
            same = members[files.groups[members] == name]
            groups[same] = following + np.arange(len(same)) // size
            following += len(same)
    return groups


def _draw(
    part: int,
    parts: NDArray[np.int8],
    files: LabelledFiles,
    groups: NDArray[np.int64],
    *,
    fraction: float,
    rng: np.random.Generator,
) -> None:
    """Move whole groups of the training images into a part, in place, the rarest classes first."""
    pool = parts == TRAIN
    blocked = np.isin(groups, groups[files.disputed])
    sizes = np.bincount(files.labels[pool], minlength=int(files.labels.max(initial=0)) + 1)
    for label in np.argsort(sizes, kind="stable"):
        wanted = max(1, round(fraction * int(sizes[label])))
        is_free = pool & (files.labels == label) & (parts == TRAIN) & ~blocked
        taken = int((pool & (files.labels == label) & (parts == part)).sum())
        names, counts = np.unique(groups[is_free], return_counts=True)
        order = rng.permutation(len(names))
        for name, count in zip(names[order], counts[order], strict=True):
            if taken + count <= wanted:
                parts[pool & (groups == name)] = part
                taken += int(count)
        if not taken and len(names) > 1:  # every group is larger than the share
            parts[pool & (groups == names[counts.argmin()])] = part
