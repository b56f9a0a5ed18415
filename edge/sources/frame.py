"""What every source gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and where it comes from."""

    image: NDArray[np.uint8]
    """uint8 BGR (OpenCV's order), shape (height, width, 3), 0-255."""
    number: int
    """Counted from 0, within its source."""
    source: str
    """Path, URL or camera, without passwords."""
    time: datetime
    """UTC, when the picture was taken or read; in a video file, as though it had been played from its opening on."""
    true_label: str | None = None
    """Class name, where the source knows it (drawn garments)."""


class Source(Protocol):
    """An open source of frames."""

    name: str
    """Path, URL or camera, without passwords."""
    skipped: int
    """Pictures that could not be read, so far."""
    is_stream: bool
    """Whether each frame follows on the one before, as in a video; otherwise each is decided on its own."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the source ends.

        Raises:
            SourceLostError: a live source stopped giving frames.
        """
        ...

    def close(self) -> None:
        """Release the device or file; calling it again does nothing."""
        ...
