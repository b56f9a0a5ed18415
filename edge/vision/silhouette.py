"""The garment's silhouette: one piece, near the middle, without specks and pinholes, along the picture's edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from edge.vision.colours import garment_evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

CERTAIN = 2.0  # evidence of a pixel that is sure to be garment; less is shown dimmed, which draws edges smooth

_SQUARE = np.ones((3, 3), np.uint8)
_PICTURE_BLUR = 0.7  # pixels
_LEVELS_A_SPREAD = 12  # to count in a byte: 7 spreads are 84 levels
_LEAST_FOREIGN = 30  # of these levels: what differs by 2.5 spreads is background
_OTSU_SHARE = 0.8  # Otsu's threshold lies between two garments' colours if one is paler
_HOLE_SHARE = 0.15  # of the garment's area: a smaller hole is a print in the table's colour, a larger one is open
_MIDDLE_REACH = 0.08  # of the frame, squared: how far from the middle a garment of half the size loses to it
_LEAST_SHARE = 0.002  # of the picture: less is a speck
_LEAST_EVIDENCE = 0.2  # of a pixel that cleaning added or dropped: of the 2 that make certain
_STRONG_EDGE = 60  # levels: steeper edges don't count more, or a shiny button would decide
_EDGE_ADVANTAGE = (
    0.4  # by which the border's silhouette must beat the colours': measured on photographs, see `find_silhouette`
)

NOTHING_BELOW = 0.02  # 199 of 200 photographs of a garment are above it, plain walls and tables and noise below

_REAL_EDGE = 1.2  # times the picture's mean edge
_AGREEMENT, _EDGES, _EVIDENCE, _CONTACT, _BIAS = 0.8, 3.1, 0.85, -12.7, -5.7


class Silhouette(NamedTuple):
    """Place of the garment in a picture."""

    mask: NDArray[np.uint8]
    """Mask of the garment, uint8 of 0 and 1, shape (H, W)."""
    outline: NDArray[np.bool_]
    """Outermost pixels of the mask, bool, shape (H, W), without those at the picture's own edge."""
    evidence: NDArray[np.float32]
    """Evidence that a pixel is garment, float32, shape (H, W): above 0 within the mask, below 0 outside, +-`CERTAIN` or
    more where it is certain."""
    fit: float
    """Mean edge strength along the outline: 1 for any outline, 2 to 5 for a garment's own."""
    presence_score: float = 0.0
    """Score that this is something at all, 0-1."""


def outlined(alpha: NDArray[np.uint8]) -> Silhouette:
    """Return the silhouette that a cut-out's alpha gives, uint8, shape (H, W), 0-255: certain, for somebody drew it."""
    mask = np.asarray(alpha > 127, np.uint8)
    evidence = (alpha.astype(np.float32) - np.float32(127.5)) * np.float32(CERTAIN / 127.5)
    outline = mask != cv2.erode(mask, _SQUARE, borderType=cv2.BORDER_REPLICATE)
    return Silhouette(mask, outline, evidence, fit=1.0, presence_score=1.0)


def find_silhouette(lab: NDArray[np.uint8], distance: NDArray[np.float32]) -> Silhouette | None:
    """Find the most likely garment.

    Two ways to find it fail in different pictures: colours (`garment_evidence`) take half of an uneven table for a
    garment where the real one is small, and the distance from the border fails on patterned ground. The outline that
    follows the stronger edges is right more often, and where both find the same there is something to be found.

    Args:
        lab: uint8 Lab picture, shape (H, W, 3), 0-255.
        distance: of each pixel from the background's colours, in spreads (see `border_distance`), shape (H, W).

    Returns:
        Silhouette of the garment; None if nothing is found.
    """
    edges = edge_strength(lab)
    evidence = garment_evidence(lab, distance)
    by_colour = _silhouette_of(evidence, edges)
    by_border = _silhouette_of(foreign_evidence(distance), edges)
    if by_colour is None or by_border is None:
        alone = by_colour or by_border
        return alone and _with_score(alone, edges, evidence, agreement=0.0)
    best = by_border if by_border.fit > by_colour.fit + _EDGE_ADVANTAGE else by_colour
    return _with_score(best, edges, evidence, agreement=overlap(by_border.mask, by_colour.mask))


def find_newcomer(lab: NDArray[np.uint8], distance: NDArray[np.float32]) -> Silhouette | None:
    """Find a silhouette like `find_silhouette`, with `distance` from the known empty scene instead of the border."""
    edges = edge_strength(lab)
    evidence = foreign_evidence(distance)
    silhouette = _silhouette_of(evidence, edges)
    return silhouette and _with_score(silhouette, edges, evidence, agreement=1.0)


def foreign_evidence(distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance from the background above Otsu's threshold: float32, shape (H, W), spreads."""
    levels = cv2.GaussianBlur(distance, (0, 0), _PICTURE_BLUR) * np.float32(_LEVELS_A_SPREAD)
    otsu, _ = cv2.threshold(levels.astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray((levels - max(_OTSU_SHARE * otsu, _LEAST_FOREIGN)) / _LEVELS_A_SPREAD, np.float32)


def _silhouette_of(evidence: NDArray[np.float32], edges: NDArray[np.float32]) -> Silhouette | None:
    """Make one clean piece of the evidence and measure its fit to the edges; None if there is no piece."""
    mask = clean(evidence > 0)
    if mask is None:
        return None
    inner = cv2.erode(mask, _SQUARE, borderType=cv2.BORDER_REPLICATE)
    # Within the outline a print in the table's colour is as certain as the rest.
    least = np.where(inner > 0, np.float32(CERTAIN), np.float32(_LEAST_EVIDENCE))
    agreeing = np.where(mask > 0, np.maximum(evidence, least), np.minimum(evidence, -least))
    outline = mask != inner
    fit = float(edges[outline].mean()) if outline.any() else 0.0
    return Silhouette(mask, outline, np.asarray(agreeing, np.float32), fit)


def _with_score(
    silhouette: Silhouette, edges: NDArray[np.float32], evidence: NDArray[np.float32], *, agreement: float
) -> Silhouette:
    score = presence_score(silhouette.mask, silhouette.outline, edges=edges, evidence=evidence, agreement=agreement)
    return silhouette._replace(presence_score=score)


def overlap(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the intersection over union of two masks, 0-1; neither is empty."""
    return cv2.countNonZero(first & second) / cv2.countNonZero(first | second)


def clean(mask: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """Drop specks and threads, keep the piece nearest the middle for its size, fill its small holes."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _SQUARE)
    count, pieces, boxes, centres = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count < 2:
        return None
    height, width = mask.shape
    areas = boxes[1:, cv2.CC_STAT_AREA]
    from_middle = np.square((centres[1:] + 0.5) / (width, height) - 0.5).sum(axis=1)
    best = 1 + int(np.argmax(areas * np.exp(-from_middle / _MIDDLE_REACH)))
    if boxes[best, cv2.CC_STAT_AREA] < _LEAST_SHARE * mask.size:
        return None
    return _fill_holes((pieces == best).astype(np.uint8))


def edge_strength(lab: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the largest difference of a channel within each 3x3 pixels, in shares of the mean: float32, (H, W)."""
    lightness, a, b = cv2.split(cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, _SQUARE))
    levels = np.minimum(cv2.max(cv2.max(lightness, a), b), np.uint8(_STRONG_EDGE))
    return np.asarray(levels / np.float32(cv2.mean(levels)[0] + 3), np.float32)  # three levels are noise


def _fill_holes(silhouette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fill holes that the garment encloses, up to a share of its area; gaps that reach the frame's edge stay open."""
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats(1 - silhouette, connectivity=4)
    left, top, width, height, area = boxes.T
    rows, columns = silhouette.shape
    is_inside = (left > 0) & (top > 0) & (left + width < columns) & (top + height < rows)
    is_hole = is_inside & (area < _HOLE_SHARE * np.count_nonzero(silhouette))
    is_hole[0] = False  # piece 0 is the garment
    return np.asarray(silhouette | is_hole[pieces], np.uint8)


def presence_score(
    mask: NDArray[np.uint8],
    outline: NDArray[np.bool_],
    *,
    edges: NDArray[np.float32],
    evidence: NDArray[np.float32],
    agreement: float,
) -> float:
    """Return the score that the silhouette is something at all, 0-1.

    Fitted by logistic regression on 1,300 pictures with a garment (900 photographs, 300 garments pasted on other
    photographs' backgrounds, 100 drawn frames) and 818 without one (those backgrounds alone, drawn backdrops,
    gradients, blobs, noise), each side weighing the same; the coefficients are rounded.

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
