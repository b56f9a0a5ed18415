"""HEIC photographs, as an iPhone takes them, by pillow-heif (the extra `heic`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.errors import FrameError
from edge.images import kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decode_heic(content: bytes) -> NDArray[np.uint8]:
    """Decode the primary image of a HEIC.

    Returns:
        uint8 BGR or BGRA, shape (H, W, 3 or 4), 0-255, turned upright as the file says.

    Raises:
        FrameError: damaged, or the extra isn't installed.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise FrameError(kinds.refusal(kinds.HEIC)) from error
    try:
        file = pillow_heif.open_heif(content, convert_hdr_to_8bit=True, bgr_mode=True)
        pixels = np.asarray(file)
    except (ValueError, OSError, RuntimeError, SyntaxError, EOFError) as error:
        raise FrameError(f"a damaged HEIC ({error})") from error
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
        raise FrameError(f"a HEIC of {file.mode} pixels")
    return np.array(pixels) if pixels.shape[2:] == (4,) else pixels  # alpha is laid on a ground in place
