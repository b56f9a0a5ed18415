"""Finds the photographs: a folder for each kind, or one folder of a single kind."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.datasets.folder_labels import LabelledFolder
from edge.errors import SourceError
from edge.images.decode import IMAGE_SUFFIXES
from edge.images.folders import image_files, images_by_folder

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Photograph:
    """An image file and what is right to say of it."""

    path: Path
    name: str
    """Folder and file name, as the report shows them."""
    kind: LabelledFolder


def find_folders(folder: Path) -> dict[str, list[Path]]:
    """List the image files by the name of the folder they lie in, both sorted.

    Args:
        folder: holds a folder for each kind; or image files, which are then one kind called like the folder itself.

    Returns:
        Name of the folder -> its image files, at least one each.

    Raises:
        SourceError: it doesn't exist or holds no image.
        OSError: it can't be read.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "doesn't exist"
        raise SourceError(f"{folder} {what}: expected a folder that holds one folder of photographs for each kind")
    inside, own = _folders_in(folder), image_files(folder)
    if own and inside:
        _LOGGER.warning("images in %s itself belong to no kind, left out: %d", folder, len(own))
    if not own and not inside:
        raise SourceError(
            f"no image in {folder} and its folders: expected one folder for each kind of photograph, holding files "
            f"that end in {', '.join(IMAGE_SUFFIXES)}"
        )
    return inside or {folder.resolve().name: own}


def label_photographs(folders: Mapping[str, Sequence[Path]], kinds: Sequence[LabelledFolder]) -> list[Photograph]:
    """Join files and kinds, in the order of the kinds."""
    return [Photograph(path, f"{kind.folder}/{path.name}", kind) for kind in kinds for path in folders[kind.folder]]


def _folders_in(folder: Path) -> dict[str, list[Path]]:
    folders = images_by_folder(folder)
    for name in (name for name, images in folders.items() if not images):
        _LOGGER.warning("no image in %s: left out", folder / name)
    return {name: images for name, images in folders.items() if images}
