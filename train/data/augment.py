"""Random variations in numpy: of training images, a batch at a time, and of camera frames, before the vision step.

Not Keras' layers: on two cores, the slowest one of each backend alone (RandomTranslation on JAX, RandomErasing on
TensorFlow) made 8,000 and 19,000 images a second, all of these together 250,000. A batch depends on its generator
alone, so that a killed training continues with the batches it would have seen.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

_ERASED_AREA = (0.02, 0.33)  # share of the image, and
_ERASED_ASPECT = 3.3  # longer over shorter edge at most; both are the paper's


def shift(
    images: NDArray[np.uint8], pixels: int, rng: np.random.Generator, *, padding: Literal["constant", "reflect"]
) -> NDArray[np.uint8]:
    """Shift uint8 images, (N, height, width, ...), by up to `pixels` each way; return new ones, padded as PADDINGS."""
    count, height, width, *channels = images.shape
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels), *[(0, 0)] * len(channels)), mode=padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    top, left = rng.integers(0, 2 * pixels + 1, (2, count))
    shifted = windows[np.arange(count), top, left]
    return np.asarray(np.moveaxis(shifted, 1, -1) if channels else shifted)


def flip(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Mirror about half of the images, uint8 (N, height, width, ...), left to right; return new images."""
    mirrored = rng.random(len(images)) < 0.5
    return np.where(mirrored.reshape(-1, *[1] * (images.ndim - 1)), images[:, :, ::-1], images)


def erase(images: NDArray[np.uint8], share: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Fill a rectangle of a share of uint8 images, (N, height, width, ...), with noise (arXiv:1708.04896)."""
    height, width = images.shape[1:3]
    chosen = np.flatnonzero(rng.random(len(images)) < share)
    area = rng.uniform(*_ERASED_AREA, len(chosen)) * height * width
    aspect = _ERASED_ASPECT ** rng.uniform(-1, 1, len(chosen))
    inside = boxes(np.sqrt(area * aspect), np.sqrt(area / aspect), height=height, width=width, rng=rng)
    inside = inside.reshape(*inside.shape, *[1] * (images.ndim - 3))
    noise = rng.integers(0, 256, (len(chosen), *images.shape[1:]), dtype=np.uint8)
    erased = images.copy()
    erased[chosen] = np.where(inside, noise, images[chosen])
    return erased


def boxes(
    rows: NDArray[np.float64], columns: NDArray[np.float64], *, height: int, width: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Place rectangles, sides of shape (N,), at random in an image: bool, shape (N, height, width), true inside."""
    tall = np.clip(np.rint(rows), 1, height).astype(np.int64)[:, np.newaxis]
    wide = np.clip(np.rint(columns), 1, width).astype(np.int64)[:, np.newaxis]
    top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
    row, column = np.arange(height), np.arange(width)
    in_rows = (row >= top) & (row < top + tall)
    in_columns = (column >= left) & (column < left + wide)
    return np.asarray(in_rows[:, :, np.newaxis] & in_columns[:, np.newaxis, :])


def mixup(
    images: NDArray[np.float32], targets: NDArray[np.float32], alpha: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Average each image and its target with those of a partner (Zhang et al., 2018, arXiv:1710.09412).

    Images are float32, shape (N, height, width, 1), 0-1, targets float32, shape (N, ...). An image's share follows the
    beta distribution with the parameter `alpha`, above 0.
    """
    partner = rng.permutation(len(images))
    share = rng.beta(alpha, alpha, len(images)).astype(np.float32)
    return _blend(images, partner, share), _blend(targets, partner, share)


def cutmix(
    images: NDArray[np.float32], targets: NDArray[np.float32], alpha: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Replace a rectangle of each image by a partner's, and that share of its target (arXiv:1905.04899).

    Arguments and result are those of `mixup`.
    """
    height, width = images.shape[1:3]
    partner = rng.permutation(len(images))
    edge = np.sqrt(rng.beta(alpha, alpha, len(images)))
    inside = boxes(edge * height, edge * width, height=height, width=width, rng=rng)
    kept = (1 - inside.mean(axis=(1, 2))).astype(np.float32)
    return np.where(inside[..., np.newaxis], images[partner], images), _blend(targets, partner, kept)


def _blend(values: NDArray[np.float32], partner: NDArray[np.int64], share: NDArray[np.float32]) -> NDArray[np.float32]:
    own = share.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(own * values + (1 - own) * values[partner], np.float32)


def vary_frame(frame: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Vary geometry, exposure, blur and noise of a uint8 BGR frame, as another photograph of the same thing would."""
    moved = _moved(frame, rng)
    if rng.random() < 0.5:
        moved = moved[:, ::-1]
    return _exposed(moved, rng)


def _moved(frame: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Rotate by some degrees, shear, scale by 0.88 to 1.3 and shift; the border is mirrored."""
    height, width = frame.shape[:2]
    angle = np.deg2rad(rng.normal(0, 8))
    scale = np.exp(rng.uniform(np.log(0.88), np.log(1.3)))
    stretch = np.exp(rng.normal(0, 0.08))
    shear = rng.normal(0, 0.06)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = scale * rotation @ np.array([[stretch, shear], [0.0, 1 / stretch]])
    middle = np.array([width / 2, height / 2])
    offset = middle - matrix @ middle + rng.uniform(-0.05, 0.05, 2) * (width, height)
    affine = np.column_stack([matrix, offset])
    interpolation, border = cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101
    moved = cv2.warpAffine(frame, affine, (width, height), flags=interpolation, borderMode=border)
    return np.asarray(moved, np.uint8)


def _exposed(frame: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change exposure, white balance and gamma, and add a gradient of light, blur and noise."""
    height, width = frame.shape[:2]
    levels = np.arange(256) / 255
    gains = np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.06, 3))
    gamma = np.exp(rng.normal(0, 0.2))
    table = np.clip(np.rint(255 * gains * levels[:, np.newaxis] ** gamma), 0, 255).astype(np.uint8)
    varied = np.asarray(cv2.LUT(frame, table[np.newaxis]), np.float32)
    slope = rng.normal(0, 0.12, 2)
    across, down = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    varied *= (1 + slope[0] * across[np.newaxis] + slope[1] * down[:, np.newaxis])[..., np.newaxis].astype(np.float32)
    if rng.random() < 0.3:
        varied = np.asarray(cv2.GaussianBlur(varied, (0, 0), float(rng.uniform(0.5, 2.0))), np.float32)
    varied += rng.normal(0, rng.uniform(0, 6), (height, width, 1)).astype(np.float32)
    return np.clip(np.rint(varied), 0, 255).astype(np.uint8)
