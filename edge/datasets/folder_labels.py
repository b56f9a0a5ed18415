"""Correct labels of photographs, from the names of their folders. Pure functions."""

from __future__ import annotations

import argparse
import shlex
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from edge.artifact.spec import FASHION_MNIST_LABELS, NOTHING_LABEL, UNKNOWN_LABEL
from edge.errors import SourceError

REJECTIONS = (UNKNOWN_LABEL, NOTHING_LABEL)
"""Answers that name no class."""
COUNTER_EXAMPLES = (UNKNOWN_LABEL, "none", "background", "other")
"""Names of folders, in any case, whose images show something else than the classes."""

# Folders of the clothing data set (github.com/alexeygrigorev/clothing-dataset-small) as labels of Fashion-MNIST, whose
# shoes are of every kind, and of the built-in model `clothes`.
_FASHION_MNIST_FOLDERS: dict[str, tuple[str, ...]] = {
    "t-shirt": ("T-shirt/top",),
    "pants": ("Trouser",),
    "longsleeve": ("Pullover",),
    "dress": ("Dress",),
    "outwear": ("Coat",),
    "shirt": ("Shirt",),
    "shoes": ("Sandal", "Sneaker", "Ankle boot"),
    "hat": (),
    "shorts": (),
    "skirt": (),
}
CLOTHES_FOLDERS = {
    "dress": "Dress",
    "hat": "Hat",
    "longsleeve": "Longsleeve",
    "outwear": "Outerwear",
    "pants": "Trousers",
    "shirt": "Shirt",
    "shoes": "Shoes",
    "shorts": "Shorts",
    "skirt": "Skirt",
    "t-shirt": "T-shirt",
}
"""Folders of the clothing data set -> labels of the built-in model `clothes`."""

_MOST_LISTED = 30  # names in an error message

Truths = Mapping[str, tuple[str, ...]]


def is_counter_examples(name: str) -> bool:
    """Return whether a folder of this name holds images of other things than the classes, for `unknown`."""
    return name.strip().casefold() in COUNTER_EXAMPLES


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    """Folder of photographs and their correct labels."""

    folder: str
    labels: tuple[str, ...]
    """Labels of the model that are correct; empty: `unknown` or `nothing` is."""

    @property
    def is_known(self) -> bool:
        """True if the model has a label for it."""
        return bool(self.labels)

    @property
    def truth(self) -> str:
        """Correct labels as text."""
        return " or ".join(self.labels or (UNKNOWN_LABEL,))


def folder_truth(text: str) -> tuple[str, tuple[str, ...]]:
    """Parse FOLDER=LABEL[,LABEL...] for argparse: the folder's name and the labels as typed."""
    folder, equals, names = text.partition("=")
    labels = tuple(name.strip() for name in names.split(","))
    if not (folder.strip() and equals and all(labels)):
        raise argparse.ArgumentTypeError(f"expected FOLDER=LABEL[,LABEL...] such as hats=unknown, got {text!r}")
    return folder.strip(), labels


def map_folders(folders: Sequence[str], labels: Sequence[str], truths: Truths) -> list[LabelledFolder]:
    """Return the correct labels of each folder.

    In this order: those in `truths`, as typed; none for `unknown` and `nothing`; the label of the folder, whatever its
    case and punctuation; none for COUNTER_EXAMPLES; those of the clothing data set's folders, for a model with the
    labels of a built-in one.

    Raises:
        SourceError: a folder fits no label, or `truths` names a folder or a label that doesn't exist.
    """
    mapped, unmapped = match_folders(folders, labels, truths)
    if unmapped:
        example = shlex.quote(f"{unmapped[0]}={labels[0]}")
        raise SourceError(
            f"no label of the model is called like {_list(unmapped)}: say what is right with --map {example}, or with "
            f"--map {shlex.quote(f'{unmapped[0]}={UNKNOWN_LABEL}')} where none is; the labels are {_list(labels)}"
        )
    return mapped


def match_folders(
    folders: Sequence[str], labels: Sequence[str], truths: Truths
) -> tuple[list[LabelledFolder], list[str]]:
    """Return the folders whose correct labels are known, as `map_folders` does, and the names of the others.

    Raises:
        SourceError: `truths` names a folder or a label that doesn't exist.
    """
    absent = [folder for folder in truths if folder not in folders]
    if absent:
        raise SourceError(f"--map names {_list(absent)}: expected a folder that is there: {_list(folders)}")
    found = {folder: _labels_of(folder, labels, truths) for folder in folders}
    known = [LabelledFolder(folder, right) for folder, right in found.items() if right is not None]
    return known, [folder for folder, right in found.items() if right is None]


def _labels_of(folder: str, labels: Sequence[str], truths: Truths) -> tuple[str, ...] | None:
    """Return the correct labels of a folder; None if its name tells none."""
    if folder in truths:
        return _typed_labels(folder, truths[folder], labels)
    if _plain(folder) in REJECTIONS:
        return ()
    label = _label_called(folder, labels)
    if label is not None or is_counter_examples(folder):
        return () if label is None else (label,)
    if set(FASHION_MNIST_LABELS) <= set(labels):
        return {_plain(name): right for name, right in _FASHION_MNIST_FOLDERS.items()}.get(_plain(folder))
    if set(CLOTHES_FOLDERS.values()) <= set(labels):
        return {_plain(name): (right,) for name, right in CLOTHES_FOLDERS.items()}.get(_plain(folder))
    return None


def _typed_labels(folder: str, typed: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    if len(typed) == 1 and typed[0] in REJECTIONS:
        return ()
    matches = {name: _label_called(name, labels) for name in typed}
    missing = [name for name, label in matches.items() if label is None]
    if missing:
        raise SourceError(
            f"--map {folder}={','.join(typed)}: the model has no label {_list(missing)}, expected some of "
            f"{_list(labels)}, or {UNKNOWN_LABEL} alone"
        )
    return tuple(label for label in matches.values() if label is not None)


def _label_called(name: str, labels: Sequence[str]) -> str | None:
    """Return the label of this name, else the only one that differs in case and punctuation alone."""
    if name in labels:
        return name
    alike = [label for label in labels if _plain(label) == _plain(name)]
    return alike[0] if len(alike) == 1 else None


def _plain(name: str) -> str:
    """Return the name without case and punctuation, in Unicode's composed form; a Mac's folders have the other one.

    It is unchanged if it has no other characters.
    """
    composed = unicodedata.normalize("NFC", name).casefold()  # else isalnum would drop the dots of a Mac's `ä`
    return "".join(character for character in composed if character.isalnum()) or name


def _list(names: Collection[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names) if more <= 0 else f"{', '.join(list(names)[:_MOST_LISTED])} and {more:,} more"
