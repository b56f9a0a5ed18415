"""How sure it is that there is something in the picture at all.

Fitted by logistic regression on 1,300 pictures with a garment (900 photographs, 300 garments pasted on other
photographs' backgrounds, 100 drawn frames) and 818 without one (those backgrounds alone, drawn backdrops, gradients,
blobs, noise), each side weighing the same; the coefficients are rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING_BELOW = 0.02  # 199 of 200 photographs of a garment are above it, plain walls and tables and noise below

_REAL_EDGE = 1.2  # times the picture's mean edge
_AGREEMENT, _EDGES, _EVIDENCE, _CONTACT, _BIAS = 0.8, 3.1, 0.85, -12.7, -5.7


def presence_score(
    mask: NDArray[np.uint8],
    outline: NDArray[np.bool_],
    *,
    edges: NDArray[np.float32],
    evidence: NDArray[np.float32],
    agreement: float,
) -> float:
    """Return how likely the silhouette is something, 0-1.

    Args:
        mask: the silhouette, uint8 of 0 and 1, shape (H, W).
        outline: its outermost pixels, bool, of the same shape.
        edges: edge strength in shares of the picture's mean, float32, of the same shape.
        evidence: log odds that a pixel is garment, float32, of the same shape.
        agreement: overlap (intersection over union, 0-1) of two silhouettes found in different ways.
    """
    along_edges = float(np.mean(edges[outline] > _REAL_EDGE)) if outline.any() else 0.0
    contrast = cv2.mean(evidence, mask)[0] - cv2.mean(evidence, 1 - mask)[0]
    contact = float(
        np.mean(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]))
    )  # a garment seldom is cut off
    odds = _AGREEMENT * agreement + _EDGES * along_edges + _EVIDENCE * contrast + _CONTACT * contact + _BIAS
    return float(1 / (1 + np.exp(-odds)))
