"""Variations of a camera frame: what a photographer might have done differently. The vision step comes after them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def varied(frame: Image, rng: np.random.Generator) -> Image:
    """Turn, shear, crop, mirror and light a frame anew, blur it and add noise.

    Args:
        frame: uint8 BGR, shape (H, W, 3), 0-255.
        rng: where all choices come from.

    Returns:
        uint8 BGR, same shape.
    """
    moved = _moved(frame, rng)
    if rng.random() < 0.5:
        moved = moved[:, ::-1]
    return _exposed(moved, rng)


def _moved(frame: Image, rng: np.random.Generator) -> Image:
    """Rotate by some degrees, shear, scale by 0.88 to 1.3 and shift; what comes into view mirrors the border."""
    height, width = frame.shape[:2]
    angle = np.deg2rad(rng.normal(0, 8))
    scale = np.exp(rng.uniform(np.log(0.88), np.log(1.3)))
    stretch = np.exp(rng.normal(0, 0.08))
    shear = rng.normal(0, 0.06)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = scale * rotation @ np.array([[stretch, shear], [0.0, 1 / stretch]])
    middle = np.array([width / 2, height / 2])
    offset = middle - matrix @ middle + rng.uniform(-0.05, 0.05, 2) * (width, height)
    return np.asarray(
        cv2.warpAffine(
            frame,
            np.column_stack([matrix, offset]),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ),
        np.uint8,
    )


def _exposed(frame: Image, rng: np.random.Generator) -> Image:
    """Another exposure, white balance and gamma, light from one side, some blur, a sensor's noise."""
    height, width = frame.shape[:2]
    levels = np.arange(256) / 255
    gains = np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.06, 3))
    gamma = np.exp(rng.normal(0, 0.2))
    table = np.clip(np.rint(255 * gains * levels[:, np.newaxis] ** gamma), 0, 255).astype(np.uint8)
    picture = np.asarray(cv2.LUT(frame, table[np.newaxis]), np.float32)
    slope = rng.normal(0, 0.12, 2)
    across, down = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    picture *= (1 + slope[0] * across[np.newaxis] + slope[1] * down[:, np.newaxis])[..., np.newaxis].astype(np.float32)
    if rng.random() < 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.5, 2.0))), np.float32)
    picture += rng.normal(0, rng.uniform(0, 6), (height, width, 1)).astype(np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
