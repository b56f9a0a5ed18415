"""Images to learn from beside a data set, already through the vision step, in a file of their own.

Making them takes minutes and needs photographs; training with them takes neither, wherever the file is carried.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.artifact.decision_spec import DecisionSpec
from edge.errors import DatasetError
from edge.system import atomic_file
from edge.vision import GARMENT_RECIPE, PreparedInput


@dataclass(frozen=True, slots=True)
class Extra:
    """Images with what a network should say about them."""

    pixels: NDArray[np.uint8]
    """uint8 grey, shape (N, height, width), 0-255, as `edge.vision` makes them."""
    targets: NDArray[np.float32]
    """float32 probabilities, shape (N, classes): several classes share 1 where any of them is right, all of them where
    none is."""
    presence: NDArray[np.float32]
    """float32, shape (N,), 0-1: how sure the vision step was that there is something."""
    origin: str
    """What was made into these images, for people."""

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Whether an image shows something that a class is right for: bool, shape (N,)."""
        return np.asarray((self.targets == 0).any(axis=1))

    @property
    def is_seen(self) -> NDArray[np.bool_]:
        """Whether a network would get to see an image, or the answer be `nothing` without it: bool, shape (N,)."""
        return np.asarray(self.presence >= DecisionSpec().presence_threshold)


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What a reader must compare before it learns."""

    class_names: tuple[str, ...]
    recipe: str
    """Of the vision step: a network learns what its runner will show it."""
    origin: str


def write(path: Path, extra: Extra, class_names: Sequence[str]) -> None:
    """Store the images, whole or not at all."""
    manifest = _Manifest(tuple(class_names), GARMENT_RECIPE, extra.origin)
    with atomic_file.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            pixels=extra.pixels,
            targets=extra.targets.astype(np.float16),
            presence=extra.presence,
            manifest=np.array(json.dumps(asdict(manifest))),
        )


def read(path: Path, *, class_names: Sequence[str], height: int, width: int) -> Extra:
    """Read images that `write` stored.

    Raises:
        DatasetError: no such file, or it is of other classes, another size or another vision step.
    """
    try:
        with path.open("rb") as file, np.load(file) as stored:
            manifest = _Manifest(**json.loads(str(stored["manifest"])))
            targets = stored["targets"].astype(np.float32)
            extra = Extra(stored["pixels"], targets, stored["presence"], manifest.origin)
    except (OSError, EOFError, TypeError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path} holds no images to learn from ({error}): expected a file that `python -m train.photographs` or "
            "`python -m train.scenes` wrote"
        ) from error
    found = (list(manifest.class_names), manifest.recipe, extra.pixels.shape[1:])
    expected = (list(class_names), GARMENT_RECIPE, (height, width))
    for word, theirs, ours in zip(("the classes", "the vision step", "images of"), found, expected, strict=True):
        if theirs != ours:
            raise DatasetError(f"{path} has {word} {theirs}, this run {ours}: make it again")
    return extra


def gathered(seen: Iterable[tuple[PreparedInput, NDArray[np.float32]]], origin: str) -> Extra:
    """What the vision step saw, each with its targets, float32 (classes,), as one.

    Raises:
        DatasetError: it saw nothing at all.
    """
    pairs = list(seen)
    if not any(prepared.presence_score >= DecisionSpec().presence_threshold for prepared, _ in pairs):
        raise DatasetError(f"nothing was found in any of {origin}")
    return Extra(
        np.stack([prepared.pixels for prepared, _ in pairs]),
        np.stack([targets for _, targets in pairs]),
        np.array([prepared.presence_score for prepared, _ in pairs], np.float32),
        origin,
    )


def joined(extras: Sequence[Extra]) -> Extra | None:
    """All of them as one; None if there is none."""
    if not extras:
        return None
    pixels = np.concatenate([extra.pixels for extra in extras])
    targets = np.concatenate([extra.targets for extra in extras])
    presence = np.concatenate([extra.presence for extra in extras])
    return Extra(pixels, targets, presence, " and ".join(extra.origin for extra in extras))


def share_targets(labels: Sequence[str], class_names: Sequence[str]) -> NDArray[np.float32]:
    """Targets of an image for which each of these labels is right: float32, shape (classes,).

    Where none is right all classes share alike, which teaches a network to be unsure (Hendrycks et al., 2019,
    arXiv:1812.04606).
    """
    right = np.array([name in labels for name in class_names], np.float32)
    return right / right.sum() if right.any() else np.full(len(class_names), 1 / len(class_names), np.float32)
