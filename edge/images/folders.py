"""Image files of a folder and of the folders in it, as every command lists them."""

from __future__ import annotations

from pathlib import Path

from edge.images.decode import IMAGE_SUFFIXES


def image_files(folder: Path) -> list[Path]:
    """List the image files of a folder, sorted; hidden ones are left out, such as a Mac's resource fork `._photo.jpg`.

    Raises:
        OSError: the folder can't be read.
    """
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and not path.is_dir()
    )


def images_by_folder(folder: Path) -> dict[str, list[Path]]:
    """List the image files of each folder in a folder, both sorted; hidden folders are left out.

    Returns:
        Name of the inner folder -> its image files, which may be none.

    Raises:
        OSError: a folder can't be read.
    """
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return {path.name: image_files(path) for path in inner}
