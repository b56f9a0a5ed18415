"""Decoded pixels as every recipe takes them: 8 bits, upright, and what is transparent on a ground that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GROUNDS = (255, 32, 144)  # grey levels of which the first that differs enough is taken: shops photograph on white
_ALIKE = 64  # levels: what is nearer to the ground is hard to tell from it
_OPAQUE_ENOUGH = 128  # of 255: a pixel that belongs to the object
_STRIDE = 4  # of the pixels that choose a ground
_BAND = 256  # rows that are laid on a ground at a time: their products are twice as large
_DEPTHS = (255, 1023, 4095)  # white in 8, 10 and 12 bits
_SPREAD = 257  # 65535 / 255: factor of 8 bits that were spread over 16
# EXIF orientation: transposed or not, then mirrored left to right, then upside down.
_TURNS = {2: (False, True, False), 3: (False, True, True), 4: (False, False, True), 5: (True, False, False),
          6: (True, True, False), 7: (True, True, True), 8: (True, False, True)}  # fmt: skip


def to_eight_bits(pixels: NDArray[Any], *, white: int = 0) -> NDArray[np.uint8]:
    """Scale pixels to 0-255.

    Args:
        pixels: uint8 or uint16, any shape.
        white: value of white; 0: 255, or of uint16 what the values look like, in 8, 10, 12 or 16 bits.

    Returns:
        uint8, same shape; the very same array where nothing is to be done.
    """
    white = white or _white_of(pixels)
    if pixels.dtype == np.uint8 and white == 255:
        return np.asarray(pixels, np.uint8)
    shape = pixels.shape
    return np.asarray(cv2.convertScaleAbs(pixels, alpha=255 / white), np.uint8).reshape(shape)


def _white_of(pixels: NDArray[Any]) -> int:
    """Return the value of white: cameras of 10 or 12 bits store the numbers of their sensor in 16."""
    if pixels.dtype == np.uint8:
        return 255
    brightest = int(pixels.max())
    if brightest > _DEPTHS[-1] or not (pixels % _SPREAD).any():
        return 65535
    return next(white for white in _DEPTHS if brightest <= white)


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return pixels, shape (H, W, ...), as their EXIF orientation, 1-8, says that they are seen."""
    if orientation not in _TURNS:
        return pixels
    is_transposed, is_mirrored, is_flipped = _TURNS[orientation]
    turned = pixels.swapaxes(0, 1) if is_transposed else pixels
    turned = turned[:, ::-1] if is_mirrored else turned
    return np.ascontiguousarray(turned[::-1] if is_flipped else turned)


def to_three_or_four(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return grey, grey with alpha, BGR or BGRA as BGR or BGRA: uint8, shape (H, W, 3 or 4)."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels == 2:
        return np.ascontiguousarray(pixels[..., [0, 0, 0, 1]])
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8) if channels == 1 else pixels


def lay_on_ground(bgra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a picture on a grey ground that differs from what is opaque in it.

    The colours under transparent pixels are arbitrary: editors leave black there, or what they erased.

    Args:
        bgra: uint8 BGRA, shape (H, W, 4), 0-255; its colours are overwritten.

    Returns:
        uint8 BGRA, shape (H, W, 4), with the colours on their ground and alpha as it was, for whoever wants the
        outline; or BGR, shape (H, W, 3), where alpha says nothing: the same everywhere, opaque or never set.
    """
    alpha = bgra[..., 3]
    lowest, highest = int(alpha.min()), int(alpha.max())
    if lowest == 255 or highest == 0:
        return np.ascontiguousarray(bgra[..., :3])
    ground = _ground_for(bgra)
    for top in range(0, len(bgra), _BAND):
        band = bgra[top : top + _BAND]
        share = band[..., 3:].astype(np.uint32)
        band[..., :3] = (band[..., :3] * share + ground * (255 - share) + 127) // 255
    return bgra


def _ground_for(bgra: NDArray[np.uint8]) -> int:
    """Return the grey level that the fewest pixels of the object are like."""
    seen = bgra[::_STRIDE, ::_STRIDE].reshape(-1, 1, 4)
    chosen = seen[seen[..., 3] >= _OPAQUE_ENOUGH].reshape(-1, 1, 4)
    if not len(chosen):
        return _GROUNDS[0]
    grey = np.asarray(cv2.cvtColor(chosen, cv2.COLOR_BGRA2GRAY), np.int16)
    return min(_GROUNDS, key=lambda ground: np.count_nonzero(np.abs(grey - ground) < _ALIKE))
