"""Sizes that an AV1 stream allows, by hand and as encoders write them."""

from __future__ import annotations

import io

import pytest
from PIL import Image, features

from edge.images import kinds
from edge.images.av1 import _sequence_size, _stream_size, largest_frame
from edge.images.headers import read_header

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow writes no AVIF")


def packed(*fields: tuple[int, int]) -> bytes:
    """Numbers of so many bits, one after the other, the last byte filled with zeros."""
    text = "".join(f"{number:0{bits}b}" for number, bits in fields)
    return bytes(int(text[place : place + 8].ljust(8, "0"), 2) for place in range(0, len(text), 8))


SIZE = ((11, 4), (10, 4), (3999, 12), (1999, 11))  # bits less one, width and height less one
STILL = packed((0, 3), (1, 1), (1, 1), (8, 5), *SIZE)
FULL = packed((0, 3), (0, 1), (0, 1), (0, 1), (0, 1), (0, 5), (0, 12), (9, 5), (0, 1), *SIZE)


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (STILL, (4000, 2000)),
        (FULL, (4096, 2048)),  # a frame of it may be as large as its bits allow
        (packed((0, 3), (0, 1), (0, 1), (0, 1), (1, 1), (0, 5), (0, 12), (5, 5), (1, 1), (9, 4), *SIZE), (4096, 2048)),
        (packed((0, 3), (0, 1), (0, 1), (1, 1), (0, 64)), None),  # times of a video
    ],
    ids=["still", "full", "delays", "times"],
)
def test_a_sequence_header_says_how_large_frames_may_be(header: bytes, size: tuple[int, int] | None) -> None:
    assert _sequence_size(header) == size


def test_the_largest_of_several_sequence_headers_counts() -> None:
    small = packed((0, 3), (1, 1), (1, 1), (8, 5), (5, 4), (5, 4), (63, 6), (63, 6))
    units = b"\x12\0" + b"".join(bytes([0x0A, len(header)]) + header for header in (small, STILL, small))
    assert _stream_size(units) == (4000, 2000)
    assert _stream_size(units + b"\x32\x03abc") == (4000, 2000)
    assert _stream_size(b"\x08" + STILL) == (4000, 2000)  # without a length: up to the end
    assert _stream_size(b"\x12\0") is None
    assert _stream_size(b"\x12\0" * 2000 + units) is None  # more units than an image has


def avif(side: int = 200, **how: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side // 2), "red").save(file, "AVIF", **how)
    return file.getvalue()


@needs_avif
def test_a_stream_that_is_larger_than_the_file_says_counts() -> None:
    content = avif()
    assert largest_frame(content) == (200, 100)
    place = content.find(b"ispe") + 8
    lying = content[:place] + bytes([0, 0, 0, 16]) * 2 + content[place + 8 :]
    header = read_header(kinds.AVIF, lying)
    assert header is not None
    assert (header.width, header.height) == (200, 100)


@needs_avif
def test_an_animation_and_damage_are_refused() -> None:
    assert largest_frame(avif(save_all=True, append_images=[Image.new("RGB", (200, 100))])) is None
    content = avif()
    for name in (b"meta", b"iloc", b"iinf", b"mdat"):
        assert read_header(kinds.AVIF, content[: content.find(name) + 6]) is None
    place = content.find(b"av01", content.find(b"infe"))
    assert largest_frame(content[:place] + b"grid" + content[place + 4 :]) != (200, 100)
