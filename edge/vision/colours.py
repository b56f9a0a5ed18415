"""Colours of a picture: their conversion to CIE Lab, and the evidence they give that a pixel is garment.

Two colour histograms, of likely garment and of likely background, give each pixel the one that it fits better, which
renews the estimate of likely garment. Four such rounds are GrabCut's idea (Rother et al., 2004) without its graph cut.
They separate patterned fabric from a patterned carpet by colours that occur together, in a hundredth of the time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.background import band

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Linear light from an sRGB level (IEC 61966-2-1).
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
# From linear B, G, R to X, Y, Z in shares of the D65 white.
_XYZ = np.array(
    [[0.180423, 0.357580, 0.412453], [0.072169, 0.715160, 0.212671], [0.950227, 0.119193, 0.019334]]
) / np.array([[0.950456], [1.0], [1.088754]])
# From the cube roots of these to L, a and b, scaled and shifted as OpenCV's 8-bit Lab: 0-255, grey at 128.
_LAB = np.array([[0, 116 * 2.55, 0, -16 * 2.55], [500, -500, 0, 128], [0, 200, -200, 128]])
_BEND = 216 / 24389  # below this share of the white the cube root goes on as its tangent (CIE 15:2018)
_SLOPE = 841 / 108
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


def bgr_to_lab(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert a small picture to Lab.

    OpenCV's own conversion builds tables for every colour when it is first used. That takes a tenth of a second, and
    more on a Pi: as long as the rest of the start to the first decision. A few thousand pixels need no tables.

    Args:
        picture: uint8 BGR, shape (H, W, 3), 0-255.

    Returns:
        float32, same shape: L, 0-255 (of 100); a and b, 128 where there is no colour.
    """
    xyz = cv2.transform(cv2.LUT(picture, _LINEAR), _XYZ)
    bent = np.maximum(xyz, np.float32(_BEND))
    roots = cv2.scaleAdd(cv2.subtract(xyz, bent), _SLOPE, cv2.pow(bent, 1 / 3))
    return np.asarray(cv2.transform(roots, _LAB), np.float32)


def garment_evidence(lab: NDArray[np.uint8], distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate for each pixel how much more likely it is garment than background.

    Args:
        lab: uint8 Lab picture, shape (H, W, 3), 0-255.
        distance: from the border's colours, as `border_distance` gives it, shape (H, W).

    Returns:
        float32 log odds, shape (H, W), above 0 where it is the garment.
    """
    height, width = distance.shape
    colour = _colour_bins(lab)
    total = _histogram(colour, np.ones(distance.shape, np.float32))
    prior, elsewhere, at_border = _prior(height, width), *_places(height, width)
    fits = _log_ratio(colour, elsewhere, total, clip=_FIRST_CLIP)
    evidence = fits + prior + np.minimum(distance - _FOREIGN_FROM, _MOST_FOREIGN)
    trust = 1.0
    for _ in range(_ROUNDS):
        trust = max(_PRIOR_DECAY * trust, _LEAST_PRIOR)
        likely = at_border / (1 + np.exp(-evidence))
        evidence = _EVIDENCE * _log_ratio(colour, likely, total, clip=_CLIP) + np.float32(trust) * prior
    return np.asarray(evidence, np.float32)


def _colour_bins(lab: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the index of each pixel's colour bin, 0 to 4095, shape (H, W)."""
    bins = np.asarray(cv2.LUT(lab, _bin_table()), np.uint8).astype(np.intp)
    return (bins[:, :, 0] * _BINS + bins[:, :, 1]) * _BINS + bins[:, :, 2]


@lru_cache(maxsize=1)
def _bin_table() -> NDArray[np.uint8]:
    levels = np.arange(256)
    lightness = levels * _BINS // 256
    colour = np.clip((levels - 128 + _COLOUR_REACH) * _BINS // (2 * _COLOUR_REACH), 0, _BINS - 1)
    return np.stack([lightness, colour, colour], axis=-1).astype(np.uint8)[np.newaxis]


def _log_ratio(
    colour: NDArray[np.intp], likely: NDArray[np.float32], total: NDArray[np.float32], *, clip: float
) -> NDArray[np.float32]:
    """Log of how much more common each pixel's colour is in the garment than in the background, within +-clip.

    Args:
        colour: bin of each pixel, shape (H, W).
        likely: how likely each pixel is garment, 0-1, shape (H, W).
        total: histogram of all pixels, from `_histogram`.
        clip: nats.
    """
    garment = _histogram(colour, likely)
    garment_pixels = float(likely.sum())
    floor = np.float32(_UNSEEN / colour.size)
    in_garment = garment * np.float32(1 / max(garment_pixels, 1.0)) + floor
    in_background = (total - garment) * np.float32(1 / max(colour.size - garment_pixels, 1.0)) + floor
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
    """Return 0 at the border, else 1, and the weight of garment by place: float32, shape (height, width) each."""
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
