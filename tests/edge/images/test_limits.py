"""Checks of image files before they are decoded: scans of JPEGs, chunks of PNGs, tiles of TIFFs."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from edge.errors import FrameError
from edge.images.decode import decode_image
from edge.images.limits import MOST_SCANS, has_too_many_scans, has_whole_chunks, largest_tile

JPEG_START, SCAN = b"\xff\xd8", b"\xff\xda\x00\x02"
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG = cv2.imencode(".png", np.full((20, 30, 3), 9, np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    ("content", "is_so"),
    [
        (JPEG_START + MOST_SCANS * (SCAN + b"data\xff\x00\xff\xd0"), False),
        (JPEG_START + (MOST_SCANS + 1) * (SCAN + b"data\xff\x00\xff\xd0"), True),
        (JPEG_START + (MOST_SCANS + 1) * (SCAN + b"garbage\xff\xff"), True),
        (JPEG_START + (MOST_SCANS + 1) * (b"\xff\x01\xff\xff" + SCAN[1:]), True),
        (JPEG_START + SCAN + b"\xff\xd9" + 999 * SCAN, False),
        (b"\xff\xd8\xff\xe1\x0f\xff" + 1000 * SCAN + bytes(93) + SCAN + b"\xff\xd9", False),
        (JPEG_START + 20_000 * b"\xff\xe0\0\x02" + 999 * SCAN, True),
    ],
    ids=["just enough", "one more", "garbage between", "markers without length", "behind the end", "in a segment",
         "segments without end"],
)  # fmt: skip
def test_scans_are_counted_up_to_the_end_of_the_picture(content: bytes, is_so: bool) -> None:
    assert has_too_many_scans(content) is is_so


def chunk(name: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """One without a right checksum."""
    return (len(data) if length is None else length).to_bytes(4, "big") + name + data + bytes(4)


@pytest.mark.parametrize(
    ("content", "is_whole"),
    [
        (PNG, True),
        (PNG + b"behind the end", True),
        (PNG[:-1], False),
        (PNG_START, False),
        (PNG_START + chunk(b"IHDR", bytes(13)) + chunk(b"IEND"), True),
        (PNG_START + chunk(b"IDAT", bytes(9), length=10) + chunk(b"IEND"), False),
        (PNG_START + chunk(b"IDAT", bytes(9), length=2**32 - 1) + chunk(b"IEND"), False),
        (PNG_START + 30_000 * chunk(b"tEXt") + chunk(b"IEND"), False),
    ],
    ids=["whole", "more behind it", "cut", "nothing", "empty", "one byte more", "four gigabytes", "chunks without end"],
)
def test_chunks_are_followed_to_the_last_one(content: bytes, is_whole: bool) -> None:
    assert has_whole_chunks(content) is is_whole


def test_a_chunk_that_claims_gigabytes_reaches_no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    place = PNG.find(b"IDAT") - 4
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it did"))
    with pytest.raises(FrameError, match="PNG .* shorter"):
        decode_image(PNG[:place] + b"\xff\0\0\0" + PNG[place + 4 :])


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
def test_a_tiles_pixels_are_the_product_of_its_sides(order: str, kind: int) -> None:
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
def test_a_damaged_or_strange_tiff_is_read_to_its_largest_tile(content: bytes, pixels: int) -> None:
    assert largest_tile(content) == pixels


def test_a_small_picture_with_a_huge_tile_is_refused() -> None:
    with pytest.raises(FrameError, match="tile .* 65,000,000 pixels"):
        decode_image(tiff((256, 4, 64), (257, 4, 64), (322, 4, 12_000), (323, 4, 12_000)))
