"""Sizes that a header claims, read before a decoder is called."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.images import kinds
from edge.images.boxes import boxes
from edge.images.headers import Header, read_header
from edge.images.kinds import Kind, kind_of

WIDE = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)


def header_of(content: bytes) -> Header:
    kind = kind_of(content)
    assert kind is not None
    header = read_header(kind, content)
    assert header is not None
    return header


def by_opencv(suffix: str, image: np.ndarray = WIDE, *parameters: int) -> bytes:
    return cv2.imencode(suffix, image, parameters)[1].tobytes()


def by_pillow(form: str, mode: str = "RGB", **how: Any) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(WIDE).convert(mode)
    if mode in ("RGBA", "LA"):
        image.putpixel((0, 0), (0,) * len(mode))  # or an encoder drops alpha
    image.save(file, form, **how)
    return file.getvalue()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tif", ".pgm", ".ppm"])
def test_width_and_height_are_read_from_every_kind(suffix: str) -> None:
    header = header_of(by_opencv(suffix, WIDE[..., 0] if suffix == ".pgm" else WIDE))
    assert (header.width, header.height, header.channels, header.bits) == (30, 20, 3, 8)


@pytest.mark.parametrize(
    ("form", "mode", "how", "channels"),
    [
        ("PNG", "RGBA", {}, 4),
        ("PNG", "LA", {}, 4),
        ("PNG", "P", {"transparency": 0}, 4),
        ("PNG", "P", {}, 3),
        ("WEBP", "RGBA", {"lossless": True}, 4),
        ("WEBP", "RGB", {"lossless": True}, 3),
        ("WEBP", "RGBA", {"exif": b"Exif\0\0MM\0*"}, 4),
        ("WEBP", "RGB", {"exif": b"Exif\0\0MM\0*"}, 3),
        ("TIFF", "RGBA", {}, 4),
        ("TIFF", "CMYK", {}, 3),
        ("GIF", "P", {}, 4),
        ("JPEG2000", "RGB", {}, 3),
        ("JPEG2000", "RGBA", {}, 4),
        ("AVIF", "RGB", {}, 3),
        ("AVIF", "RGBA", {}, 4),
        ("JPEG", "CMYK", {}, 3),
    ],
)
def test_alpha_is_announced(form: str, mode: str, how: dict[str, Any], channels: int) -> None:
    header = header_of(by_pillow(form, mode, **how))
    assert (header.width, header.height, header.channels) == (30, 20, channels)


def test_depth_and_white_are_read_where_the_decoder_does_not_heed_them() -> None:
    deep = WIDE.astype(np.uint16) * 257
    assert header_of(by_opencv(".png", deep)).bits == header_of(by_opencv(".tif", deep)).bits == 16
    assert header_of(b"P5\n# twelve bits\n3 2\n4095\n" + bytes(12)) == Header(3, 2, bits=16, white=4095)
    assert header_of(b"P5 3 2 100\n" + bytes(6)).white == 100
    assert header_of(b"P2 3 2 100\n1 2 3 4 5 6").white == 0  # OpenCV scales a text's


@pytest.mark.parametrize(
    ("parameters", "buffered"),
    [
        ((), 0),
        ((cv2.IMWRITE_JPEG_PROGRESSIVE, 1), 3),  # two bytes each of brightness, and of a quarter as many of two colours
        ((cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111), 6),
    ],
    ids=["one scan", "4:2:0", "4:4:4"],
)
def test_what_a_progressive_jpeg_keeps_until_its_end_is_known(parameters: tuple[int, ...], buffered: float) -> None:
    assert header_of(by_opencv(".jpg", WIDE, *parameters)).buffered == buffered


def test_a_thumbnails_size_is_not_the_images() -> None:
    thumbnail, whole = by_opencv(".jpg", WIDE[:8, :8]), by_opencv(".jpg")
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    assert header_of(whole[:2] + segment + whole[2:]).width == 30


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff",
        b"\xff\xd8" + b"\xff\xe0\0\x02" * 20_000,
        b"\xff\xd8\xff\xc0\0\x11\x08\0\x20",
        b"\xff\xd8\xff\xc0\0\x08\x08\0\x20\0\x20\0",
        b"P6\n" + b"9" * 99_999,
        b"P6\n4 4",
        b"II*\0\x08\0\0\0",
        b"BM",
        b"RIFF\0\0\0\0WEBPVP8X",
        b"GIF89a\x01",
        b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x08free" * 20_000,
        b"\xff\x4f\xff\x51\0\x29\0\0",
        b"\xff\x4f\xff\x51" + struct.pack(">HH8IH", 38, 0, 8, 8, 0, 0, 8, 8, 0, 0, 9000) + bytes(9),
        b"\0\0\0\x0cftypavif" + b"\0\0\0\x0cmeta\0\0\0\0",
    ],
    ids=["JPEG", "segments", "frame", "colours", "number", "PPM", "TIFF", "BMP", "WebP", "GIF", "boxes", "JPEG 2000",
         "components", "AVIF"],
)  # fmt: skip
def test_a_header_that_breaks_off_or_never_ends_says_nothing(content: bytes) -> None:
    kind = kind_of(content)
    assert kind is not None
    assert read_header(kind, content) is None


def test_the_larger_of_two_sizes_counts() -> None:
    """Tiles and a thumbnail have sizes of their own."""
    sizes = b"".join(b"\0\0\0\x14ispe" + struct.pack(">4xII", side, side) for side in (512, 4000, 160))
    for name in (b"ipco", b"iprp", b"meta"):
        sizes = name + (b"\0\0\0\0" if name == b"meta" else b"") + sizes
        sizes = (len(sizes) + 4).to_bytes(4, "big") + sizes
    header = header_of(b"\0\0\0\x0cftypheic" + sizes)
    assert (header.width, header.height) == (4000, 4000)


def test_boxes_may_be_long_or_reach_to_the_end() -> None:
    content = b"\0\0\0\x09freex" + b"\0\0\0\x01data" + (18).to_bytes(8, "big") + b"ab" + b"\0\0\0\0datacd"
    assert [content[at:end] for at, end in boxes(content, b"data")] == [b"ab", b"cd"]
    assert list(boxes(b"\0\0\0\x07data", b"data")) == []


def test_a_turned_transparent_image_says_how() -> None:
    exif = Image.Exif()
    exif[274] = 6
    for form in ("PNG", "WEBP"):
        assert header_of(by_pillow(form, "RGBA", exif=exif)).orientation == 6
    assert read_header(kinds.PNG, by_pillow("PNG", "RGBA")).orientation == 1


def test_every_kind_that_can_be_read_has_a_header() -> None:
    readable = [kind for kind in vars(kinds).values() if isinstance(kind, Kind) and kind.needs != "-"]
    assert len(readable) == 10
    assert [read_header(kind, b"") for kind in readable] == [None] * 10
