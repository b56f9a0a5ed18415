"""Recipe `garment-v2`: find the garment in a frame and make it look like a Fashion-MNIST image.

Shrink, find the silhouette, draw the garment's own grey inside it and black outside. Each step has a file of its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edge.vision.background import EmptyScene, border_distance
from edge.vision.colours import bgr_to_lab
from edge.vision.frames import YuvPicture, require_pixels, shrink_to_bgr, shrunk_size
from edge.vision.prepared_input import PreparedInput
from edge.vision.render import fit, garment_tones, render
from edge.vision.silhouette import CERTAIN, NOTHING_BELOW, Silhouette, find_newcomer, find_silhouette, outlined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.vision.region import Region

_PICTURE_EDGE = 160  # pixels along the longer edge of the shrunk frame: a garment that fills a fifth of it still has 28
_HALF = 127  # of 255: pixels with more cover are inside the outline
_OUTLINE_ERROR = 0.8  # pixels of the picture: fewer corners are cheaper to draw, and no eye sees the difference
_SMALLEST_EDGE = 8  # pixels of the picture to search in: less has no border and no middle
_SEARCH_EDGE = (
    64  # pixels along the longer edge that is searched: 80 find the garment as often and take a seventh longer
)
_LONGEST_EDGE = 56  # pixels: twice the data set's 28; no camera gives so few
_BLACK = 2  # levels of 255: brightest pure black after a resize or a JPEG
_BLACK_RIM = 0.2  # of the outermost pixels: all but one of Fashion-MNIST's 10,000 test images have more


def find_garment(
    frame: NDArray[Any] | YuvPicture,
    *,
    height: int = 28,
    width: int = 28,
    region: Region | None = None,
    scene: EmptyScene | None = None,
) -> PreparedInput:
    """Find the garment in a camera frame and draw it like the images that the network was trained on.

    Args:
        frame: BGR frame, shape (H, W, 3), or grey or BGRA; uint8, uint16 or float; or a video's planes (see `to_bgr`).
            The alpha of a cut-out is its outline.
        height: rows of the model input.
        width: columns of the model input.
        region: part of the frame to search; None: all of it.
        scene: empty scene of a static camera; while it is still learning, nothing is found.

    Returns:
        The garment bright on black (0), its longest edge touching the canvas, centred; its outline in the frame; and
        the score that there is one.

    Raises:
        FrameError: the array isn't an image (see `to_bgr`).
    """
    if region is None:
        return _find(frame, scene, height=height, width=width)
    pixels = frame.to_bgr() if isinstance(frame, YuvPicture) else frame
    require_pixels(pixels)
    view, left, top = region.cut(pixels)
    prepared = (
        _find(view, scene, height=height, width=width) if view.size else _nothing(height, width, presence_score=0.0)
    )
    searched = (left, top, view.shape[1], view.shape[0])
    return prepared._replace(outline=prepared.outline + np.array([left, top], np.int32), region=searched)


def frame_to_pixels(frame: NDArray[Any] | YuvPicture, *, height: int = 28, width: int = 28) -> NDArray[np.uint8]:
    """Return the pixels of `find_garment` alone: uint8 grey, shape (height, width), 0-255."""
    return find_garment(frame, height=height, width=width).pixels


def _find(view: NDArray[Any] | YuvPicture, scene: EmptyScene | None, *, height: int, width: int) -> PreparedInput:
    """Find the garment in the part of a frame that is to be searched."""
    picture = shrink_to_bgr(view, longest=_PICTURE_EDGE)
    if scene is None and (ready := cut_out(picture)) is not None:
        return _ready_made(ready, height=height, width=width)
    small = _to_search(picture)
    if min(small.shape[:2]) < _SMALLEST_EDGE:
        return _nothing(height, width, presence_score=0.0)
    alpha = _alpha(view, small)
    silhouette = outlined(alpha) if alpha is not None else _search(bgr_to_lab(small), scene)
    if silhouette is None or silhouette.presence_score < NOTHING_BELOW:
        return _nothing(height, width, presence_score=silhouette.presence_score if silhouette else 0.0)
    tones = garment_tones(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8), silhouette.mask)
    cover = _cover(silhouette, picture)
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    pixels = render(grey, cover, tones, height=height, width=width)
    return PreparedInput(pixels, _outline(cover, view.shape[0], view.shape[1]), silhouette.presence_score)


def _alpha(view: NDArray[Any] | YuvPicture, small: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return a cut-out's alpha, uint8, in the small picture's shape; None where the frame is opaque or all clear."""
    if isinstance(view, YuvPicture) or view.shape[2:] != (4,) or view.dtype != np.uint8:
        return None
    alpha = np.asarray(cv2.resize(view[..., 3], small.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    return alpha if alpha.min() <= _HALF < alpha.max() else None


def _search(exact: NDArray[np.float32], scene: EmptyScene | None) -> Silhouette | None:
    """Find the silhouette in a Lab picture, against the scene if it is known, else against the border."""
    lab = np.asarray(cv2.convertScaleAbs(exact), np.uint8)
    if scene is None:
        return find_silhouette(lab, border_distance(exact))
    distance = scene.distance(exact)
    return None if distance is None else find_newcomer(lab, distance)


def _nothing(height: int, width: int, *, presence_score: float) -> PreparedInput:
    return PreparedInput(np.zeros((height, width), np.uint8), np.zeros((0, 2), np.int32), presence_score)


def _ready_made(grey: NDArray[np.uint8], *, height: int, width: int) -> PreparedInput:
    """Return an image of the data set's kind as it is; only one that doesn't fill its canvas is trimmed and scaled."""
    left, top, box_width, box_height = cv2.boundingRect(grey)
    if not box_width:
        return _nothing(height, width, presence_score=0.0)
    fills = grey.shape == (height, width) and (box_height == height or box_width == width)
    garment = grey[top : top + box_height, left : left + box_width]
    corners = [(left, top), (left + box_width - 1, top), (left + box_width - 1, top + box_height - 1),
               (left, top + box_height - 1)]  # fmt: skip
    return PreparedInput(grey if fills else fit(garment, height=height, width=width), np.array(corners, np.int32), 1.0)


def _to_search(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink the picture to the size that is searched; a smaller one keeps its size."""
    if max(picture.shape[:2]) <= _SEARCH_EDGE:
        return picture
    size = shrunk_size(picture, _SEARCH_EDGE)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cover(silhouette: Silhouette, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the garment's share of each pixel of the picture: uint8, shape (H, W), 0-255, half at its outline."""
    shares = np.clip(127.5 + 127.5 / CERTAIN * silhouette.evidence, 0, 255).astype(np.uint8)
    # Enlarging the evidence instead of the mask places the outline between the pixels of the search.
    return np.asarray(cv2.resize(shares, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _outline(cover: NDArray[np.uint8], height: int, width: int) -> NDArray[np.int32]:
    """Return the corners of the garment's outer contour in a frame of (height, width): int32 x and y, shape (N, 2)."""
    contours, _ = cv2.findContours(np.asarray(cover > _HALF, np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    corners = cv2.approxPolyDP(max(contours, key=cv2.contourArea), _OUTLINE_ERROR, True).reshape(-1, 2)
    rows, columns = cover.shape
    scale = np.array([width / columns, height / rows])
    return np.asarray(np.rint((corners + 0.5) * scale - 0.5), np.int32)


def cut_out(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the grey image if the picture is Fashion-MNIST's already (small, grey, bright on pure black), else None.

    Args:
        picture: uint8 BGR, shape (H, W, 3), 0-255.

    Returns:
        uint8 grey, shape (H, W), bright on black.
    """
    if max(picture.shape[:2]) > _LONGEST_EDGE:
        return None
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return grey if np.mean(rim <= _BLACK) >= _BLACK_RIM else None
