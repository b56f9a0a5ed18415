"""Pictures with a known truth for the tests of the vision step."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SHIRT = [(30, 20), (44, 14), (56, 14), (70, 20), (88, 42), (78, 52), (70, 44), (70, 88), (30, 88), (30, 44), (22, 52),
          (12, 42)]  # fmt: skip


def shirt_mask(height: int, width: int, *, scale: float = 1.0, dx: float = 0.0, dy: float = 0.0) -> Mask:
    """The silhouette of a T-shirt in the middle: bool, shape (height, width); dx and dy are shares of the frame."""
    edge = scale * min(height, width)
    corners = (np.array(_SHIRT) / 100 - 0.5) * edge + [width * (0.5 + dx), height * (0.5 + dy)]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
    return mask > 0


def paint(mask: Mask, *, garment: object, background: object, noise: float = 2.0) -> Image:
    """BGR frame: two colours, or two pictures of the frame's shape, and camera noise."""
    frame = np.where(mask[:, :, np.newaxis], np.asarray(garment, float), np.asarray(background, float))
    frame = frame + np.random.default_rng(7).normal(0, noise, frame.shape)
    return np.clip(np.rint(frame), 0, 255).astype(np.uint8)


def overlap(outline: NDArray[np.int32], mask: Mask) -> float:
    """Intersection over union of an outline's inside with the truth."""
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(drawn, [outline], 1)
    return float(((drawn > 0) & mask).sum() / ((drawn > 0) | mask).sum())


def carpet(height: int, width: int) -> NDArray[np.float64]:
    """Speckled carpet, BGR, in three tones."""
    spots = cv2.resize(np.random.default_rng(3).random((height // 6, width // 6)), (width, height))
    tones = np.array([(60, 80, 120), (90, 130, 170), (40, 50, 70)], float)
    return tones[np.digitize(spots, [0.4, 0.6])]


def planks(height: int, width: int) -> NDArray[np.float64]:
    """Wooden floor, BGR: grain along x, dark gaps."""
    rng = np.random.default_rng(4)
    grain = cv2.resize(rng.normal(0, 12, (height // 3, 6)), (width, height), interpolation=cv2.INTER_CUBIC)
    grain[:: height // 5] -= 50
    return np.array((110, 160, 200), float) + grain[:, :, np.newaxis]


def lamp(height: int, width: int) -> NDArray[np.float64]:
    """Grey wall, BGR, 60 levels darker at the right than at the left, and a darker lower edge."""
    x, y = np.linspace(0, 1, width), np.linspace(0, 1, height)
    light = 190 - 60 * x[np.newaxis, :] - 20 * y[:, np.newaxis] ** 2
    return np.repeat(light[:, :, np.newaxis], 3, axis=2)


def checks(height: int, width: int) -> NDArray[np.float64]:
    """Checked cloth, BGR: red and white."""
    y, x = np.mgrid[:height, :width]
    is_red = ((x // 9 + y // 9) % 2)[:, :, np.newaxis] == 0
    return np.where(is_red, (40.0, 40.0, 200.0), (235.0, 235.0, 235.0))
