"""Cloth of the drawn garments: a palette, and woven or printed patterns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.demo.sheet import Colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DARK_CLOTH = (
    *("#27375b", "#2f5441", "#6e2537", "#3b3f45", "#1f5f66", "#553059", "#8e4526"),
    *("#3f5f86", "#5b3f2e", "#2a2c31", "#a5302f", "#2e55a8", "#4a6b3a", "#33478c"),
)
_LIGHT_CLOTH = (
    *("#f1e6cf", "#f4f4f1", "#a9cbe6", "#b6dcc7", "#f0c4c0", "#e9c25c", "#d9c3a0"),
    *("#cdbbe3", "#cfd2d5", "#f2a08a", "#f7d9a8", "#9fd3d6", "#e8e3da", "#f3b3c4"),
)
_DARK_SHARE = 0.5
_DARK_BELOW = 128  # grey level that divides dark from light cloth

WHITE: Colour = (244, 247, 248)
BLACK: Colour = (30, 27, 26)


@dataclass(frozen=True, slots=True)
class Fabric:
    """A cloth: the colour of its ground, a second colour and the name of the pattern that mixes them."""

    base: Colour
    accent: Colour
    pattern: str

    @property
    def dark(self) -> bool:
        """True if the ground is darker than middle grey."""
        return grey_of(self.base) < _DARK_BELOW

    @property
    def seam(self) -> Colour:
        """Colour of seams and edges: visible, and on the same side of the background as the ground."""
        return _deepened(self.base, 0.6) if grey_of(self.base) > 70 else mix(self.base, WHITE, 0.28)

    @property
    def inside(self) -> Colour:
        """Colour of the lining seen through a collar or an opening."""
        return _deepened(self.base, 0.68) if grey_of(self.base) > 60 else mix(self.base, WHITE, 0.15)


def grey_of(colour: Colour) -> float:
    """Luma of a BGR colour, 0-255, the weights of `cv2.COLOR_BGR2GRAY`."""
    return 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Blend two BGR colours, `share` (0-1) of the second one."""
    blue, green, red = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return blue, green, red


def pick_fabric(rng: np.random.Generator, patterns: Sequence[str]) -> Fabric:
    """Draw a colour pair from the palette and one of the patterns; a name listed twice comes twice as often."""
    dark = bool(rng.random() < _DARK_SHARE)
    palette = _DARK_CLOTH if dark else _LIGHT_CLOTH
    base = _jittered(palette[int(rng.integers(len(palette)))], rng)
    if dark:
        accent = mix(base, WHITE, float(rng.uniform(0.25, 0.6)))
    else:
        other = _jittered(_DARK_CLOTH[int(rng.integers(len(_DARK_CLOTH)))], rng)
        accent = mix(base, other, float(rng.uniform(0.3, 0.6)))
    return Fabric(base=base, accent=accent, pattern=patterns[int(rng.integers(len(patterns)))])


def weave(fabric: Fabric, rng: np.random.Generator, *, height: int, width: int) -> NDArray[np.uint8]:
    """Cover a sheet with a fabric: uint8 BGR, shape (height, width, 3), 0-255.

    Raises:
        ValueError: the fabric names a pattern that doesn't exist.
    """
    if fabric.pattern not in _PATTERNS:
        raise ValueError(f"unknown pattern: got {fabric.pattern!r}, expected one of {', '.join(sorted(_PATTERNS))}")
    share = _PATTERNS[fabric.pattern](rng, height, width)
    ramp = np.linspace(0.0, 1.0, 256)[:, None]
    colours = np.rint(np.array(fabric.base) * (1 - ramp) + np.array(fabric.accent) * ramp).astype(np.uint8)
    return np.asarray(cv2.LUT(cv2.merge([share, share, share]), colours.reshape(1, 256, 3)), np.uint8)


def _deepened(colour: Colour, light: float) -> Colour:
    """The colour in shadow: `light` (0-1) of its brightness, and fuller, because black alone makes pastels dirty."""
    grey = grey_of(colour)
    blue, green, red = (min(max(round((grey + (part - grey) * 1.7) * light), 0), 255) for part in colour)
    return blue, green, red


def _jittered(hex_colour: str, rng: np.random.Generator) -> Colour:
    """The palette colour, BGR, with a little of its own."""
    red, green, blue = (int(hex_colour[i : i + 2], 16) for i in (1, 3, 5))
    shift = rng.integers(-9, 10, size=3)
    near = np.clip(np.array([blue, green, red]) + shift, 16, 250)
    return int(near[0]), int(near[1]), int(near[2])


def _wave(length: int, period: float) -> NDArray[np.float32]:
    """A cosine between 0 and 1, float32 (length,), `period` in pixels."""
    phase = np.arange(length, dtype=np.float32) * np.float32(2 * np.pi / period)
    return np.asarray(0.5 + 0.5 * np.cos(phase), np.float32)


def _bands(rng: np.random.Generator, length: int, size: int, low: float, high: float) -> NDArray[np.float32]:
    """Soft-edged stripes between 0 and 1, float32 (length,), whose period is `low` to `high` of `size`."""
    wave = _wave(length, float(rng.uniform(low, high)) * size)
    return np.asarray(np.clip((wave - rng.uniform(0.35, 0.65)) * 7 + 0.5, 0, 1), np.float32)


def _plain(_rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    return np.zeros((height, width), np.uint8)


def _heather(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    grain = rng.integers(0, 110, size=(150, 100), dtype=np.uint8)
    return np.asarray(cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _stripes(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    rows = _bands(rng, height, min(height, width), 0.06, 0.13) * 255
    return np.repeat(rows.astype(np.uint8)[:, None], width, axis=1)


def _pinstripes(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    columns = np.clip(_wave(width, float(rng.uniform(0.035, 0.055)) * min(height, width)) * 3 - 2, 0, 1) * 200
    return np.repeat(columns.astype(np.uint8)[None, :], height, axis=0)


def _checks(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    size, low = min(height, width), float(rng.uniform(0.07, 0.1))
    rows, columns = (_bands(rng, length, size, low, low * 1.2) * 127 for length in (height, width))
    return np.add.outer(rows.astype(np.uint8), columns.astype(np.uint8))


def _knit(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    size = min(height, width)
    stitch = float(rng.uniform(0.022, 0.034)) * size
    slant = np.abs(np.mod(np.arange(width, dtype=np.float32), stitch) - stitch / 2) * 0.9
    turns = (np.arange(height, dtype=np.float32)[:, None] + slant[None, :]) * np.float32(1 / stitch)
    return np.asarray(np.abs(turns - np.rint(turns)) * 220, np.float32).astype(np.uint8)


def _twill(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    diagonal = _wave(height + width, float(rng.uniform(0.013, 0.016)) * min(height, width)) * 55
    windows = np.lib.stride_tricks.sliding_window_view(diagonal.astype(np.uint8), width)
    return np.ascontiguousarray(windows[:height])


def _dots(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    cell = max(8, round(float(rng.uniform(0.06, 0.09)) * min(height, width)))
    tile = np.zeros((2 * cell, 2 * cell), np.uint8)
    for centre in ((cell // 2, cell // 2), (cell // 2 + cell, cell // 2 + cell)):
        cv2.circle(tile, centre, round(cell * 0.3), (255,), -1, cv2.LINE_AA)
    return np.tile(tile, (height // (2 * cell) + 1, width // (2 * cell) + 1))[:height, :width]


def _floral(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    share, size = np.zeros((height, width), np.uint8), min(height, width)
    spots_per_edge = 9
    for number, (across, down, radius, turn) in enumerate(rng.random((spots_per_edge**2, 4))):
        column, row = number % spots_per_edge + across, number // spots_per_edge + down
        middle = (column * width / spots_per_edge, row * height / spots_per_edge)
        petal = (0.008 + 0.008 * radius) * size
        for angle in (turn * 6.28, turn * 6.28 + 2.1, turn * 6.28 + 4.2):
            spot = (round(middle[0] + petal * np.cos(angle)), round(middle[1] + petal * np.sin(angle)))
            cv2.circle(share, spot, max(1, round(petal)), (235,), -1, cv2.LINE_AA)
    return share


_PATTERNS: dict[str, Callable[[np.random.Generator, int, int], NDArray[np.uint8]]] = {
    "plain": _plain,
    "heather": _heather,
    "stripes": _stripes,
    "pinstripes": _pinstripes,
    "checks": _checks,
    "knit": _knit,
    "twill": _twill,
    "dots": _dots,
    "floral": _floral,
}
