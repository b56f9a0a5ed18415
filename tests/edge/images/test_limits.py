"""Checks of image files before they are decoded: pixels, memory, scans of JPEGs, chunks of PNGs, tiles of TIFFs."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import FrameError
from edge.images import kinds, limits
from edge.images.decode import decode_image, read_image
from edge.images.limits import MOST_SCANS, has_too_many_scans, has_whole_chunks, largest_tile
from tests.edge.images.conftest import encoded

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


# Each claims 60,000 x 60,000 pixels in a hundred bytes.
BOMBS = {
    "PNG": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0),
    "BMP": b"BM" + struct.pack("<IHHI IiiHHIIiiII", 1000, 0, 0, 54, 40, 60_000, 60_000, 1, 24, *[0] * 6),
    "PGM": b"P5\n60000 60000\n255\n",
    "PPM as text": b"P3\n60000 60000\n255\n",
    "TIFF": b"II*\0\x08\0\0\0\x08\0" + b"".join(struct.pack("<HHII", *entry) for entry in (
        (256, 4, 1, 60_000), (257, 4, 1, 60_000), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
        (277, 3, 1, 1), (279, 4, 1, 100))) + bytes(4),
    "GIF": b"GIF89a" + struct.pack("<HH", 60_000, 60_000),
    "WebP": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + 2 * (59_999).to_bytes(3, "little"),
    "JPEG 2000": b"\xff\x4f\xff\x51" + struct.pack(">HH8IH", 47, 0, 60_000, 60_000, 0, 0, 9, 9, 0, 0, 3) + bytes(9),
}  # fmt: skip
BOMBS["PNG"] += zlib.crc32(BOMBS["PNG"][12:]).to_bytes(4, "big") + b"\0\0\0\x60IDAT" + bytes(96 + 4 + 4) + b"IEND"


@pytest.mark.parametrize("name", BOMBS)
def test_an_image_that_claims_too_many_pixels_reaches_no_decoder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it did"))
    monkeypatch.setattr(kinds, "is_readable", lambda _: True)
    with pytest.raises(FrameError, match="65,000,000 pixels: .*OPENCV_IO_MAX"):
        decode_image(BOMBS[name] + bytes(100))


def claiming(jpeg: bytes, width: int, height: int, marker: bytes = b"\xff\xc0") -> bytes:
    place = jpeg.find(marker) + 5
    return jpeg[:place] + struct.pack(">HH", height, width) + jpeg[place + 4 :]


def test_a_jpeg_that_claims_too_many_pixels_is_refused_by_its_header() -> None:
    jpeg = encoded(np.zeros((16, 16, 3), np.uint8), ".jpg")
    with pytest.raises(FrameError, match="65,000,000 pixels"):
        decode_image(claiming(jpeg, 60_000, 60_000))


@pytest.mark.parametrize(
    ("parameters", "width", "height", "flag"),
    [
        ((), 8064, 6048, cv2.IMREAD_REDUCED_COLOR_2),  # a phone's 48 megapixels
        ((), 6000, 4000, cv2.IMREAD_COLOR),
        ((cv2.IMWRITE_JPEG_PROGRESSIVE, 1), 6000, 4000, cv2.IMREAD_COLOR),
        ((cv2.IMWRITE_JPEG_PROGRESSIVE, 1), 8064, 6048, cv2.IMREAD_REDUCED_COLOR_2),
        ((cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111), 6000, 4000,
         cv2.IMREAD_REDUCED_COLOR_2),
    ],
)  # fmt: skip
def test_a_jpeg_that_needs_too_much_memory_is_decoded_smaller(
    parameters: tuple[int, ...], width: int, height: int, flag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags: list[int] = []
    monkeypatch.setattr(cv2, "imdecode", lambda _, flag: flags.append(flag))
    small = encoded(np.zeros((16, 16, 3), np.uint8), ".jpg", *parameters)
    with pytest.raises(FrameError, match="not an image"):
        decode_image(claiming(small, width, height, b"\xff\xc2" if parameters else b"\xff\xc0"))
    assert flags == [flag]


@pytest.mark.parametrize(
    "content",
    [
        claiming(encoded(np.zeros((16, 16, 3), np.uint8), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1,
                         cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111), 8064, 6048, b"\xff\xc2"),
        b"GIF89a" + struct.pack("<HH", 6000, 4000) + bytes(9),
        b"P5 6000 4000 65535\n",
    ],
    ids=["JPEG drawn in scans", "GIF", "16 bits"],
)  # fmt: skip
def test_what_needs_too_much_memory_at_any_size_is_refused(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "is_readable", lambda _: True)
    with pytest.raises(FrameError, match="224 MB"):
        decode_image(content)


def test_whoever_allows_more_pixels_allows_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "130000000")
    assert (limits.most_pixels(), limits.most_memory()) == (130_000_000, 448_000_000)
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "1000")
    assert (limits.most_pixels(), limits.most_video_pixels(), limits.most_memory()) == (1000, 1000, 224_000_000)
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", str(limits.MOST_PIXELS))  # as the runner sets it
    assert limits.most_video_pixels() == 26_000_000


def test_a_jpeg_of_a_thousand_scans_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    jpeg = encoded(np.zeros((64, 64, 3), np.uint8), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    last_scan = jpeg[jpeg.rfind(b"\xff\xda") : -2]
    assert decode_image(jpeg[:-2] + 20 * last_scan + b"\xff\xd9").shape == (64, 64, 3)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was"))
    with pytest.raises(FrameError, match="JPEG .*minutes"):
        decode_image(jpeg[:-2] + 1000 * last_scan + b"\xff\xd9")


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 1000)
    (tmp_path / "a.bmp").write_bytes(b"BM" + bytes(9999))
    os.mkfifo(tmp_path / "b.bmp")  # nobody will ever write to it
    with pytest.raises(FrameError, match="1,000 bytes"):
        read_image(tmp_path / "a.bmp")
    with pytest.raises(FrameError, match="regular"):
        read_image(tmp_path / "b.bmp")
