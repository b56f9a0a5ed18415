"""How large a picture may be; what claims more is refused before memory is taken for it."""

from __future__ import annotations

import os

MOST_PIXELS = 26_000_000
"""A system camera's picture; the worst kind of JPEG takes 300 MB while one of them is decoded."""
MOST_BYTES = 64 * 2**20
"""Of a file, or of what a server sends for one picture."""
_VARIABLE = "OPENCV_IO_MAX_IMAGE_PIXELS"  # OpenCV reads it once, when it is imported


def tell_opencv() -> None:
    """Set the limit for every image that OpenCV decodes in this process; the user's own wins."""
    if not os.environ.get(_VARIABLE):
        os.environ[_VARIABLE] = str(MOST_PIXELS)


def most_pixels() -> int:
    """The limit that holds: the user's own, or ours."""
    text = os.environ.get(_VARIABLE, "")
    return int(text) if text.isdecimal() else MOST_PIXELS


def too_many_pixels() -> str:
    """The end of a sentence about a picture that is too large."""
    return f"more than {most_pixels():,} pixels: shrink it, or set {_VARIABLE}"
