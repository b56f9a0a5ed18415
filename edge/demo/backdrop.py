"""What a demo garment lies on or hangs in front of: soft walls, wood and linen, light or dark.

Every backdrop stays within about ten grey levels of its own border, as a plain table under one lamp does: the
vision step takes the border for the background and what differs from it for the garment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.demo.fabric import grey_of, mix
from edge.demo.sheet import Colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIGHT: tuple[Colour, ...] = ((222, 230, 236), (214, 226, 240), (234, 230, 222), (226, 222, 234), (218, 232, 224))
_DARK: tuple[Colour, ...] = ((62, 52, 26), (40, 56, 34), (60, 36, 50), (64, 48, 40), (34, 44, 64))
_GRAIN_LEVELS = 7.0  # grey levels between the grain's darkest and brightest spot
_LAMP_LEVELS = 7.0  # grey levels between the brightest and the darkest corner of the light


def draw_backdrop(rng: np.random.Generator, *, height: int, width: int, dark: bool) -> NDArray[np.uint8]:
    """Draw a background at random: uint8 BGR, shape (height, width, 3), 0-255, mean grey near 45 or near 228."""
    colours = _DARK if dark else _LIGHT
    base = colours[int(rng.integers(len(colours)))]
    rows, columns = (height // 2, width // 2)  # half size: a backdrop is out of focus anyway
    grain = (_wall, _wood, _linen)[int(rng.integers(3))](rng, rows, columns)
    level = _GRAIN_LEVELS * grain + _lamp(rng, rows, columns)
    picture = np.array(base, np.float32) + level[:, :, None]
    if rng.random() < 0.5:
        picture += _table_tint(rng, base, rows)[:, None, :]
    small = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _lamp(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Light that falls off from a point near the middle, float32 (rows, columns), grey levels around 0."""
    across = np.linspace(-1, 1, columns, dtype=np.float32) - np.float32(rng.uniform(-0.5, 0.5))
    down = np.linspace(-1, 1, rows, dtype=np.float32) - np.float32(rng.uniform(-0.6, 0.2))
    falloff = 0.5 * np.square(across)[None, :] + 0.5 * np.square(down)[:, None]
    return np.asarray(_LAMP_LEVELS * (0.4 - np.minimum(falloff, 1.0)), np.float32)


def _table_tint(rng: np.random.Generator, base: Colour, rows: int) -> NDArray[np.float32]:
    """Where the wall ends and the table begins: another hue of the same grey, float32 (rows, 3)."""
    most = 1.0 if grey_of(base) > 128 else 0.45  # the eye sees hue in the dark less, and muddy brown at once
    warm = mix(base, (base[2], base[1], base[0]), float(rng.uniform(0.4, 1.0)) * most)
    tint = np.array(warm, np.float32) - np.array(base, np.float32)
    tint -= np.float32(grey_of(warm) - grey_of(base))
    edge = float(rng.uniform(0.6, 0.75)) * rows
    below = np.clip((np.arange(rows, dtype=np.float32) - edge) / 2, 0, 1)
    return np.asarray(below[:, None] * tint[None, :], np.float32)


def _wall(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Blotches of plaster, float32 (rows, columns), around 0."""
    spots = rng.random((12, 16), dtype=np.float32) - np.float32(0.5)
    return np.asarray(cv2.resize(spots, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def _wood(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Planks with a lengthwise grain, float32 (rows, columns), around 0."""
    fibres = rng.random((110, 7), dtype=np.float32) - np.float32(0.5)
    grain = np.asarray(cv2.resize(fibres, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)
    tones = np.repeat(rng.random(5, dtype=np.float32) - np.float32(0.5), rows // 5 + 1)[:rows]
    gaps = np.zeros(rows, np.float32)
    gaps[rows // 5 :: rows // 5 + 1] = -1.2
    return np.asarray(0.8 * grain + (0.5 * tones + gaps)[:, None], np.float32)


def _linen(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Crossing threads of uneven strength, float32 (rows, columns), around 0."""
    warp = rng.random(columns, dtype=np.float32) - np.float32(0.5)
    weft = rng.random(rows, dtype=np.float32) - np.float32(0.5)
    return np.asarray(warp[None, :] + weft[:, None], np.float32)
