"""Reads folders of images one by one into examples; of each image only its features stay in memory."""

from __future__ import annotations

import logging
import time
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge import vision
from edge.artifact.spec import UNKNOWN_LABEL
from edge.datasets.folder_labels import is_counter_examples
from edge.errors import DatasetError, FrameError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders, list_images, refuse_parts_beside_others, split_parts
from edge.images.near_copies import Look, group_near_copies, look_of
from edge.teach.backbone import FEATURES, INPUT, Backbone
from edge.teach.examples import COUNTER_EXAMPLE, Examples, limited

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOGGER = logging.getLogger(__name__)
MOST_IMAGES = 5000
"""Most images that are learned from: their features take 40 MB while they are."""
_SMALLEST_EDGE = 16  # pixels: less shows nothing
_AHEAD = 3  # images that are decoded while the network runs
_PROGRESS_S = 5.0
_MOST_NAMED = 3  # files of one message


class ClassImages(NamedTuple):
    """Image files of classes and of counter-examples."""

    names: tuple[str, ...]
    """Classes, sorted."""
    paths: tuple[Path, ...]
    labels: NDArray[np.int32]
    """int32 class index of each path, or `COUNTER_EXAMPLE`."""


class _Decoded(NamedTuple):
    pixels: NDArray[np.uint8]
    look: Look


def list_classes(folder: Path, *, may_be_one: bool = False) -> ClassImages:
    """List the images of a folder that holds a folder for each class; a test part of its own is left out.

    Args:
        folder: with folders of images, or with parts such as train and valid that hold those.
        may_be_one: True also takes a folder of images, which is one class of that name.

    Raises:
        DatasetError: it can't be read, holds no images of a class, or parts beside other folders.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder: expected one that holds a folder of images for each class")
    found: dict[str, list[Path]] = {}
    try:
        for root in _roots(folder, flag="--add" if may_be_one else ""):
            listed = list_class_folders(root)
            listed.log_left_out(root)
            for name, paths in listed.images.items():
                if not paths:
                    _LOGGER.warning("%s holds no images, and is no class", root / name)
                found.setdefault(_class_of(name), []).extend(paths)
        if may_be_one and not any(found.values()):
            found = {_class_of(folder.resolve().name): list(list_images(folder).images)}
    except DatasetError:
        raise
    except OSError as error:
        raise DatasetError(f"{error.filename or folder}: {error.strerror or error}") from error
    names = tuple(sorted(name for name, paths in found.items() if paths and name != UNKNOWN_LABEL))
    if not names and not (may_be_one and found.get(UNKNOWN_LABEL)):
        raise DatasetError(f"{folder} holds no images of a class: expected a folder of them for each")
    numbered = [*enumerate(names), (COUNTER_EXAMPLE, UNKNOWN_LABEL)]
    files = [(path, label) for label, name in numbered for path in found.get(name, ())]
    labels = np.array([label for _, label in files], np.int32)
    return ClassImages(names, tuple(path for path, _ in files), labels)


def read_examples_of(images: ClassImages, backbone: Backbone, *, most: int = MOST_IMAGES) -> Examples:
    """Read images and compute their features; damaged, repeated and contradictory ones are left out, and named.

    Args:
        images: at least one.
        backbone: network of features.
        most: limit on the images, of each class as evenly as possible.
    """
    chosen = limited(images.labels, most)
    if len(chosen) < len(images.labels):
        _LOGGER.warning("learning from %d of %d images, evenly of all classes", len(chosen), len(images.labels))
    features = np.empty((len(chosen), FEATURES), np.float16)
    looks: list[Look] = []
    read: list[int] = []
    damaged: list[str] = []
    for number, outcome in _decoded_ahead([images.paths[index] for index in chosen]):
        if isinstance(outcome, str):
            damaged.append(outcome)
            continue
        features[len(read)] = backbone.features_of(outcome.pixels)
        looks.append(outcome.look)
        read.append(int(chosen[number]))
    _warn("%d images can't be used: %s", damaged)
    kept = _without_copies(features[: len(read)], [images.paths[index] for index in read], images.labels[read])
    kept_looks = [looks[place] for place in kept]
    groups = group_near_copies(kept_looks)
    near = len(kept) - len(np.unique(groups))
    if near:
        _LOGGER.info("near copies of other images, held out together with them: %d of %d", near, len(kept))
    return Examples.of(features[kept], images.labels[read][kept], groups.astype(np.int32), kept_looks)


def _roots(folder: Path, *, flag: str) -> list[Path]:
    parts = split_parts(folder)
    if not parts:
        refuse_parts_beside_others(folder, flag=flag)
        return [folder]
    roots = [folder / part for part in parts if not part.lower().startswith("test")]
    if len(roots) < len(parts):
        _LOGGER.info("%s comes split: its test part is left out", folder)
    return roots


def _class_of(name: str) -> str:
    """Return the class of a folder; a Mac writes `ä` as two characters, other systems as one."""
    return UNKNOWN_LABEL if is_counter_examples(name) else unicodedata.normalize("NFC", name)


def _decode(path: Path) -> _Decoded | str:
    try:
        frame = read_image(path, least=vision.least_edge(INPUT))
        if min(frame.shape[:2]) < _SMALLEST_EDGE:
            return f"{path}: {frame.shape[1]}x{frame.shape[0]} pixels, less than {_SMALLEST_EDGE} show nothing"
        return _Decoded(vision.prepare(frame, INPUT).pixels, look_of(frame))
    except (OSError, FrameError) as error:
        return f"{path}: {getattr(error, 'strerror', None) or error}"


def _decoded_ahead(paths: Sequence[Path]) -> Iterator[tuple[int, _Decoded | str]]:
    """Yield each image with its number, or why it can't be used; the next ones are decoded meanwhile."""
    begun = said = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[Future[_Decoded | str]] = deque()
        for number in range(len(paths) + _AHEAD):
            if number < len(paths):
                waiting.append(pool.submit(_decode, paths[number]))
            done = number - _AHEAD
            if done < 0 or not waiting:
                continue
            yield done, waiting.popleft().result()
            now = time.monotonic()
            if now - said > _PROGRESS_S:
                said, left_s = now, (now - begun) * (len(paths) / (done + 1) - 1)
                _LOGGER.info("read %d of %d images, %.0f s left", done + 1, len(paths), left_s)


def _without_copies(
    features: NDArray[np.float16], paths: Sequence[Path], labels: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Return the places of the images to keep: each picture once, and none that lies in two classes."""
    places: dict[bytes, list[int]] = {}
    for place, row in enumerate(features):
        places.setdefault(row.tobytes(), []).append(place)
    disputed = [same for same in places.values() if len(set(labels[same].tolist())) > 1]
    _warn("%d pictures lie in two classes, and are left out: %s",
          [" and ".join(str(paths[place]) for place in same) for same in disputed])  # fmt: skip
    unique = [same for same in places.values() if len(set(labels[same].tolist())) == 1]
    _warn("%d images repeat others: %s", [str(paths[place]) for same in unique for place in same[1:]])
    return np.array(sorted(same[0] for same in unique), np.intp)


def _warn(text: str, lines: Sequence[str]) -> None:
    if lines:
        more = f" and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else ""
        _LOGGER.warning(text, len(lines), "; ".join(lines[:_MOST_NAMED]) + more)
