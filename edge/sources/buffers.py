"""Memory that pictures are decoded into, again and again: fresh pages for each take a tenth of a 1080p video's rate."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 8  # a queue's, those on either side of it, and what a sink still shows; of 1080p, 50 MB
_OURS = 3  # references that are no reader's: the list's, the loop's, and the one that counts them


class Buffers:
    """Pictures that were given out, and may be overwritten once nobody holds them or a part of them any more."""

    def __init__(self) -> None:
        """Start with none."""
        self._given: list[NDArray[np.uint8]] = []

    def free(self) -> NDArray[np.uint8] | None:
        """One that nobody holds; None: there is none, so the decoder has to make a new one."""
        for picture in self._given:
            if sys.getrefcount(picture) <= _OURS:
                return picture
        return None

    def keep(self, picture: NDArray[np.uint8]) -> None:
        """Remember a picture that the decoder made, unless there are enough of them."""
        if len(self._given) < _MOST and not any(picture is given for given in self._given):
            self._given.append(picture)
