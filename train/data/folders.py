"""Your own images, one folder for each class, read and prepared as the runner prepares frames."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import vision
from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import UNKNOWN_LABEL
from edge.datasets.folder_labels import is_counter_examples
from edge.errors import DatasetError, FrameError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders, split_parts
from train.data.own_images import class_names_of

_LOGGER = logging.getLogger(__name__)
_SMALLEST_EDGE = 16  # pixels: less shows no garment
_FEWEST_OF_A_CLASS = 3  # one each for training, validation and test


@dataclass(frozen=True, slots=True)
class OwnImages:
    """The usable images of a folder, and the reasons for the others."""

    pixels: NDArray[np.uint8]
    """uint8 grey, shape (N, height, width), 0-255, as `edge.vision` makes them."""
    labels: NDArray[np.int32]
    """int32 class indices, shape (N,); the number of classes for counter-examples, which come last."""
    class_names: tuple[str, ...]
    """Class names: the names of the folders, sorted."""
    skipped: tuple[str, ...]
    """Lines "path: reason", one for each image that wasn't used."""


def read_folder(folder: Path, *, height: int, width: int) -> OwnImages:
    """Read every image of a folder that holds one folder for each class, for a network's input of this size.

    Raises:
        DatasetError: there are fewer than two classes, a class has fewer than three images, or a class has a reserved
            name (nothing, stale).
    """
    class_names = _class_names(folder)
    found = list_class_folders(folder)
    found.log_left_out(folder)
    files = [(path, label) for label, name in enumerate(class_names) for path in found.images[name]]
    others = [path for name, paths in found.images.items() if is_counter_examples(name) for path in paths]
    files += [(path, len(class_names)) for path in others]
    pixels: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    skipped: list[str] = []
    paths: dict[bytes, Path] = {}

    def read_one(file: tuple[Path, int]) -> NDArray[np.uint8] | str:
        try:
            return _read(file[0], height=height, width=width)
        except (OSError, FrameError) as error:
            return str(getattr(error, "strerror", None) or error)

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV leaves Python's lock alone
        for number, ((path, label), image) in enumerate(zip(files, pool.map(read_one, files), strict=True), start=1):
            first = path if isinstance(image, str) else paths.setdefault(image.tobytes(), path)
            if isinstance(image, str):
                skipped.append(f"{path}: {image}")
            elif first is not path:  # one of the two may become a test image
                skipped.append(f"{path}: to the network it is the same picture as {first}")
            else:
                pixels.append(image)
                labels.append(label)
            if number % 500 == 0 or number == len(files):
                _LOGGER.info("read %d of %d images in %s", number, len(files), folder)
    for line in skipped:
        _LOGGER.warning("skipped %s", line)
    skipped += [f"{path}: {each.kind.name} {each.kind.noun}" for each in found.left_out for path in each.paths]
    indices = np.asarray(labels, np.int32)
    kinds = (*class_names, UNKNOWN_LABEL) if others else class_names
    _require_enough(folder, kinds, np.bincount(indices, minlength=len(kinds)))
    return OwnImages(np.stack(pixels), indices, class_names, tuple(skipped))


def balancing_weights(
    labels: NDArray[np.integer[Any]], classes: int, *, balance: float = 1.0
) -> NDArray[np.float32] | None:
    """Return weights of the classes in the loss, float32, shape (classes,): 1 / count to the power of `balance`, 0-1.

    At 1 their total weights are equal. Their mean over the images is 1. None if all weigh the same, or if the largest
    class has at most 1.5 times the images of the smallest.
    """
    counts = np.bincount(labels, minlength=classes)
    if 2 * counts.max() <= 3 * counts.min() or not balance:
        return None
    weights = counts**-balance
    return np.asarray(weights * len(labels) / (counts * weights).sum(), np.float32)


def _class_names(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder: expected one that holds a folder of images for each class")
    if parts := split_parts(folder):
        raise DatasetError(
            f"{folder} holds {', '.join(parts)}, each with a folder for each class: give one part, --data "
            f"{folder / parts[0]}, which is split anew"
        )
    return class_names_of([path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "."], folder)


def _read(path: Path, *, height: int, width: int) -> NDArray[np.uint8]:
    frame = read_image(path, least=vision.least_edge(InputSpec(height=height, width=width)), keeps_alpha=True)
    if min(frame.shape[:2]) < _SMALLEST_EDGE:
        raise FrameError(f"{frame.shape[1]}x{frame.shape[0]} pixels: less than {_SMALLEST_EDGE} show no garment")
    pixels = vision.frame_to_pixels(frame, height=height, width=width)
    if not pixels.any():
        raise FrameError("the vision step finds no garment in it")
    return pixels


def _require_enough(folder: Path, names: tuple[str, ...], counts: NDArray[np.int64]) -> None:
    for name, count in zip(names, counts, strict=True):
        if count < _FEWEST_OF_A_CLASS:
            raise DatasetError(
                f"{folder / name} holds {count} images that can be used, at least {_FEWEST_OF_A_CLASS} are needed"
            )
