"""Auxiliary images: further training images after the vision step, in a file of their own.

Making the file takes minutes and needs photographs; training with it needs neither.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.input_spec import GARMENT_RECIPE
from edge.errors import DatasetError
from edge.system import atomic_file
from edge.vision import PreparedInput


@dataclass(frozen=True, slots=True)
class AuxiliaryImages:
    """Images with the targets of a network."""

    pixels: NDArray[np.uint8]
    """uint8 grey, shape (N, height, width), 0-255, as `edge.vision` makes them."""
    targets: NDArray[np.float32]
    """float32 probabilities, shape (N, classes); right classes share 1 equally, without one all classes do."""
    presence: NDArray[np.float32]
    """Presence score of the vision step, float32, shape (N,), 0-1."""
    origin: str

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Mask of the images that show something of a class: bool, shape (N,)."""
        return np.asarray((self.targets == 0).any(axis=1))

    @property
    def is_seen(self) -> NDArray[np.bool_]:
        """Mask of the images that reach the network, bool, shape (N,); the others are predicted as `nothing`."""
        return np.asarray(self.presence >= DecisionSpec().presence_threshold)


@dataclass(frozen=True, slots=True)
class _Manifest:
    """Facts that must match the run that reads the file."""

    class_names: tuple[str, ...]
    recipe: str
    """Recipe of the vision step; the runner must use the same."""
    origin: str


def write(path: Path, images: AuxiliaryImages, class_names: Sequence[str]) -> None:
    """Write the images atomically."""
    manifest = _Manifest(tuple(class_names), GARMENT_RECIPE, images.origin)
    targets = images.targets.astype(np.float16)
    write_arrays(path, asdict(manifest), pixels=images.pixels, targets=targets, presence=images.presence)


def read(path: Path, *, class_names: Sequence[str], height: int, width: int) -> AuxiliaryImages:
    """Read images that `write` stored.

    Raises:
        DatasetError: the file can't be read, or has other classes, another size or another vision step.
    """
    with reading_arrays(
        path, "images to learn from", "a file that `python -m train.photographs` or `.scenes`"
    ) as stored:
        manifest = _Manifest(**json.loads(str(stored["manifest"])))
        targets = stored["targets"].astype(np.float32)
        images = AuxiliaryImages(stored["pixels"], targets, stored["presence"], manifest.origin)
    stored_facts = (list(manifest.class_names), manifest.recipe, images.pixels.shape[1:])
    run_facts = (list(class_names), GARMENT_RECIPE, (height, width))
    for word, stored_fact, expected in zip(
        ("the classes", "the vision step", "images of"), stored_facts, run_facts, strict=True
    ):
        if stored_fact != expected:
            raise DatasetError(f"{path} has {word} {stored_fact}, this run {expected}: make it again")
    return images


def write_arrays(path: Path, manifest: dict[str, Any], **arrays: Any) -> None:
    """Write an .npz file of arrays and of a manifest, JSON, atomically."""
    with atomic_file.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, manifest=np.array(json.dumps(manifest)), **arrays)


@contextmanager
def reading_arrays(path: Path, content: str, expected: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """Open a file of `write_arrays` for the block, whose errors are those of a file with other content.

    Raises:
        DatasetError: the file can't be read or holds something else.
    """
    try:
        with path.open("rb") as file, np.load(file) as stored:
            yield stored
    except (OSError, EOFError, TypeError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} holds no {content} ({error}): expected {expected} wrote") from error


def collect(inputs: Iterable[tuple[PreparedInput, NDArray[np.float32]]], origin: str) -> AuxiliaryImages:
    """Collect inputs of a network, each with its targets, float32 (classes,).

    Raises:
        DatasetError: the vision step found nothing in any of them.
    """
    pairs = list(inputs)
    if not any(prepared.presence_score >= DecisionSpec().presence_threshold for prepared, _ in pairs):
        raise DatasetError(f"nothing was found in any of {origin}")
    return AuxiliaryImages(
        np.stack([prepared.pixels for prepared, _ in pairs]),
        np.stack([targets for _, targets in pairs]),
        np.array([prepared.presence_score for prepared, _ in pairs], np.float32),
        origin,
    )


def concatenate(parts: Sequence[AuxiliaryImages]) -> AuxiliaryImages | None:
    """Join several sets of images into one; None if there is none."""
    if not parts:
        return None
    return AuxiliaryImages(
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.presence for part in parts]),
        " and ".join(part.origin for part in parts),
    )


def share_targets(labels: Sequence[str], class_names: Sequence[str]) -> NDArray[np.float32]:
    """Return the targets of an image for which each of these labels is right: float32, shape (classes,).

    Without a right label all classes share equally, which teaches a network to be unsure (Hendrycks et al., 2019,
    arXiv:1812.04606).
    """
    right = np.array([name in labels for name in class_names], np.float32)
    return right / right.sum() if right.any() else np.full(len(class_names), 1 / len(class_names), np.float32)
