"""Your own images, for either recipe: surveyed once, divided, then read as the runner reads them."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge import vision
from edge.artifact.input_spec import GARMENT_RECIPE, InputSpec
from edge.artifact.spec import UNKNOWN_LABEL, reserved_among
from edge.datasets.folder_labels import is_counter_examples
from edge.errors import DatasetError, FrameError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders, refuse_parts_beside_others, split_parts
from edge.images.near_copies import Look, group_near_copies, look_of
from train.data.parts import (
    ANY,
    LEFT_OUT,
    TEST,
    TRAIN,
    VALIDATION,
    ImageFiles,
    LabelledFiles,
    check_parts,
    divide,
)
from train.data.shapes import bars_that_tell

_LOGGER = logging.getLogger(__name__)
_SMALLEST_EDGE = 16  # pixels: less shows nothing
_FEWEST_OF_A_CLASS = 5  # three for training, one each for validation and test
_FEW_OF_A_CLASS = 20
_MOST_MEMORY = 1 << 30  # bytes of training images; more lie in a file
_STEP = 500  # images between two lines of progress
_PART_OF = {"train": TRAIN, "val": VALIDATION, "test": TEST}  # beginnings of the names that `split_parts` knows


@dataclass(frozen=True, slots=True)
class ReadImages:
    """Images of one part, as a network takes them."""

    pixels: NDArray[np.uint8]
    """uint8 BGR, shape (N, height, width, 3), or grey, shape (N, height, width), 0-255."""
    labels: NDArray[np.int32]
    """int32 class indices, shape (N,); counter-examples come last and have the number of classes in their place."""
    files: ImageFiles


@dataclass(frozen=True, slots=True)
class OwnParts:
    """The three parts of a folder of images."""

    train: ReadImages
    """Larger than the input by the margin that random crops need."""
    validation: ReadImages
    test: ReadImages
    class_names: tuple[str, ...]
    whole: NDArray[np.uint8]
    """Images of `train`; of the recipe garment, all training and validation images in the order of classes and files,
    which no seed or limit changes."""
    train_positions: NDArray[np.int64]
    """Index in `whole` of each image of `train`."""
    skipped: tuple[str, ...]
    """Lines "path: reason", one for each image that wasn't used."""


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    label: int
    part: int


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """Usable image of a class."""

    file: _File
    digest: bytes
    """SHA-256 of the input of the network."""
    pixels: NDArray[np.uint8] | None
    """Input of the network, kept for the recipe garment alone: images are larger, and are read again."""
    look: Look
    aspect: float
    """Width / height."""


def read_parts(
    folder: Path, spec: InputSpec, *, margin: float, test_fraction: float, validation_fraction: float, seed: int,
    most_training_images: int | None = None, scratch: Path | None = None,
) -> OwnParts:  # fmt: skip
    """Read the images of a folder that holds one folder for each class, or parts that hold those.

    Cut-outs with transparency lie on a ground that differs from them; for the recipe garment their outline is known.

    Args:
        folder: with folders of images, whose names are the classes; or train, valid and test with such folders.
        spec: input of the network.
        margin: size of training images in units of the input's, 1 or more.
        test_fraction: share that is held out for the test if the folder doesn't come split, 0-1; 0: none, and the
            validation part stands in for it.
        validation_fraction: share of the others that becomes the validation part, 0-1.
        seed: random seed of the validation part.
        most_training_images: limit on them.
        scratch: folder for training images that take more than a gigabyte (None: all in memory).

    Raises:
        DatasetError: there are fewer than two classes, a class has fewer than five images, a class has a reserved name
            (nothing, stale), or a file changed while it was read.
    """
    names, files, skipped = _list(folder)
    kinds = (*names, UNKNOWN_LABEL) if any(file.label == len(names) for file in files) else names
    surveyed, damaged = _survey(files, spec, folder)
    images, disputed, repeated = _without_copies(surveyed)
    for line in (*damaged, *repeated):
        _LOGGER.warning("skipped %s", line)
    labels = np.array([image.file.label for image in images], np.int32)
    given = np.array([image.file.part for image in images], np.int8)
    _require_enough(folder, kinds, labels, is_test=given == TEST)
    if spec.resize == "letterbox" and (warning := bars_that_tell([image.aspect for image in images], labels, kinds)):
        _LOGGER.warning("%s", warning)
    known = LabelledFiles(labels, group_near_copies([image.look for image in images]), given, disputed)
    parts = divide(known, test_fraction=test_fraction, validation_fraction=validation_fraction, seed=seed)
    if most_training_images is not None:
        trained = np.random.default_rng(seed).permutation(np.flatnonzero(parts == TRAIN))
        parts[trained[most_training_images:]] = LEFT_OUT
    check_parts(known, parts, kinds, has_test=test_fraction > 0)
    larger = replace(spec, height=round(spec.height * margin), width=round(spec.width * margin))
    read = {}
    for part, size in ((TRAIN, larger), (VALIDATION, spec), (TEST, spec)):
        chosen = np.flatnonzero(parts == part)
        store = scratch / "training_images.npy" if scratch is not None and part == TRAIN else None
        pixels = _read([images[index] for index in chosen], size, store)
        paths = tuple(images[index].file.path for index in chosen)
        comes_split = bool((given != ANY).any())
        read[part] = ReadImages(pixels, labels[chosen], ImageFiles(paths, known.groups[chosen], comes_split))
    if not len(read[TEST].labels):
        _LOGGER.warning("no test part: the network is judged on the validation images, which flatters if they chose it")
        read[TEST] = read[VALIDATION]
    whole, positions = read[TRAIN].pixels, np.arange(len(read[TRAIN].labels))
    if spec.recipe == GARMENT_RECIPE:
        learned = np.flatnonzero(parts != TEST)
        whole = _read([images[index] for index in learned], spec, None)
        positions = np.flatnonzero(parts[learned] == TRAIN)
    return OwnParts(read[TRAIN], read[VALIDATION], read[TEST], names, whole, positions,
                    (*damaged, *repeated, *skipped))  # fmt: skip


def _list(folder: Path) -> tuple[tuple[str, ...], list[_File], list[str]]:
    """Return the class names, the image files, and lines about files that are no images.

    Counter-examples have the number of classes in place of a label.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder: expected one that holds a folder of images for each class")
    parts = split_parts(folder)
    roots = {
        folder / name: part for name in parts for start, part in _PART_OF.items() if name.lower().startswith(start)
    } or {folder: ANY}
    if parts and TRAIN not in roots.values():
        raise DatasetError(f"{folder} holds {', '.join(parts)} and no train: expected training images")
    found = {root: list_class_folders(root) for root in roots}
    if not parts:
        refuse_parts_beside_others(folder, flag="--data")
    names = _class_names({name for each in found.values() for name in each.images}, folder)
    files, skipped = [], []
    for root, each in found.items():
        each.log_left_out(root)
        files += [_File(path, label, roots[root]) for label, name in enumerate(names)
                  for path in each.images.get(name, ())]  # fmt: skip
        files += [_File(path, len(names), roots[root]) for name, paths in each.images.items()
                  if is_counter_examples(name) for path in paths]  # fmt: skip
        skipped += [f"{path}: {left.kind.name} {left.kind.noun}" for left in each.left_out for path in left.paths]
    return names, files, skipped


def _class_names(folders: Collection[str], folder: Path) -> tuple[str, ...]:
    """Return the names of those folders that are classes and no counter-examples, sorted."""
    names = tuple(sorted(name for name in folders if not is_counter_examples(name)))
    others = sorted(set(folders) - set(names))
    if len(names) < 2:
        besides = (
            f" besides counter-examples ({', '.join(others)}, which can be a class by another name)" if others else ""
        )
        count = "1 folder" if names else "0 folders"
        nested = [name for name in names if any((folder / name).glob("*/*"))]
        hint = f"; if {nested[0]} holds them, give --data {folder / nested[0]}" if nested else ""
        raise DatasetError(f"{folder} holds {count}{besides}: expected one for each of 2 or more classes{hint}")
    if reserved := reserved_among(names):
        raise DatasetError(
            f"{folder / reserved}: {reserved!r} is an answer of the runner's own and can't be a class: rename it "
            f"({UNKNOWN_LABEL!r} is for counter-examples)"
        )
    return names


def _survey(files: list[_File], spec: InputSpec, folder: Path) -> tuple[list[_Surveyed], list[str]]:
    """Decode every image once; return the usable ones and lines about the others."""
    is_garment = spec.recipe == GARMENT_RECIPE

    def look_at(file: _File) -> _Surveyed | str:
        try:
            frame = read_image(file.path, least=vision.least_edge(spec), keeps_alpha=True)
            if min(frame.shape[:2]) < _SMALLEST_EDGE:
                return f"{file.path}: {frame.shape[1]}x{frame.shape[0]} pixels, less than {_SMALLEST_EDGE} show nothing"
            pixels = vision.prepare(frame, spec).pixels
            if is_garment and not pixels.any():
                return f"{file.path}: the vision step finds no garment in it"
            return _Surveyed(file, hashlib.sha256(pixels.tobytes()).digest(), pixels if is_garment else None,
                             look_of(vision.to_bgr(frame)), frame.shape[1] / frame.shape[0])  # fmt: skip
        except (OSError, FrameError) as error:
            return f"{file.path}: {getattr(error, 'strerror', None) or error}"

    outcomes = _in_parallel(look_at, files, f"looked at %d of %d images in {folder}".replace("%d", "{}"))
    usable = [outcome for outcome in outcomes if isinstance(outcome, _Surveyed)]
    return usable, [outcome for outcome in outcomes if isinstance(outcome, str)]


def _without_copies(surveyed: list[_Surveyed]) -> tuple[list[_Surveyed], NDArray[np.bool_], list[str]]:
    """Return each picture once a class, which of them lie in two classes, and lines about the copies left out.

    Of copies in several parts, the test's stays, then validation's: no test image is trained on.
    """
    kept: dict[tuple[bytes, int], _Surveyed] = {}
    lines: list[str] = []
    for image in sorted(surveyed, key=lambda image: -image.file.part):
        first = kept.setdefault((image.digest, image.file.label), image)
        if first is not image:
            lines.append(f"{image.file.path}: to the network it is the same picture as {first.file.path}")
    images = sorted(kept.values(), key=lambda image: (image.file.label, image.file.path))
    classes: dict[bytes, list[_Surveyed]] = {}
    for image in images:
        classes.setdefault(image.digest, []).append(image)
    for same in classes.values():
        if len(same) > 1:
            paths = " and ".join(str(image.file.path) for image in same)
            _LOGGER.warning("the same picture is in %d classes, and kept out of the test: %s", len(same), paths)
    disputed = np.array([len(classes[image.digest]) > 1 for image in images], np.bool_)
    return images, disputed, lines


def _require_enough(
    folder: Path, names: tuple[str, ...], labels: NDArray[np.int32], *, is_test: NDArray[np.bool_]
) -> None:
    counts = np.bincount(labels, minlength=len(names)).tolist()
    for name, count in zip(names, counts, strict=True):
        if count < _FEWEST_OF_A_CLASS:
            raise DatasetError(
                f"{folder} holds {count} image{'s' * (count != 1)} of {name} that can be used, at least "
                f"{_FEWEST_OF_A_CLASS} are needed"
            )
    counts = np.bincount(labels[~is_test], minlength=len(names)).tolist()
    few = [f"{name} {count}" for name, count in zip(names, counts, strict=True) if count < _FEW_OF_A_CLASS]
    if few:
        shown = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")
        _LOGGER.warning("fewer than %d images of a class promise little: %s", _FEW_OF_A_CLASS, shown)


def _read(images: list[_Surveyed], spec: InputSpec, store: Path | None) -> NDArray[np.uint8]:
    """Read images as the runner does: into memory, or into a file where they are large."""
    shape = (len(images), spec.height, spec.width) + ((3,) if spec.channels == 3 else ())
    if store is not None and np.prod(shape, dtype=np.int64) > _MOST_MEMORY:
        pixels: NDArray[np.uint8] = np.lib.format.open_memmap(store, mode="w+", dtype=np.uint8, shape=shape)
    else:
        pixels = np.empty(shape, np.uint8)

    def read_one(number: int) -> None:
        path = images[number].file.path
        try:
            frame = read_image(path, least=vision.least_edge(spec), keeps_alpha=True)
        except (OSError, FrameError) as error:
            raise DatasetError(f"{path} changed while it was read: {error}") from error
        pixels[number] = vision.prepare(frame, spec).pixels

    for number, image in enumerate(images):
        if image.pixels is not None:
            pixels[number] = image.pixels
    _in_parallel(read_one, [number for number, image in enumerate(images) if image.pixels is None],
                 "prepared {} of {} images")  # fmt: skip
    return pixels


def _in_parallel(function: Callable[..., object], items: Iterable[object], progress: str) -> list[object]:
    """Call a function for each item on all cores, for OpenCV leaves Python's lock alone."""
    items = list(items)
    outcomes = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, outcome in enumerate(pool.map(function, items), start=1):
            outcomes.append(outcome)
            if number % _STEP == 0:
                _LOGGER.info("%s", progress.format(number, len(items)))
    return outcomes
