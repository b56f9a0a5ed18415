"""Frames of a camera that hangs upside down, lies on its side, or looks into a mirror."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from edge.sources.frame import Frame, Source
from edge.vision import YuvPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_LEFT_RIGHT, _TOP_BOTTOM = 1, 0  # OpenCV's flip codes


class Orientation(NamedTuple):
    """Turn of every frame, before anything looks at it."""

    rotate: int = 0
    """Degrees clockwise: 0, 90, 180 or 270."""
    is_mirrored: bool = False
    """True swaps left and right, after the rotation."""

    @property
    def flips(self) -> tuple[bool, bool] | None:
        """Left with right and top with bottom swapped, which do the same; None for a quarter turn."""
        return None if self.rotate % 180 else (self.is_mirrored != (self.rotate == 180), self.rotate == 180)

    def turn(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture turned, in an array of its own; the same array if there is nothing to do.

        Args:
            picture: uint8, shape (H, W) or (H, W, channels).

        Returns:
            The same type and channels; height and width are swapped by a quarter turn.
        """
        if self.rotate:
            picture = np.asarray(cv2.rotate(picture, _TURNS[self.rotate]), np.uint8)
        return flip(picture, left_right=True) if self.is_mirrored else picture


def flip(picture: NDArray[np.uint8], *, left_right: bool = False, top_bottom: bool = False) -> NDArray[np.uint8]:
    """Return the picture, uint8, shape (H, W) or (H, W, channels), with its sides swapped."""
    if left_right and top_bottom:
        return np.asarray(cv2.rotate(picture, cv2.ROTATE_180), np.uint8)
    if left_right or top_bottom:
        return np.asarray(cv2.flip(picture, _LEFT_RIGHT if left_right else _TOP_BOTTOM), np.uint8)
    return picture


class TurnedSource:
    """A source whose frames are turned before anybody sees them (see `edge.sources.frame.Source`)."""

    def __init__(self, source: Source, orientation: Orientation) -> None:
        self.name, self.is_stream, self.is_live = source.name, source.is_stream, source.is_live
        self._source = source
        self._orientation = orientation

    @property
    def skipped(self) -> int:
        """Number of unreadable frames so far."""
        return self._source.skipped

    def frames(self) -> Iterator[Frame | None]:
        """Yield the source's frames, turned."""
        turn = self._orientation.turn
        for frame in self._source.frames():
            if frame is None:
                yield None
            elif isinstance(frame.picture, YuvPicture):
                yield frame._replace(
                    picture=YuvPicture(*map(turn, (frame.picture.y, frame.picture.u, frame.picture.v)))
                )
            else:
                yield frame._replace(picture=turn(frame.picture))

    def close(self) -> None:
        """Close the source."""
        self._source.close()
