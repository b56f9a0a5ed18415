"""A picture on disk: refused before the first frame where it can't be written, and written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edge.errors import ToolkitError
from edge.system import atomic_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def require_writable(path: Path) -> None:
    """Make the folder of a picture; better said now than after a day of frames.

    Raises:
        ToolkitError: OpenCV can't write a picture of such a name.
        OSError: the folder can't be made or written to.
    """
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise ToolkitError(f"can't write a picture to {path}: its name must end in {', '.join(PICTURE_SUFFIXES)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "no permission to write a picture there", str(path.parent))


def write_picture(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture in the format of its suffix.

    Args:
        path: one that `require_writable` let through.
        image: uint8 BGR, shape (H, W, 3), 0-255.
    """
    _, encoded = cv2.imencode(path.suffix.lower(), image)
    atomic_file.write_bytes(path, encoded.tobytes())
