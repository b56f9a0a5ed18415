"""Images of a model that is no run, from folders: some to calibrate with, others to compare on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.artifact.input_spec import GARMENT_RECIPE, InputSpec
from edge.artifact.spec import ModelSpec
from edge.datasets.fashion_mnist import LabelledImages
from edge.datasets.folder_labels import map_folders
from edge.errors import DatasetError, FrameError, SourceError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders, list_images, split_parts
from edge.vision import least_edge, prepare
from export.calibration import Dataset, digest

_LOGGER = logging.getLogger(__name__)
_MOST_COMPARED = 2_000
_MOST_BYTES = 2**29  # of the compared images in memory
_UNKNOWN_CLASS = -1
_NOISE_IMAGES = 32
_SHOWN = 10  # names in a message


@dataclass(frozen=True, slots=True)
class _Choice:
    """Files of images, each with its class."""

    calibration: tuple[tuple[Path, int], ...]
    test: tuple[tuple[Path, int], ...]


def load_images(data: Path | None, calibration: Path | None, spec: ModelSpec, *, count: int, seed: int) -> Dataset:
    """Read images to calibrate with and others to compare on; no image is in both parts.

    Of a folder that comes split the first part, training, calibrates, and the last one, the test, is compared. If one
    folder is for both, at most half of each class's images calibrate. Of the others up to 2,000 are compared.

    Args:
        data: holds a folder of images for each class; those that are no label are left out, and named. None: the
            images of `calibration` are compared without classes.
        calibration: holds images, or folders of them; None: those of `data` calibrate too.
        spec: labels and input of the model.
        count: most images to calibrate with.
        seed: random seed of the choice.

    Raises:
        DatasetError: no folder is called like a label, or there is no image that can be read.
    """
    folder = data or calibration
    assert folder is not None  # the caller's
    labels = spec.labels if data is not None else None
    rng = np.random.default_rng(seed)
    try:
        compared, calibrating = _part(folder, -1), _part(calibration or folder, 0)
        files = _list_files(compared, labels)
        own = files if calibrating == compared else _list_files(calibrating, None if calibration else labels)
    except DatasetError:
        raise
    except OSError as error:
        raise DatasetError(
            f"{error.filename} can't be read ({error.strerror}): expected a folder of images, or of one for each class"
        ) from error
    chosen = _in_turn(own, count, rng, divisor=2 if own is files else 1)
    others = sorted(set(range(len(files))) - set(chosen)) if own is files else range(len(files))
    choice = _Choice(tuple(own[index] for index in chosen), tuple(files[index] for index in others))
    return _read(folder, choice, spec.input, rng, is_labelled=data is not None)


def noise(spec: ModelSpec, *, seed: int) -> Dataset:
    """Return random images, for a comparison of arithmetic alone where there are no others."""
    size = spec.input
    shape = (_NOISE_IMAGES, size.height, size.width, *([3] if size.channels == 3 else []))
    images = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    test = LabelledImages(images, np.full(_NOISE_IMAGES, _UNKNOWN_CLASS))
    return Dataset("random pixels", LabelledImages(images[:0], test.labels[:0]), test, is_labelled=False)


def _part(folder: Path, index: int) -> Path:
    """Return a part of a folder that comes split, the first one being for training; else the folder."""
    parts = split_parts(folder)
    return folder / parts[index] if parts else folder


def _list_files(folder: Path, labels: Sequence[str] | None) -> list[tuple[Path, int]]:
    """Return the images of a folder with their classes, by the names of its folders; without labels of no class."""
    found = list_class_folders(folder)
    if labels is None:
        inner = (path for images in found.images.values() for path in images)
        return [(path, _UNKNOWN_CLASS) for path in (*list_images(folder).images, *inner)]
    classes = {name: _class_of(name, labels) for name in found.images}
    left_out = [name for name, number in classes.items() if number is None]
    if len(left_out) == len(classes):
        raise DatasetError(
            f"{folder} holds no folder that is called like a label (folders: {_listed(left_out)}): expected some of "
            f"{_listed(labels)}"
        )
    if left_out:
        _LOGGER.warning("%s: left out, for no label is called so: %s", folder, _listed(left_out))
    found.log_left_out(folder)
    missing = [label for number, label in enumerate(labels) if number not in classes.values()]
    if missing:
        _LOGGER.warning("%s has no images of %d classes: %s", folder, len(missing), _listed(missing))
    return [(path, number) for name, number in classes.items() if number is not None for path in found.images[name]]


def _class_of(folder: str, labels: Sequence[str]) -> int | None:
    """Return the class that a folder is called like; None: no class, or several."""
    try:
        (mapped,) = map_folders([folder], labels, {})
    except SourceError:
        return None
    return list(labels).index(mapped.labels[0]) if len(mapped.labels) == 1 else None


def _in_turn(files: Sequence[tuple[Path, int]], count: int, rng: np.random.Generator, *, divisor: int = 1) -> list[int]:
    """Choose images of each class in turn, at most this part of each: their places."""
    turns: list[tuple[int, float, int]] = []
    for number in sorted({number for _, number in files}):
        members = rng.permutation([index for index, (_, found) in enumerate(files) if found == number])
        turns += [(turn, rng.random(), int(index)) for turn, index in enumerate(members[: len(members) // divisor])]
    return [index for *_, index in sorted(turns)[:count]]


def _read(folder: Path, choice: _Choice, spec: InputSpec, rng: np.random.Generator, *, is_labelled: bool) -> Dataset:
    """Decode and prepare the images, as many as are compared; the same picture a second time is left out."""
    most = max(1, min(_MOST_COMPARED, _MOST_BYTES // (spec.height * spec.width * spec.channels)))
    others = choice.test
    if len(others) > most:
        _LOGGER.info("comparing on %d of %d images", most, len(others))
        others = tuple(others[index] for index in sorted(rng.permutation(len(others))[:most]))
    seen: set[bytes] = set()
    train, test = (_read_part(part, spec, seen) for part in (choice.calibration, others))
    if not len(test.labels):
        raise DatasetError(f"{folder} holds no image to compare on that can be read")
    _LOGGER.info("read %d images to calibrate with and %d others to compare on", len(train.labels), len(test.labels))
    return Dataset(str(folder), train, test, is_labelled=is_labelled)


def _read_part(files: Sequence[tuple[Path, int]], spec: InputSpec, seen: set[bytes]) -> LabelledImages:
    size = (spec.height, spec.width, *([3] if spec.channels == 3 else []))
    images, labels = np.empty((len(files), *size), np.uint8), np.empty(len(files), np.int64)
    kept = 0
    for path, number in files:
        try:
            pixels = prepare(read_image(path, least=least_edge(spec), keeps_alpha=True), spec).pixels
            if spec.recipe == GARMENT_RECIPE and not pixels.any():
                raise FrameError("the vision step finds no garment in it")
        except (OSError, FrameError) as error:
            _LOGGER.warning("skipped %s: %s", path, getattr(error, "strerror", None) or error)
            continue
        key = digest(pixels)
        if key in seen:
            _LOGGER.warning("skipped %s: to the network it is the same picture as another", path)
            continue
        seen.add(key)
        images[kept], labels[kept] = pixels, number
        kept += 1
    return LabelledImages(images[:kept], labels[:kept])


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN]) or "none"
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
