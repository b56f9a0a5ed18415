"""Image files: listed by folder, and decoded after checks that keep harmful ones from native code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.errors import FrameError
from edge.images import limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
# First bytes of these files. OpenCV would decode other kinds too, some of which take far more memory.
_JPEG, _PNG, _TIFF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", (b"II*\0", b"MM\0*")
_BEGINNINGS = (_JPEG, _PNG, *_TIFF, b"BM", b"RIFF", b"P2", b"P3", b"P5", b"P6")


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


def decode_image(content: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG, BMP, WebP, TIFF, PGM or PPM.

    Returns:
        uint8 BGR, shape (H, W, 3), 0-255, rotated upright by its EXIF orientation.

    Raises:
        FrameError: another kind of file, damaged, or beyond a limit.
    """
    _require_image(content)
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in error.err:
            raise FrameError(f"it claims {limits.too_many_pixels()}") from error
        raise FrameError(f"OpenCV refuses it ({error.err or 'no reason given'})") from error
    if image is None:
        raise FrameError("not an image that OpenCV can read")
    return np.asarray(image, np.uint8)


def _require_image(content: bytes) -> None:
    """Refuse empty, large and foreign files, and images that cost a decoder gigabytes or minutes."""
    if not content:
        raise FrameError("the file is empty")
    if len(content) > limits.MOST_BYTES:
        raise FrameError(f"larger than {limits.MOST_BYTES:,} bytes")
    if not content.startswith(_BEGINNINGS):
        raise FrameError("not an image that OpenCV can read")
    if content.startswith(_JPEG) and limits.has_too_many_scans(content):
        raise FrameError("a JPEG that would be drawn over and over again, which takes minutes: save it again")
    if content.startswith(_PNG) and not limits.has_whole_chunks(content):
        raise FrameError("a PNG that is shorter than it claims")
    if content.startswith(_TIFF) and limits.largest_tile(content) > limits.most_pixels():
        raise FrameError(f"a tile of it claims {limits.too_many_pixels()}")
