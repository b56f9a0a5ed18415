"""Recipe `image-v1`: the whole frame, or its middle, resized to the model's size in integer arithmetic.

The definition, from decoded pixels on, so that any language can repeat it exactly:

1. *Crop*: of the largest rectangle of the model's shape in the frame, `crop` of both edges, counted in thousandths.
   Each edge is rounded half up, after the shape and again after the share, to 1 at least. The rectangle lies in the
   middle, an odd pixel more of the frame at the right and below. *Stretch*: the frame. *Letterbox*: the frame, resized
   to the largest size within the model's, its shorter edge rounded half up, in the middle of black likewise.
2. *Linear*: with s = 1 / (new / old) and c = s * (x + 0.5) - 0.5 in IEEE doubles, the new pixel x lies between the old
   pixels floor(c) and floor(c) + 1; the second has the weight round_half_even(256 * (c - floor(c))) of 256. Beyond the
   first and the last pixel those count alone. Rows are added as integers, columns too, and the sum of 65,536ths is
   rounded half up.
3. *Area*: where neither edge grows, a new pixel is the mean of the old ones that it covers, each weighted by the
   covered share of it. With an old pixel `new` units long, the new pixel x covers the units x * old to (x + 1) * old;
   so weights are whole numbers, those of both axes are multiplied, and the sum divided by old width * old height is
   rounded half up. Where an edge grows: *linear*.
4. *Nearest*: the old pixel floor((2 * x + 1) * old / (2 * new)).
5. *Grey*, for one channel, after resizing: floor((29 * B + 150 * G + 77 * R + 128) / 256).

*Linear* is OpenCV's INTER_LINEAR_EXACT. *Area* is its INTER_AREA in float32, whose rounding errors depend on the
processor; results so close to a half that they matter are computed anew in integers. *Nearest* isn't its
INTER_NEAREST_EXACT, which takes the pixel before where the middle of a new pixel lies between two, as in halving.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edge.vision.frames import YuvPicture, planes_to_bgr, require_pixels, to_bgr
from edge.vision.prepared_input import PreparedInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.input_spec import InputSpec
    from edge.vision.region import Region

_PRESENCE_CELLS = 16  # along an edge: noise of single pixels averages out, an object doesn't
_FULL_VARIATION = 40.0  # levels of standard deviation that count as 1: 4 are the default threshold of 0.1, see below
# Measured in cells: covered lenses 0 to 0.5 levels, evenly lit walls 2.6, the flattest of 1,137 photographs 11.6.
_FINE = 3  # pixels of a video's picture along each edge of a new one
_THOUSAND = 1000
_DOUBTFUL = np.float32(0.498)  # of a level from the rounded mean: errors of float32 stay below 0.001


def prepare_image(frame: NDArray[Any] | YuvPicture, spec: InputSpec, *, region: Region | None = None) -> PreparedInput:
    """Crop and resize a frame to the model's input.

    Args:
        frame: BGR frame, shape (H, W, 3), or grey or BGRA; uint8, uint16 or float; or a video's planes (see `to_bgr`).
        spec: size, channels, resize mode and interpolation.
        region: part of the frame to use; None: all of it.

    Returns:
        Pixels of shape (height, width, 3), BGR, or (height, width); the outline is empty, the region is the part of the
        frame that the pixels show, and the presence score is the variation of the pixels (0: one even colour).

    Raises:
        FrameError: the array isn't an image (see `to_bgr`).
    """
    if not isinstance(frame, YuvPicture):
        require_pixels(frame)
        if frame.dtype.kind == "f":
            frame = to_bgr(frame)  # whether its white is 1 or 255 is told by all of its pixels, not by the crop's
    rows, columns = frame.shape[:2]
    left, top, width, height = region.box(rows, columns) if region else (0, 0, columns, rows)
    if not width or not height:
        shape = (spec.height, spec.width) if spec.channels == 1 else (spec.height, spec.width, 3)
        return PreparedInput(np.zeros(shape, np.uint8), _NO_OUTLINE, 0.0, (left, top, width, height))
    if spec.resize == "crop":
        x, y, width, height = middle(width, height, spec.width, spec.height, spec.crop)
        left, top = left + x, top + y
    inner = fitting(width, height, spec.width, spec.height) if spec.resize == "letterbox" else (spec.width, spec.height)
    if isinstance(frame, YuvPicture):
        pixels = _resize_planes(frame, (left, top, width, height), inner, spec.interpolation)
    else:
        view = frame[top : top + height, left : left + width]
        pixels = resize(to_bgr(view), inner[0], inner[1], spec.interpolation)
    if spec.channels == 1:
        pixels = to_grey(pixels)
    score = _variation(pixels)
    if spec.resize == "letterbox":
        pixels = _centred(pixels, spec.width, spec.height)
    return PreparedInput(pixels, _NO_OUTLINE, score, (left, top, width, height))


_NO_OUTLINE = np.zeros((0, 2), np.int32)


def middle(width: int, height: int, to_width: int, to_height: int, share: float) -> tuple[int, int, int, int]:
    """Return left, top, width and height, pixels, of the middle that has the shape (to_width, to_height).

    Args:
        width: of the frame in pixels.
        height: of the frame in pixels.
        to_width: of the model's input.
        to_height: of the model's input.
        share: of the largest such rectangle's edges, 0-1, counted in thousandths.
    """
    if width * to_height >= height * to_width:
        width_, height_ = (2 * height * to_width + to_height) // (2 * to_height), height
    else:
        width_, height_ = width, (2 * width * to_height + to_width) // (2 * to_width)
    parts = round(share * _THOUSAND)
    width_, height_ = (max(1, (2 * edge * parts + _THOUSAND) // (2 * _THOUSAND)) for edge in (width_, height_))
    return (width - width_) // 2, (height - height_) // 2, width_, height_


def fitting(width: int, height: int, to_width: int, to_height: int) -> tuple[int, int]:
    """Return width and height, pixels, of the frame's shape that just fits into (to_width, to_height)."""
    if width * to_height >= height * to_width:
        return to_width, max(1, (2 * height * to_width + width) // (2 * width))
    return max(1, (2 * width * to_height + height) // (2 * height)), to_height


def resize(image: NDArray[np.uint8], width: int, height: int, interpolation: str) -> NDArray[np.uint8]:
    """Resize uint8 pixels, shape (H, W) or (H, W, 3), the same on every processor (definition above)."""
    if interpolation == "nearest":
        return _nearest(image, width, height)
    if interpolation == "area" and width <= image.shape[1] and height <= image.shape[0]:
        return _area(image, width, height)
    return _linear(image, width, height)


def _nearest(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    rows, columns = image.shape[:2]
    down, across = (
        (2 * np.arange(new) + 1) * old // (2 * new) for new, old in ((height, rows), (width, columns))
    )  # fmt: skip
    return np.asarray(image.take(down, axis=0).take(across, axis=1), np.uint8)


def _linear(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    if image.shape[1::-1] == (width, height):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8)


def _area(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    rows, columns = image.shape[:2]
    if (columns, rows) == (width, height):
        return image
    means = cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    if columns in _powers_of(width) and rows in _powers_of(height):
        return np.asarray(means + np.float32(0.5), np.uint8)  # float32 has no errors then, but halves abound
    rounded = np.asarray(cv2.convertScaleAbs(means), np.uint8)
    distance = cv2.absdiff(means, rounded.astype(np.float32))
    if distance.max() > _DOUBTFUL:
        doubtful = np.nonzero(distance > _DOUBTFUL)
        rounded[doubtful] = _exact_means(image, doubtful, width, height)
    return rounded


def _powers_of(edge: int) -> tuple[int, ...]:
    return edge, 2 * edge, 4 * edge, 8 * edge


def _exact_means(
    image: NDArray[np.uint8], places: tuple[NDArray[np.int64], ...], width: int, height: int
) -> NDArray[np.int64]:
    """Compute single pixels of `_area` in integers."""
    rows, columns = image.shape[:2]
    (across, weights_across), (down, weights_down) = (
        _covered(places[1], columns, width),
        _covered(places[0], rows, height),
    )
    channel = tuple(place[:, np.newaxis, np.newaxis] for place in places[2:])
    values = image[(down[:, :, np.newaxis], across[:, np.newaxis, :], *channel)].astype(np.int64)
    total = np.einsum("nyx,ny,nx->n", values, weights_down, weights_across)
    return np.asarray((2 * total + rows * columns) // (2 * rows * columns), np.int64)


def _covered(new: NDArray[np.int64], old_size: int, new_size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the old pixels that new ones cover and how many units of each: int64, shape (N, most that any covers)."""
    start, end = new * old_size, (new + 1) * old_size
    count = -(-old_size // new_size) + 1
    old = start[:, np.newaxis] // new_size + np.arange(count)
    weights = np.minimum(end[:, np.newaxis], (old + 1) * new_size) - np.maximum(start[:, np.newaxis], old * new_size)
    return np.minimum(old, old_size - 1), np.maximum(weights, 0)


def to_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of BGR pixels: (29 B + 150 G + 77 R + 128) / 256, rounded down; uint8, shape (H, W)."""
    weighted = pixels.astype(np.uint16) * np.array([29, 150, 77], np.uint16)
    return np.asarray((weighted.sum(axis=2, dtype=np.uint16) + np.uint16(128)) >> 8, np.uint8)


def _resize_planes(
    picture: YuvPicture, box: tuple[int, int, int, int], size: tuple[int, int], interpolation: str
) -> NDArray[np.uint8]:
    """Resize the planes of a video's picture, then convert: BGR of the whole picture would take longer."""
    left, top, width, height = box
    y = picture.y[top : top + height, left : left + width]
    is_fine = min(width / size[0], height / size[1]) >= _FINE
    planes = (y, *(_part_of_colour(plane, box, is_fine=is_fine) for plane in (picture.u, picture.v)))
    return planes_to_bgr(*(resize(np.ascontiguousarray(plane), *size, interpolation) for plane in planes))


def _part_of_colour(plane: NDArray[np.uint8], box: tuple[int, int, int, int], *, is_fine: bool) -> NDArray[np.uint8]:
    """Return the colours in a box of the picture, which is twice as large as their plane.

    On an axis where the box cuts a colour in half, each is repeated, so that the half counts as one. In a fine picture
    that takes long and matters little, and the colours lie half of theirs away.
    """
    left, top, width, height = box
    part = plane[top // 2 : -(-(top + height) // 2), left // 2 : -(-(left + width) // 2)]
    across, down = 1 + (left | width) % 2, 1 + (top | height) % 2
    if is_fine or across == down == 1:
        return part
    part = np.asarray(cv2.resize(part, None, fx=across, fy=down, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
    rows = part[top % 2 : top % 2 + height] if down == 2 else part
    return rows[:, left % 2 : left % 2 + width] if across == 2 else rows


def _variation(pixels: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the most varied channel of cells, as a score of 0-1.

    A cell is a sixteenth of each edge in whole pixels, at least one; what is left over at the right and below doesn't
    count. The sums are of integers, so that the score is the same on every processor.
    """
    (rows, columns), channels = pixels.shape[:2], pixels[0, 0].size
    height, width = (max(1, edge // _PRESENCE_CELLS) for edge in (rows, columns))
    down, across = rows // height, columns // width
    strips = pixels[: down * height].reshape(down, height, -1).sum(axis=1, dtype=np.uint16)  # an edge is 4,096 at most
    parts = strips[:, : across * width * channels].reshape(down * across, width, channels)
    _, deviations = cv2.meanStdDev(cv2.reduce(parts, 1, cv2.REDUCE_SUM, dtype=cv2.CV_64F))
    return float(min(1.0, deviations.max() / (height * width * _FULL_VARIATION)))


def _centred(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Put pixels in the middle of a black canvas; an odd pixel more lies at the right and below."""
    canvas = np.zeros((height, width, *pixels.shape[2:]), np.uint8)
    top, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas
