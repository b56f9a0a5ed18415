"""The sheet a garment is drawn on, with antialiased shapes in unit coordinates.

Unit coordinates: the largest centred square of the sheet is (0, 0) at its top left to (1, 1) at its bottom right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

NEUTRAL_RELIEF = 128  # grey level of the relief that leaves the cloth's brightness as it is

_RELIEF_EDGE = 128  # pixels: shading is soft, so a small map drawn once and enlarged is enough
_RELIEF_BLUR = 2.0  # pixels of the relief map
_ROUNDING_BLUR = 3.0  # pixels of the relief map: how far a garment's edge bends away from the light
_ROUNDING = 0.34  # share of the brightness lost where the surface has bent away completely
_SUBPIXEL_BITS = 4
_CORNER_CUTS = 3  # rounds of Chaikin's corner cutting: 8 points per corner look round at 480 pixels


@dataclass(frozen=True, slots=True)
class Sheet:
    """A garment in the making."""

    image: NDArray[np.uint8]
    """Cloth, uint8 BGR, shape (H, W, 3), 0-255; filled to the border, only `mask` gives it its shape."""
    mask: NDArray[np.uint8]
    """Cover, uint8, shape (H, W), 0 (nothing) to 255 (garment)."""
    relief: NDArray[np.uint8]
    """Brightness map, uint8, shape (128, 128); `NEUTRAL_RELIEF` changes nothing."""

    def part(self, outline: Points, colour: Colour | None = None) -> None:
        """Add an area to the garment, in the cloth already there or in a colour of its own."""
        cv2.fillPoly(self.mask, [self._pixels(outline)], (255,), cv2.LINE_AA, _SUBPIXEL_BITS)
        if colour is not None:
            # The stroke carries the colour past the mask's soft edge, else the cloth below would fringe it.
            self.panel(outline, colour)
            self.line(outline, colour, 0.006, closed=True)

    def panel(self, outline: Points, colour: Colour) -> None:
        """Colour an area without changing the garment's silhouette."""
        cv2.fillPoly(self.image, [self._pixels(outline)], colour, cv2.LINE_AA, _SUBPIXEL_BITS)

    def line(self, path: Points, colour: Colour, width: float = 0.005, *, closed: bool = False) -> None:
        """Draw a line on the cloth, `width` in units."""
        thickness = self._thickness(width)
        cv2.polylines(self.image, [self._pixels(path)], closed, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)

    def strap(self, path: Points, colour: Colour, width: float, *, edge: Colour | None = None) -> None:
        """Add a band along a path to the garment; `edge` draws a thin rim of another colour around it."""
        pixels, thickness = [self._pixels(path)], self._thickness(width)
        cv2.polylines(self.mask, pixels, False, (255,), thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        self.line(path, colour if edge is None else edge, width + 0.008)
        if edge is not None:
            self.line(path, colour, max(width - 0.008, 0.004))

    def stitch(self, path: Points, colour: Colour, *, step: float = 0.018) -> None:
        """Draw a dashed line, dashes and gaps `step / 2` units long."""
        corners = np.asarray(path, np.float64)
        lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
        starts = np.arange(0.0, max(lengths[-1] - step / 2, 0.0) + 1e-9, step)
        ends = np.stack([starts, starts + step / 2])
        across, down = (np.interp(ends, lengths, corners[:, axis]) for axis in (0, 1))
        dashes = self._pixels(np.stack([across.T, down.T], axis=2).reshape(-1, 2)).reshape(-1, 2, 2)
        cv2.polylines(self.image, list(dashes), False, colour, 1, cv2.LINE_AA, _SUBPIXEL_BITS)

    def disc(self, centre: tuple[float, float], radius: float, colour: Colour) -> None:
        """Draw a filled circle on the cloth, `radius` in units."""
        middle = self._pixels([centre])[0]
        size = max(round(radius * self._scale() * 2**_SUBPIXEL_BITS), 12)
        cv2.circle(self.image, (int(middle[0]), int(middle[1])), size, colour, -1, cv2.LINE_AA, _SUBPIXEL_BITS)

    def shade(self, outline: Points, level: int) -> None:
        """Set the relief of an area to `level`, 0-255: below `NEUTRAL_RELIEF` it turns darker."""
        cv2.fillPoly(self.relief, [self._relief_pixels(outline)], (level,), cv2.LINE_AA, _SUBPIXEL_BITS)

    def fold(self, path: Points, *, depth: int = 34, width: int = 3) -> None:
        """Lay a soft crease along a path: a dark line and a bright one to its right, `width` in relief pixels."""
        lit = [(x + 0.02, y) for x, y in path]
        for line, level in ((lit, NEUTRAL_RELIEF + depth // 2), (path, NEUTRAL_RELIEF - depth)):
            pixels = [self._relief_pixels(line)]
            cv2.polylines(self.relief, pixels, False, (level,), width, cv2.LINE_AA, _SUBPIXEL_BITS)

    def finish(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Apply the relief and return (uint8 BGR image (H, W, 3), uint8 mask (H, W)), both 0-255."""
        small = cv2.resize(self.mask, (_RELIEF_EDGE, _RELIEF_EDGE), interpolation=cv2.INTER_AREA)
        inside = cv2.GaussianBlur(small, (0, 0), _ROUNDING_BLUR).astype(np.float32) / 255
        light = cv2.GaussianBlur(self.relief, (0, 0), _RELIEF_BLUR) * (1 - _ROUNDING + _ROUNDING * inside)
        gain = cv2.resize(np.rint(light).astype(np.uint8), self.mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
        lit = cv2.multiply(self.image, cv2.merge([gain, gain, gain]), scale=1 / NEUTRAL_RELIEF)
        return np.asarray(lit, np.uint8), self.mask

    def _scale(self) -> int:
        return int(min(self.mask.shape))

    def _thickness(self, width: float) -> int:
        return max(1, round(width * self._scale()))

    def _pixels(self, points: Points | NDArray[np.float64]) -> NDArray[np.int32]:
        """Unit coordinates as fixed-point pixels, int32 (count, 2)."""
        height, width = self.mask.shape
        corner = np.array([(width - self._scale()) / 2, (height - self._scale()) / 2])
        pixels = np.asarray(points, np.float64) * self._scale() + corner
        return np.asarray(np.rint(pixels * 2**_SUBPIXEL_BITS), np.int32)

    def _relief_pixels(self, points: Points) -> NDArray[np.int32]:
        """Unit coordinates as fixed-point pixels of the relief map, int32 (count, 2)."""
        height, width = self.mask.shape
        share = np.array([self._scale() / width, self._scale() / height])
        pixels = (np.asarray(points, np.float64) * share + (1 - share) / 2) * _RELIEF_EDGE
        return np.asarray(np.rint(pixels * 2**_SUBPIXEL_BITS), np.int32)


def new_sheet(cloth: NDArray[np.uint8]) -> Sheet:
    """Return an empty sheet that is going to cut its garment out of `cloth`, uint8 BGR, shape (H, W, 3)."""
    relief = np.full((_RELIEF_EDGE, _RELIEF_EDGE), NEUTRAL_RELIEF, np.uint8)
    return Sheet(image=cloth, mask=np.zeros(cloth.shape[:2], np.uint8), relief=relief)


def smooth(points: Points, *, closed: bool = True) -> list[tuple[float, float]]:
    """Round the corners of a path by Chaikin's corner cutting; a point given twice stays nearly sharp."""
    path = np.asarray(points, np.float64)
    for _ in range(_CORNER_CUTS):
        following = np.roll(path, -1, axis=0) if closed else path[1:]
        current = path if closed else path[:-1]
        cut = np.stack([0.75 * current + 0.25 * following, 0.25 * current + 0.75 * following], axis=1).reshape(-1, 2)
        path = cut if closed else np.concatenate([path[:1], cut, path[-1:]])
    return [(float(x), float(y)) for x, y in path]


def mirrored(right_half: Points) -> list[tuple[float, float]]:
    """Close an outline from its right half, given as (distance right of the middle, y) from top to bottom."""
    right = [(0.5 + x, y) for x, y in right_half]
    left = [(0.5 - x, y) for x, y in reversed(right_half)]
    return right + left


def flipped(points: Points) -> list[tuple[float, float]]:
    """Mirror a path left to right about the middle of the sheet."""
    return [(1.0 - x, y) for x, y in points]
