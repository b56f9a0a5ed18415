"""What the vision step found in a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Sighting(NamedTuple):
    """A garment, or that there is none."""

    pixels: NDArray[np.uint8]
    """uint8 grey, shape (height, width), 0-255: what the network is to see; all black where there is nothing."""
    outline: NDArray[np.int32]
    """Corners of the garment's outline in the frame, int32 x and y in pixels, shape (N, 2); (0, 2) where there is
    nothing."""
    presence: float
    """How sure it is that there is something at all, 0-1."""
    region: tuple[int, int, int, int] | None = None
    """Left, top, width and height, pixels, of the part of the frame that was searched; None: all of it."""
