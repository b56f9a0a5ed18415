"""Output of a recipe: what the model gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class PreparedInput(NamedTuple):
    """The model's input, with the outline and score of what was found in the frame."""

    pixels: NDArray[np.uint8]
    """Image for the model, uint8, 0-255: grey of shape (height, width), or BGR of shape (height, width, 3); all black
    where nothing was found."""
    outline: NDArray[np.int32]
    """Corners of the outline in the frame, int32 x and y in pixels, shape (N, 2); (0, 2) where nothing was found."""
    presence_score: float
    """Score that there is something at all, 0-1."""
    region: tuple[int, int, int, int] | None = None
    """Left, top, width and height, pixels, of the part of the frame that was looked at; None: all of it."""
