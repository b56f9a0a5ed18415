"""Directories of TIFFs, packed by hand."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from edge.errors import FrameError
from edge.images.decode import decode_image
from edge.images.tiff import largest_tile


def tiff(*entries: tuple[int, int, int], order: str = "<") -> bytes:
    """One directory of (tag, kind, value)."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    packed = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1) + struct.pack(f"{order}{'H2x' if kind == 3 else 'I'}", value)
        for tag, kind, value in entries
    )
    return head + struct.pack(f"{order}IH", 8, len(entries)) + packed + bytes(4)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [3, 4], ids=["SHORT", "LONG"])
def test_the_size_of_a_tile(order: str, kind: int) -> None:
    assert largest_tile(tiff((256, 4, 9), (322, kind, 640), (323, kind, 480), order=order)) == 640 * 480


@pytest.mark.parametrize(
    ("content", "pixels"),
    [
        (b"", 0),
        (b"II*\0", 0),
        (b"II*\0\xff\xff\xff\xff", 0),
        (b"MM\0*\0\0\0\x08\xff\xff", 0),
        (tiff((256, 4, 9)), 0),
        (tiff((322, 4, 16), (323, 4, 16), (322, 4, 99)), 99 * 16),
        (tiff((322, 16, 16), (323, 4, 1)), 2**32),
        (tiff((322, 4, 640), (323, 4, 480))[:-10], 0),
        (cv2.imencode(".tif", np.zeros((8, 8, 3), np.uint8))[1].tobytes(), 0),
    ],
    ids=["empty", "cut", "far away", "many entries", "strips", "twice", "strange kind", "cut inside", "OpenCV's"],
)  # fmt: skip
def test_what_else_a_file_may_say(content: bytes, pixels: int) -> None:
    assert largest_tile(content) == pixels


def test_a_small_picture_with_a_huge_tile_is_refused() -> None:
    with pytest.raises(FrameError, match="a tile of it claims more than 26,000,000 pixels"):
        decode_image(tiff((256, 4, 64), (257, 4, 64), (322, 4, 12_000), (323, 4, 12_000)))
