"""Which colours are the garment's and which the background's, learned from the picture itself.

Two colour histograms, one of what is likely garment and one of what is likely background, say of each pixel which of
them it fits better; that says again what is likely garment. Four such rounds are GrabCut's idea (Rother et al., 2004)
without its graph cut: patterned fabric on a patterned carpet is told apart by which colours come together, in a
hundredth of the time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.background import band

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 16  # per channel of Lab: 16 levels of lightness wide, 5 of colour
_COLOUR_REACH = 40  # levels of a and b around grey: few fabrics are more colourful
_BIN_BLUR = 0.7  # bins: the light changes, so neighbouring colours count a little too
_ROUNDS = 4
_PICTURE_BLUR = 0.7  # pixels: neighbours belong together
_UNSEEN = 1.0  # pixels that every bin holds at least, so that a colour seen once proves nothing
_BORDER_SHARE = 0.1  # of a pixel at the border that looks like garment: it may be cut off, but it is the exception
_EVIDENCE = 2.0  # weight of the log likelihood ratio: neighbouring pixels aren't independent, but they agree
_CLIP = 2.0  # of that ratio, in nats
_FIRST_CLIP = 4.0
_PRIOR_DECAY = 0.5  # a round: where the garment lies is a guess, and colours know better
_LEAST_PRIOR = 0.15
_FOREIGN_FROM = 2.5  # spreads: nearer than this a pixel is more likely background than not
_MOST_FOREIGN = 2.5


def garment_evidence(lab: NDArray[np.uint8], distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much more likely each pixel is garment than background.

    Args:
        lab: uint8 Lab picture, shape (H, W, 3), 0-255.
        distance: from the border's colours, as `border_distance` gives it, shape (H, W).

    Returns:
        float32 log odds, shape (H, W), above 0 where it is the garment.
    """
    height, width = distance.shape
    colour = _colour_bins(lab)
    every = _histogram(colour, np.ones(distance.shape, np.float32))
    prior, elsewhere, at_border = _prior(height, width), *_places(height, width)
    fits = _log_ratio(colour, elsewhere, every, clip=_FIRST_CLIP)
    evidence = fits + prior + np.minimum(distance - _FOREIGN_FROM, _MOST_FOREIGN)
    trust = 1.0
    for _ in range(_ROUNDS):
        trust = max(_PRIOR_DECAY * trust, _LEAST_PRIOR)
        likely = at_border / (1 + np.exp(-evidence))
        evidence = _EVIDENCE * _log_ratio(colour, likely, every, clip=_CLIP) + np.float32(trust) * prior
    return np.asarray(evidence, np.float32)


def _colour_bins(lab: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Number of each pixel's colour bin, 0 to 4095, shape (H, W)."""
    bins = np.asarray(cv2.LUT(lab, _bin_table()), np.uint8).astype(np.intp)
    return (bins[:, :, 0] * _BINS + bins[:, :, 1]) * _BINS + bins[:, :, 2]


@lru_cache(maxsize=1)
def _bin_table() -> NDArray[np.uint8]:
    levels = np.arange(256)
    lightness = levels * _BINS // 256
    colour = np.clip((levels - 128 + _COLOUR_REACH) * _BINS // (2 * _COLOUR_REACH), 0, _BINS - 1)
    return np.stack([lightness, colour, colour], axis=-1).astype(np.uint8)[np.newaxis]


def _log_ratio(
    colour: NDArray[np.intp], likely: NDArray[np.float32], every: NDArray[np.float32], *, clip: float
) -> NDArray[np.float32]:
    """Log of how much more common each pixel's colour is in the garment than in the background, within +-clip.

    Args:
        colour: bin of each pixel, shape (H, W).
        likely: how likely each pixel is garment, 0-1, shape (H, W).
        every: histogram of all pixels, from `_histogram`.
        clip: nats.
    """
    garment = _histogram(colour, likely)
    garment_pixels = float(likely.sum())
    floor = np.float32(_UNSEEN / colour.size)
    in_garment = garment * np.float32(1 / max(garment_pixels, 1.0)) + floor
    in_background = (every - garment) * np.float32(1 / max(colour.size - garment_pixels, 1.0)) + floor
    ratio = np.log(np.clip(in_garment / in_background, np.exp(-clip), np.exp(clip)))
    return np.asarray(cv2.GaussianBlur(ratio[colour], (0, 0), _PICTURE_BLUR), np.float32)


def _histogram(colour: NDArray[np.intp], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weight of the pixels of each colour, blurred over neighbouring colours: float32, shape (4096,)."""
    blur = _blur_matrix()
    counts: NDArray[np.float32] = np.bincount(colour.ravel(), weight.ravel(), _BINS**3).astype(np.float32)
    # One matrix product an axis: OpenCV's filters know two axes only.
    two_axes = (blur @ counts.reshape(_BINS, -1)).reshape(-1, _BINS) @ blur
    return np.asarray((blur @ two_axes.reshape(_BINS, _BINS, _BINS)).ravel(), np.float32)


@lru_cache(maxsize=1)
def _blur_matrix() -> NDArray[np.float32]:
    """Gaussian blur over the bins of one axis, float32, shape (bins, bins)."""
    apart = np.subtract.outer(np.arange(_BINS), np.arange(_BINS))
    blur = np.exp(-0.5 * np.square(apart / _BIN_BLUR))
    blur[blur < 1e-4] = 0  # or products with tiny numbers take ten times as long
    return np.asarray(blur / blur[_BINS // 2].sum(), np.float32)


@lru_cache(maxsize=8)
def _places(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """1 and 0 at the border, and what garment there counts, 1 elsewhere: float32, shape (height, width) each."""
    border = band(height, width)
    return (~border).astype(np.float32), np.where(border, np.float32(_BORDER_SHARE), np.float32(1))


@lru_cache(maxsize=8)
def _prior(height: int, width: int) -> NDArray[np.float32]:
    """Log odds that a pixel is garment, from its place alone: float32, shape (height, width), -4 to 1.

    Fitted to where garments lie on the training photographs of shared/photos: even odds at 46 % of the way from the
    middle to the edge, 1 to 20 near the edge.
    """
    y, x = np.abs(np.linspace(-1, 1, height)), np.abs(np.linspace(-1, 1, width))
    away = np.power(np.add.outer(y**4, x**4), 0.25)
    return np.asarray(np.clip(3.2 - 7 * away, -4, 1), np.float32)
