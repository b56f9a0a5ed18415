"""Examples that classes are learned from: features, classes and groups of near copies, and their place in a file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edge.artifact.appended_zip import split_zip
from edge.errors import ModelFileError
from edge.images.near_copies import Look, near_copies_of
from edge.teach.backbone import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

COUNTER_EXAMPLE = -1
"""Class index of an example of no class."""
MEMBER = "teach_examples.npy"
"""Name of the examples in the ZIP of a model file."""
_NAMES = ("features", "label", "group", "hash", "thumbnail")  # of the fields of `Examples`, in their order
_HASH, _THUMBNAIL = 4, 768  # numbers of an image's look
_OLDER_RECORD = np.dtype([("label", "<i4"), ("group", "<i4"), ("features", "<f2", (FEATURES,))])
_RECORD = np.dtype([*_OLDER_RECORD.descr, ("hash", "<u2", (_HASH,)), ("thumbnail", "u1", (_THUMBNAIL,))])
_MOST_BYTES = 64 * 2**20  # of the member: 20,000 examples


class Examples(NamedTuple):
    """Examples of N images."""

    features: NDArray[np.float16]
    """float16, shape (N, 1280), 0-6."""
    labels: NDArray[np.int32]
    """int32 class indices, shape (N,), or `COUNTER_EXAMPLE`."""
    groups: NDArray[np.int32]
    """int32 number of the group of near copies, shape (N,)."""
    hashes: NDArray[np.uint16]
    """Looks of the images, by which near copies are found: uint16, shape (N, 4)."""
    thumbnails: NDArray[np.uint8]
    """uint8, shape (N, 768), values of a `Look` up to 255; all 0 where the look isn't known."""

    @classmethod
    def of(
        cls,
        features: NDArray[np.float16],
        labels: NDArray[np.int32],
        groups: NDArray[np.int32],
        looks: Sequence[Look] | None = None,
    ) -> Examples:
        """Join features, labels, groups and looks; without looks no near copies of these images are found later."""
        hashes, thumbnails = np.zeros((len(labels), _HASH), np.uint16), np.zeros((len(labels), _THUMBNAIL), np.uint8)
        for number, look in enumerate(looks or ()):
            hashes[number], thumbnails[number] = look.hash, np.minimum(look.thumbnail, 255)
        return cls(features, labels, groups, hashes, thumbnails)

    def take(self, chosen: NDArray[np.intp]) -> Examples:
        """Return some of them, by their indices."""
        return Examples(*(values[chosen] for values in self.columns))

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """Fields in their order."""
        return self.features, self.labels, self.groups, self.hashes, self.thumbnails

    def counts(self, classes: int) -> NDArray[np.int64]:
        """Return the number of examples of each class, int64, shape (classes,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=classes)

    def to_bytes(self) -> bytes:
        """Return the examples as a file in numpy's format."""
        records = np.empty(len(self.labels), _RECORD)
        for name, values in zip(_NAMES, self.columns, strict=True):
            records[name] = values
        file = io.BytesIO()
        np.lib.format.write_array(file, records, allow_pickle=False)
        return file.getvalue()


def read_examples(path: Path, classes: int) -> Examples | None:
    """Read the examples in a model file; None: it holds none.

    Args:
        path: of the file, which was recognised as a TFLite file.
        classes: number of its classes.

    Raises:
        ModelFileError: they are malformed.
        OSError: the file can't be read.
    """
    try:
        content = split_zip(path.read_bytes(), MEMBER, limit_bytes=_MOST_BYTES)[1]
        if content is None:
            return None
        records = np.load(io.BytesIO(content), allow_pickle=False)
        if records.dtype not in (_RECORD, _OLDER_RECORD) or records.ndim != 1:
            raise ValueError(f"expected records of {FEATURES} features, got {str(records.dtype)[:60]}")
        features, labels, groups = (np.ascontiguousarray(records[name]) for name in _NAMES[:3])
        examples = Examples.of(features, labels, groups)
        if records.dtype == _RECORD:
            examples = examples._replace(hashes=records["hash"].copy(), thumbnails=records["thumbnail"].copy())
        if (
            not np.isfinite(examples.features).all()
            or not ((examples.labels >= -1) & (examples.labels < classes)).all()
        ):
            raise ValueError("features that aren't finite, or classes that the file doesn't have")
    except OSError:
        raise
    except Exception as error:  # numpy and the ZIP's reader raise many classes for damaged bytes
        raise ModelFileError(
            f"the examples in {path} can't be read ({str(error)[:100]}): teach it anew from its images"
        ) from error
    return examples


def limited(labels: NDArray[np.int32], most: int) -> NDArray[np.intp]:
    """Choose at most so many examples, of each class and of the counter-examples as evenly as possible.

    Args:
        labels: int32 class indices, shape (N,).
        most: limit of all together, at least the number of classes.

    Returns:
        Indices in ascending order: intp, shape (M,), the same for the same labels.
    """
    if len(labels) <= most:
        return np.arange(len(labels))
    places = np.empty(len(labels), np.int64)
    rng = np.random.default_rng(0)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        places[members] = rng.permutation(len(members))  # place in the queue of its class
    return np.sort(np.argsort(places, kind="stable")[:most])


class Joined(NamedTuple):
    """Two sets of examples as one."""

    examples: Examples
    added: int
    """Examples that are new; they come last."""
    moved: int
    """Examples of the old set that have another class in the new one, which counts."""
    near: int
    """New examples that are near copies of old ones."""


def joined(old: Examples, new: Examples) -> Joined:
    """Join two sets of examples; one that is in both is taken once, with the class that it has in `new`."""
    places = {row.tobytes(): place for place, row in enumerate(old.features)}
    known = np.array([places.get(row.tobytes(), -1) for row in new.features], np.intp)
    labels = old.labels.copy()
    labels[known[known >= 0]] = new.labels[known >= 0]
    fresh = new.take(np.flatnonzero(known < 0))
    first = int(old.groups.max(initial=-1)) + 1
    columns = [np.concatenate(pair) for pair in zip(old.columns, fresh.columns, strict=True)]
    examples = Examples(*columns)._replace(labels=np.concatenate([labels, fresh.labels]))
    examples.groups[len(old.labels) :] += first
    near = _join_near_copies(examples, len(old.labels))
    return Joined(examples, len(fresh.labels), int((labels != old.labels).sum()), near)


def _join_near_copies(examples: Examples, first: int) -> int:
    """Give examples from `first` on the group of those before that they are near copies of; return how many are."""
    thumbnails, near = examples.thumbnails[:first].astype(np.int16), 0
    for number in range(first, len(examples.labels)):
        if not examples.thumbnails[number].any():
            continue
        look = Look(examples.hashes[number], examples.thumbnails[number].astype(np.int16))
        copies = near_copies_of(look, examples.hashes[:first], thumbnails)
        near += bool(len(copies))
        for group in {int(examples.groups[copy]) for copy in copies}:
            examples.groups[examples.groups == group] = examples.groups[number]
    return near
