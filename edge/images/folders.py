"""The image files of a folder, and what else lies in it: counted by kind, so that nothing is left out in silence."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from edge.errors import DatasetError
from edge.images.kinds import EMPTY, Kind, counted, has_image_suffix, is_readable, kind_of_file

PARTS = ("train", "training", "val", "valid", "validation", "test", "testing")
"""Names of the folders of a data set that comes split, in lower case."""

_LOGGER = logging.getLogger(__name__)
_OTHER = Kind("other", "file", "no image by its first bytes")
_NO_CLASS = Kind("unsorted", "image", "move it into the folder of its class")
_DEEPER = 3  # folders below the one that was asked for, to find images that lie deeper than is looked
_MOST_LOOKED_AT = 200  # files, for a hint


class LeftOut(NamedTuple):
    """Files of one kind that are not used."""

    kind: Kind
    paths: tuple[Path, ...]
    """At least one."""

    def sentence(self) -> str:
        """Return their number, the first one's name, and what to do about them."""
        first = self.paths[0].name if len(self.paths) == 1 else f"{self.paths[0].name} and others"
        return f"{counted(self.kind, len(self.paths))} ({first}): {self.kind.remedy}"


class ImageFiles(NamedTuple):
    """Image files of a folder."""

    images: tuple[Path, ...]
    """Sorted; also those that claim to be images and turn out to be damaged, for their reader to say so."""
    left_out: tuple[LeftOut, ...]

    def log_left_out(self, folder: object) -> None:
        """Log one line for each kind of file that is left out of `folder`."""
        log_left_out(self.left_out, folder)


class ClassFolders(NamedTuple):
    """Image files of the folders in a folder."""

    images: dict[str, tuple[Path, ...]]
    """Name of the inner folder -> its image files and those of its sub-folders, which may be none; sorted."""
    left_out: tuple[LeftOut, ...]

    def log_left_out(self, folder: object) -> None:
        """Log one line for each kind of file that is left out of `folder`."""
        log_left_out(self.left_out, folder)


def log_left_out(left_out: Iterable[LeftOut], folder: object) -> None:
    """Log one line for each kind of file that is left out of `folder`, a path or a pattern."""
    for each in left_out:
        _LOGGER.warning("left out of %s: %s", folder, each.sentence())


def list_images(folder: Path) -> ImageFiles:
    """List the image files of a folder, not of its sub-folders.

    Hidden files are passed over, such as a Mac's resource fork `._photo.jpg`.

    Raises:
        OSError: the folder can't be read.
    """
    return sort_files(path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_dir())


def list_class_folders(folder: Path) -> ClassFolders:
    """List the image files of each folder in a folder, at any depth; hidden files and folders are passed over.

    Raises:
        OSError: a folder can't be read.
    """
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = {path.name: sort_files(files_below(path)) for path in inner}
    own = list_images(folder)
    unsorted = (LeftOut(_NO_CLASS, own.images),) if own.images and any(each.images for each in found.values()) else ()
    others = _merged([*(each.left_out for each in found.values()), own.left_out])
    return ClassFolders({name: each.images for name, each in found.items()}, (*unsorted, *others))


def split_parts(folder: Path) -> tuple[str, ...]:
    """Return the folders of a data set that comes split, training first; empty: it doesn't.

    Its folders are all called like a part, and each holds folders of its own.

    Raises:
        OSError: a folder can't be read.
    """
    inner = _folders_in(folder)
    parts = parts_among(inner)
    is_split = len(inner) == len(parts) > 1 and all(map(_folders_in, parts))
    return tuple(part.name for part in parts) if is_split else ()


def refuse_parts_beside_others(folder: Path, *, flag: str) -> None:
    """Refuse two or more parts of a data set that lie beside other folders: they would be taken for classes.

    Args:
        folder: that `split_parts` finds no parts in.
        flag: text before a folder in a call, such as `--data`, for the hint; empty for an argument without a flag.

    Raises:
        DatasetError: there are such parts, and one of them holds folders of its own.
        OSError: a folder can't be read.
    """
    parts = parts_among(_folders_in(folder))
    nested = [part for part in parts if _folders_in(part)]
    if len(parts) > 1 and nested:
        raise DatasetError(
            f"{folder} comes split ({', '.join(part.name for part in parts)}): expected no other folder, and in each "
            f"one for each class; or give {f'{flag} {nested[0]}'.strip()}"
        )


def _folders_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def parts_among(folders: Iterable[Path]) -> list[Path]:
    """Return those called like a part, in the order of PARTS; `Train` and `train` are two."""
    parts = [folder for folder in folders if folder.name.lower() in PARTS]
    return sorted(parts, key=lambda part: (PARTS.index(part.name.lower()), part.name))


def sort_files(paths: Iterable[Path]) -> ImageFiles:
    """Divide files into images that can be read, and others by their kind.

    A JSON file that is called like an image beside it, as snapshots and corrections have one, belongs to that image.
    """
    kinds = {path: _kind_to_leave_out(path) for path in sorted(paths)}
    images = tuple(path for path, kind in kinds.items() if kind is None)
    records = {path.with_suffix(".json") for path in images}
    others: dict[str, LeftOut] = {}
    for path, kind in kinds.items():
        if kind is not None and path not in records:
            before = others[kind.name].paths if kind.name in others else ()
            others[kind.name] = LeftOut(kind, (*before, path))
    return ImageFiles(images, tuple(others.values()))


def first_image_below(folder: Path) -> Path | None:
    """Return an image that lies in a sub-folder, for a hint to who looked in the folder alone; None: none was found."""
    for looked_at, path in enumerate(files_below(folder, depth=_DEEPER)):
        if looked_at == _MOST_LOOKED_AT:
            return None
        if path.parent != folder and _kind_to_leave_out(path) is None:
            return path
    return None


def files_below(folder: Path, seen: set[Path] | None = None, *, depth: int | None = None) -> Iterator[Path]:
    """Yield the files of a folder and its sub-folders, sorted in each; hidden ones are passed over.

    Args:
        folder: where to begin.
        seen: folders to leave out, resolved; those that are looked at are added. However links run in circles, none is
            looked at twice.
        depth: how many sub-folders deep to look; None: all the way.

    Raises:
        OSError: a folder can't be read.
    """
    seen = set() if seen is None else seen
    real = folder.resolve()
    if real in seen:
        return
    seen.add(real)
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if not path.is_dir():
            yield path
        elif depth != 0:
            yield from files_below(path, seen, depth=None if depth is None else depth - 1)


def _kind_to_leave_out(path: Path) -> Kind | None:
    """Return the kind of a file that is no readable image; None for one that is, or that claims it and is damaged."""
    try:
        kind = kind_of_file(path)
    except OSError:
        kind = None
    if kind is None or kind is EMPTY:
        return None if has_image_suffix(path) else kind or _OTHER
    return None if is_readable(kind) else kind


def _merged(groups: Iterable[tuple[LeftOut, ...]]) -> tuple[LeftOut, ...]:
    merged: dict[str, LeftOut] = {}
    for each in (each for group in groups for each in group):
        before = merged[each.kind.name].paths if each.kind.name in merged else ()
        merged[each.kind.name] = LeftOut(each.kind, (*before, *each.paths))
    return tuple(merged.values())
