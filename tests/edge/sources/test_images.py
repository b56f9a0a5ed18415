"""Image files: decoded upright and in BGR, one at a time; what can't be read is skipped, counted and said."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import FrameError
from edge.images import limits
from edge.images.files import IMAGE_SUFFIXES, decode_image
from edge.sources.images import ImageSource

ORANGE = (0, 128, 255)  # BGR


def encoded(image: np.ndarray, suffix: str = ".png") -> bytes:
    """The bytes of an image file."""
    done, content = cv2.imencode(suffix, image)
    assert done
    return content.tobytes()


def test_a_picture_is_decoded_to_bgr() -> None:
    image = np.full((3, 5, 3), ORANGE, np.uint8)
    decoded = decode_image(encoded(image))
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, image)


@pytest.mark.parametrize(
    "image",
    [np.full((3, 5), 9, np.uint8), np.full((3, 5, 4), 9, np.uint8), np.full((3, 5), 9 * 257, np.uint16)],
    ids=["grey", "with alpha", "16 bit"],
)
def test_other_pixel_formats_become_bgr_too(image: np.ndarray) -> None:
    assert (decode_image(encoded(image)) == np.full((3, 5, 3), 9)).all()


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    """EXIF orientation 6: the camera was held so that row 0 is the scene's right side."""
    jpeg = encoded(np.full((8, 16, 3), ORANGE, np.uint8), ".jpg")
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"  # tag 0x0112, SHORT, one value, 6
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
    payload = b"Exif\x00\x00" + tiff
    exif = b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload
    assert decode_image(jpeg).shape == (8, 16, 3)
    assert decode_image(jpeg[:2] + exif + jpeg[2:]).shape == (16, 8, 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"hello", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "PNG .*shorter"),
        (bytes(5000), "not an image"),
    ],
    ids=["empty", "text", "PNG's first bytes", "zeros"],
)
def test_content_that_is_no_image_is_a_frame_error(content: bytes, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        decode_image(content)


# Each claims 60,000 x 60,000 pixels in a hundred bytes.
BOMBS = {
    "PNG": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0),
    "BMP": b"BM" + struct.pack("<IHHI IiiHHIIiiII", 1000, 0, 0, 54, 40, 60_000, 60_000, 1, 24, *[0] * 6),
    "PGM": b"P5\n60000 60000\n255\n",
    "PPM as text": b"P3\n60000 60000\n255\n",
    "TIFF": b"II*\0\x08\0\0\0\x08\0" + b"".join(struct.pack("<HHII", *entry) for entry in (
        (256, 4, 1, 60_000), (257, 4, 1, 60_000), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
        (277, 3, 1, 1), (279, 4, 1, 100))) + bytes(4),
}  # fmt: skip
BOMBS["PNG"] += zlib.crc32(BOMBS["PNG"][12:]).to_bytes(4, "big") + b"\0\0\0\x60IDAT" + bytes(96 + 4 + 4) + b"IEND"


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_that_claims_too_many_pixels_is_refused_by_its_header(name: str) -> None:
    with pytest.raises(FrameError, match="26,000,000 pixels: .*OPENCV_IO_MAX"):
        decode_image(BOMBS[name] + bytes(100))


def test_a_jpeg_that_claims_too_many_pixels_is_refused_by_its_header() -> None:
    jpeg = bytearray(encoded(np.zeros((16, 16, 3), np.uint8), ".jpg"))
    place = jpeg.find(b"\xff\xc0") + 5
    jpeg[place : place + 4] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(FrameError, match="26,000,000 pixels"):
        decode_image(bytes(jpeg))


def test_the_runner_lowers_opencvs_limit_before_it_is_imported(spawn: Callable[..., Any], tmp_path: Path) -> None:
    """6500 x 4001 is one row more than fits; OpenCV's own limit is 41 times as much."""
    (tmp_path / "a.pgm").write_bytes(b"P5\n6500 4001\n255\n" + bytes(6500 * 4001))
    (tmp_path / "b.pgm").write_bytes(b"P5\n64 48\n255\n" + bytes(64 * 48))
    child = spawn("-m", "edge.run.main", "--source", str(tmp_path), "--json", "-q")
    out, err = child.communicate(timeout=60)
    assert (len(out.splitlines()), child.returncode) == (1, 1)
    assert err.startswith(f"skipped {tmp_path / 'a.pgm'}: ")
    assert err.count("\n") == 1
    assert "26,000,000 pixels" in err


@pytest.mark.parametrize("content", [b"#?RADIANCE\n", b"GIF89a", b"\x76\x2f\x31\x01", b"\0\0\0\x0cjP  \r\n\x87\n"],
                         ids=["HDR", "GIF", "EXR", "JPEG 2000"])  # fmt: skip
def test_other_kinds_of_images_reach_no_decoder(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it did"))
    with pytest.raises(FrameError, match="not an image"):
        decode_image(content + bytes(100))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tif", ".pgm", ".ppm"])
def test_every_suffix_that_is_looked_for_can_be_decoded(suffix: str) -> None:
    shape = (4, 4) if suffix == ".pgm" else (4, 4, 3)
    assert decode_image(encoded(np.full(shape, 9, np.uint8), suffix)).shape == (4, 4, 3)


def test_a_file_that_is_too_large_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 1000)
    (tmp_path / "a.bmp").write_bytes(b"BM" + bytes(999))
    os.mkfifo(tmp_path / "b.bmp")  # nobody will ever write to it
    source = ImageSource("pictures", [tmp_path / "a.bmp", tmp_path / "b.bmp"])
    assert list(source.frames()) == []
    assert source.skipped == 2
    assert [message.partition(": ")[2] for message in caplog.messages] == [
        "larger than 1,000 bytes",
        "not a regular file",
    ]


def test_a_jpeg_of_a_thousand_scans_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    last_scan = jpeg[jpeg.rfind(b"\xff\xda") : -2]
    assert decode_image(jpeg[:-2] + 20 * last_scan + b"\xff\xd9").shape == (64, 64, 3)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was"))
    with pytest.raises(FrameError, match="JPEG .*minutes"):
        decode_image(jpeg[:-2] + 1000 * last_scan + b"\xff\xd9")


def test_files_are_read_in_order_and_bad_ones_skipped_counted_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for grey, name in enumerate(("a.png", "c.png")):
        (tmp_path / name).write_bytes(encoded(np.full((2, 2, 3), grey, np.uint8)))
    (tmp_path / "b.png").write_text("no picture", encoding="utf-8")
    paths = [tmp_path / name for name in ("a.png", "b.png", "c.png", "gone.png")]
    source = ImageSource("pictures", paths)
    frames = list(source.frames())
    source.close()
    assert source.name == "pictures"
    assert [(frame.number, frame.source) for frame in frames] == [(0, str(paths[0])), (1, str(paths[2]))]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 1]
    assert source.skipped == 2
    for path, reason, message in zip(paths[1::2], ("not an image", "No such file"), caplog.messages, strict=True):
        assert message.startswith(f"skipped {path}: {reason}")


def test_suffixes_are_lower_case_with_their_dot() -> None:
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in IMAGE_SUFFIXES)
    assert {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tiff"} <= set(IMAGE_SUFFIXES)
