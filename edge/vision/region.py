"""The part of a frame to look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the frame: in pixels, or in shares of the frame where no number is above 1."""

    x: float
    """Left edge of the rectangle."""
    y: float
    """Upper edge of the rectangle."""
    width: float
    height: float

    def __post_init__(self) -> None:
        """Refuse a rectangle without pixels.

        Raises:
            ValueError: a number is negative or not finite, or the size is 0.
        """
        numbers = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(number) and number >= 0 for number in numbers) or 0 in (self.width, self.height):
            raise ValueError(f"a region is X,Y,WIDTH,HEIGHT with a size above 0 and nothing below 0, got {numbers}")

    @classmethod
    def parse(cls, text: str) -> Region:
        """Read `X,Y,W,H`, as in `160,0,320,480` (pixels) or `0.25,0,0.5,1` (shares of the frame).

        Raises:
            ValueError: not four numbers that make a rectangle.
        """
        try:
            x, y, width, height = (float(part) for part in text.split(","))
        except ValueError:
            raise ValueError(f"a region is four numbers X,Y,WIDTH,HEIGHT, got {text!r}") from None
        return cls(x, y, width, height)

    def cut(self, frame: NDArray[Any]) -> tuple[NDArray[Any], int, int]:
        """Return the part of the frame, shape (rows, columns, ...), and its upper left corner: x, y in pixels."""
        left, top, width, height = self.box(*frame.shape[:2])
        return frame[top : top + height, left : left + width], left, top

    def box(self, rows: int, columns: int) -> tuple[int, int, int, int]:
        """Return left, top, width and height, pixels, of the part of a frame of this size.

        The part beyond the frame's edge is left out, so a region beyond the frame has no pixels.
        """
        in_shares = max(self.x, self.y, self.width, self.height) <= 1
        across, down = (columns, rows) if in_shares else (1, 1)
        left, top = min(round(self.x * across), columns), min(round(self.y * down), rows)
        right, bottom = round((self.x + self.width) * across), round((self.y + self.height) * down)
        return left, top, max(0, min(right, columns) - left), max(0, min(bottom, rows) - top)
