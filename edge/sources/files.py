"""Image files, in the order of their names; what can't be read is skipped, counted and said."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import FrameError
from edge.sources.frame import Frame

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
_LOGGER = logging.getLogger(__name__)


class ImageSource:
    """Image files, each a frame of its own (see `edge.sources.frame.Source`)."""

    is_stream = False

    def __init__(self, name: str, paths: Sequence[Path]) -> None:
        """Remember the paths; files are opened one at a time."""
        self.name = name
        self.skipped = 0
        self._paths = paths

    def frames(self) -> Iterator[Frame]:
        """Yield every readable image."""
        number = 0
        for path in self._paths:
            try:
                image = decode_image(path.read_bytes())
            except (OSError, FrameError) as error:
                self.skipped += 1
                _LOGGER.warning("skipped %s: %s", path, getattr(error, "strerror", None) or error)
                continue
            yield Frame(image, number, str(path), datetime.now(timezone.utc))
            number += 1

    def close(self) -> None:
        """Nothing is held open."""


def decode_image(content: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG or other image file.

    Returns:
        uint8 BGR, shape (H, W, 3), 0-255, turned upright as its EXIF orientation says.

    Raises:
        FrameError: not an image that OpenCV reads, or one beyond its size limit.
    """
    if not content:
        raise FrameError("the file is empty")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise FrameError(f"OpenCV refuses it ({error.err or 'no reason given'})") from error
    if image is None:
        raise FrameError("not an image that OpenCV can read")
    return np.asarray(image, np.uint8)
