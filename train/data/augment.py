"""Variations of training images, a batch at a time in numpy: the same on every backend and with every seed.

Not Keras' layers: tried on two cores, the slowest one on each backend alone (RandomTranslation on JAX, RandomErasing on
TensorFlow) made 8,000 and 19,000 images a second, all of these together 250,000. A batch here depends on nothing but
the generator it is given, which is what lets a killed training go on as if nothing had happened.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

_ERASED_AREA = (0.02, 0.33)  # share of the image, and
_ERASED_ASPECT = 3.3  # longer over shorter edge at most; both are the paper's


def shift(
    images: NDArray[np.uint8], pixels: int, rng: np.random.Generator, *, padding: Literal["constant", "reflect"]
) -> NDArray[np.uint8]:
    """Move each image by up to so many pixels up or down and left or right.

    Args:
        images: uint8 grey, shape (N, height, width), 0-255.
        pixels: the furthest; each distance is as likely as any other.
        rng: where the distances come from.
        padding: what moves in: black (constant) or the image's own mirror image (reflect).

    Returns:
        New images, same shape.
    """
    count, height, width = images.shape
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)), mode=padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    top, left = rng.integers(0, 2 * pixels + 1, (2, count))
    return np.asarray(windows[np.arange(count), top, left])


def flip(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Mirror about half of the images, uint8 (N, height, width), left to right; return new images."""
    mirrored = rng.random(len(images)) < 0.5
    return np.where(mirrored[:, np.newaxis, np.newaxis], images[:, :, ::-1], images)


def erase(images: NDArray[np.uint8], share: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Fill a random rectangle of some images with noise (Zhong et al., 2018, arXiv:1708.04896).

    Args:
        images: uint8 grey, shape (N, height, width), 0-255.
        share: of images that lose a rectangle, 0-1.
        rng: where choice, rectangle and noise come from.

    Returns:
        New images, same shape.
    """
    height, width = images.shape[1:]
    chosen = np.flatnonzero(rng.random(len(images)) < share)
    area = rng.uniform(*_ERASED_AREA, len(chosen)) * height * width
    aspect = _ERASED_ASPECT ** rng.uniform(-1, 1, len(chosen))
    inside = boxes(np.sqrt(area * aspect), np.sqrt(area / aspect), height=height, width=width, rng=rng)
    noise = rng.integers(0, 256, inside.shape, dtype=np.uint8)
    erased = images.copy()
    erased[chosen] = np.where(inside, noise, images[chosen])
    return erased


def boxes(
    rows: NDArray[np.float64], columns: NDArray[np.float64], *, height: int, width: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Rectangles of these sizes somewhere inside an image.

    Args:
        rows: heights in pixels, shape (N,); rounded, at least 1 and at most `height`.
        columns: widths in pixels, shape (N,); in the same way.
        height: of the image.
        width: of the image.
        rng: where the positions come from.

    Returns:
        bool, shape (N, height, width), true inside.
    """
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

    Args:
        images: float32, shape (N, height, width, 1), 0-1.
        targets: float32, shape (N, ...): what is to be mixed in the same proportion.
        alpha: of the beta distribution that an image's share is drawn from; positive.
        rng: where partners and shares come from.

    Returns:
        New images and targets of the same shapes.
    """
    partner = rng.permutation(len(images))
    share = rng.beta(alpha, alpha, len(images)).astype(np.float32)
    return _blend(images, partner, share), _blend(targets, partner, share)


def cutmix(
    images: NDArray[np.float32], targets: NDArray[np.float32], alpha: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Replace a rectangle of each image by a partner's, and that share of its target (arXiv:1905.04899).

    Args and returns as `mixup`.
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
