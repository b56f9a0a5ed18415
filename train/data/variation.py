"""Random variations of photographs: crop, rotation, light and colour, of the pixels that `image-v1` makes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_MOST_ASPECT = 4 / 3  # of a crop, in units of the image's: a frame of 4:3 that is squeezed into a square


def vary(
    pixels: NDArray[np.uint8], *, height: int, width: int, random_crop: float, rotate: float, light: float,
    colour: float, rng: np.random.Generator,
) -> NDArray[np.uint8]:  # fmt: skip
    """Return varied images of a network's size.

    Args:
        pixels: uint8, 0-255: BGR, shape (N, rows, columns, 3), or grey, shape (N, rows, columns).
        height: of the result in pixels.
        width: of the result in pixels.
        random_crop: smallest share of the area that a crop keeps, 0-1; 0: the whole image.
        rotate: largest angle each way, in degrees; what comes in from outside is the image mirrored.
        light: largest change of exposure and of gamma, as a natural logarithm.
        colour: largest change of each channel, as a natural logarithm.
        rng: draws everything; the result depends on nothing else.

    Returns:
        uint8, 0-255: shape (N, height, width, 3) or (N, height, width).
    """
    count, size = len(pixels), (pixels.shape[1], pixels.shape[2])
    matrices = _matrices(count, size, (height, width), random_crop=random_crop, rotate=rotate, rng=rng)
    channels = pixels.shape[3] if pixels.ndim == 4 else 1
    tables = _tables(count, channels, light=light, colour=colour, rng=rng)
    varied = np.empty((count, height, width, *pixels.shape[3:]), np.uint8)
    for number in range(count):
        moved = cv2.warpAffine(
            pixels[number], matrices[number], (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT_101,
        )  # fmt: skip
        varied[number] = cv2.LUT(moved, tables[number])
    return varied


def _matrices(
    count: int, size: tuple[int, int], to_size: tuple[int, int], *, random_crop: float, rotate: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the places in the image that the pixels of the result come from: float64, shape (N, 2, 3)."""
    area = rng.uniform(random_crop or 1, 1, count)
    aspect = np.exp(rng.uniform(-1, 1, count) * (np.log(_MOST_ASPECT) if random_crop else 0))
    across, down = np.minimum(1, np.sqrt(area * aspect)), np.minimum(1, np.sqrt(area / aspect))
    place = rng.uniform(0, 1, (2, count))
    angle = np.deg2rad(rng.uniform(-rotate, rotate, count))
    rows, columns = size
    middle = np.stack([((1 - across) * place[0] + across / 2) * columns, ((1 - down) * place[1] + down / 2) * rows])
    x_scale, y_scale = across * columns / to_size[1], down * rows / to_size[0]
    linear = np.stack([
        np.stack([np.cos(angle) * x_scale, -np.sin(angle) * y_scale], axis=-1),
        np.stack([np.sin(angle) * x_scale, np.cos(angle) * y_scale], axis=-1),
    ], axis=1)  # fmt: skip
    # Centres of pixels lie at whole numbers.
    offset = middle.T - 0.5 - linear @ np.array([(to_size[1] - 1) / 2, (to_size[0] - 1) / 2])
    return np.concatenate([linear, offset[..., np.newaxis]], axis=2)


def _tables(count: int, channels: int, *, light: float, colour: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the new value of each pixel value: uint8, shape (N, 1, 256, channels)."""
    exposure, gamma = np.exp(rng.uniform(-light, light, (2, count, 1, 1)))
    gains = np.exp(rng.uniform(-colour, colour, (count, 1, channels)))
    levels = (np.arange(256) / 255)[np.newaxis, :, np.newaxis]
    tables = np.clip(np.rint(255 * exposure * gains * levels**gamma), 0, 255)
    return np.asarray(tables[:, np.newaxis], np.uint8)
