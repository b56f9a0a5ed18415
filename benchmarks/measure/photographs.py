"""Photographs in folders called like labels: the one way in which all benchmarks list, label and read them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.artifact.input_spec import InputSpec
from edge.datasets.folder_labels import LabelledFolder
from edge.errors import SourceError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders, list_images
from edge.vision import least_edge

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Photograph:
    """Image file and its true labels."""

    path: Path
    name: str
    """Folder and file name, as the report shows them."""
    kind: LabelledFolder


def read_photograph(path: Path, spec: InputSpec) -> NDArray[np.uint8]:
    """Decode a file as far as a model needs it: uint8 BGR or BGRA, shape (H, W, 3 or 4), 0-255, upright.

    Raises:
        FrameError: no image that can be decoded here.
        OSError: unreadable.
    """
    return read_image(path, least=least_edge(spec), keeps_alpha=True)


def find_folders(folder: Path) -> dict[str, list[Path]]:
    """List the image files by the name of the folder they lie in, both sorted; image files alone are one kind.

    Raises:
        SourceError: it doesn't exist or holds no image.
        OSError: it can't be read.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "doesn't exist"
        raise SourceError(f"{folder} {what}: expected a folder that holds one folder of photographs for each kind")
    found, own = list_class_folders(folder), list_images(folder)
    inside = {name: list(images) for name, images in found.images.items() if images}
    (found if inside else own).log_left_out(folder)
    for name in found.images.keys() - inside.keys():
        _LOGGER.warning("no image in %s: left out", folder / name)
    if not own.images and not inside:
        raise SourceError(f"no image in {folder} and its folders: expected one folder for each kind of photograph")
    return inside or {folder.resolve().name: list(own.images)}


def label_photographs(folders: Mapping[str, Sequence[Path]], kinds: Sequence[LabelledFolder]) -> list[Photograph]:
    """Join files and kinds, in the order of the kinds."""
    return [Photograph(path, _name(path, kind), kind) for kind in kinds for path in folders[kind.folder]]


def _name(path: Path, kind: LabelledFolder) -> str:
    """Return the path from the kind's folder on: folders may nest, and hold files of one name."""
    places = [place for place, part in enumerate(path.parts[:-1]) if part == kind.folder]
    return "/".join(path.parts[places[-1] :]) if places else f"{kind.folder}/{path.name}"
