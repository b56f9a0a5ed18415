"""Image files: decoded upright and in BGR, one at a time; what can't be read is skipped, counted and said."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import FrameError
from edge.sources.files import IMAGE_SUFFIXES, ImageSource, decode_image

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
        (b"hello", "not an image that OpenCV can read"),
        (b"\x89PNG\r\n\x1a\n", "not an image that OpenCV can read"),
        (bytes(5000), "not an image that OpenCV can read"),
    ],
    ids=["empty", "text", "PNG's first bytes", "zeros"],
)
def test_what_is_no_picture_is_a_frame_error(content: bytes, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        decode_image(content)


def test_a_picture_beyond_opencvs_limit_is_a_frame_error() -> None:
    header = b"P5\n100000 100000\n255\n"  # 10^10 pixels, of which none follows
    with pytest.raises(FrameError, match="OpenCV"):
        decode_image(header + bytes(100))


def test_files_are_read_in_order_and_bad_ones_skipped_counted_and_said(
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
    assert caplog.messages == [
        f"skipped {paths[1]}: not an image that OpenCV can read",
        f"skipped {paths[3]}: No such file or directory",
    ]


def test_suffixes_are_lower_case_with_their_dot() -> None:
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in IMAGE_SUFFIXES)
    assert {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tiff"} <= set(IMAGE_SUFFIXES)
