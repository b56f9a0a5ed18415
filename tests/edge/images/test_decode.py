"""Images of every kind become BGR: upright, 8 bits, on a ground, and no larger than needed."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.errors import FrameError
from edge.images import decode, kinds, limits
from edge.images.decode import decode_image, read_image

ORANGE = (0, 128, 255)  # BGR


def encoded(image: np.ndarray, suffix: str = ".png", *parameters: int) -> bytes:
    """The bytes of an image file."""
    done, content = cv2.imencode(suffix, image, parameters)
    assert done
    return content.tobytes()


def by_pillow(form: str, image: Image.Image, **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def cut_out(size: tuple[int, int] = (8, 4)) -> Image.Image:
    """Black left half on nothing, whose hidden colour is black too."""
    image = Image.new("RGBA", size)
    image.paste((0, 0, 0, 255), (0, 0, size[0] // 2, size[1]))
    return image


def test_an_image_is_decoded_to_bgr() -> None:
    image = np.full((3, 5, 3), ORANGE, np.uint8)
    decoded = decode_image(encoded(image))
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, image)


@pytest.mark.parametrize(
    "image",
    [np.full((3, 5), 9, np.uint8), np.full((3, 5, 4), (9, 9, 9, 255), np.uint8), np.full((3, 5), 9 * 257, np.uint16)],
    ids=["grey", "with alpha", "16 bit"],
)
def test_other_pixel_formats_become_bgr_too(image: np.ndarray) -> None:
    assert (decode_image(encoded(image)) == np.full((3, 5, 3), 9)).all()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tif", ".pgm", ".ppm"])
def test_every_kind_that_opencv_always_has_can_be_decoded(suffix: str) -> None:
    shape = (4, 4) if suffix == ".pgm" else (4, 4, 3)
    assert decode_image(encoded(np.full(shape, 9, np.uint8), suffix)).shape == (4, 4, 3)


@pytest.mark.parametrize(("form", "kind"), [("GIF", kinds.GIF), ("JPEG2000", kinds.JPEG_2000), ("AVIF", kinds.AVIF)])
def test_kinds_that_opencv_may_lack_are_decoded_or_refused_with_a_remedy(form: str, kind: kinds.Kind) -> None:
    content = by_pillow(form, Image.new("RGB", (40, 30), ORANGE[::-1]))
    if kinds.is_readable(kind):
        assert np.abs(decode_image(content)[10, 10].astype(int) - ORANGE).max() <= 3
    else:
        with pytest.raises(FrameError, match="pip install"):
            decode_image(content)


@pytest.mark.skipif(not kinds.is_readable(kinds.GIF), reason="this OpenCV reads no GIF")
def test_of_a_gif_it_is_the_first_frame() -> None:
    frames = [Image.new("L", (9, 9), level) for level in (50, 200)]
    content = by_pillow("GIF", frames[0], save_all=True, append_images=frames[1:])
    assert (decode_image(content) == 50).all()


def with_exif(jpeg: bytes, orientation: int = 6) -> bytes:
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + struct.pack(">HH", orientation, 0)  # tag 0x0112, SHORT, one value
    payload = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01" + entry + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload + jpeg[2:]


def test_an_image_taken_sideways_is_turned_upright_at_every_size() -> None:
    """EXIF orientation 6: the camera was held so that row 0 is the scene's right side."""
    jpeg = encoded(np.full((80, 160, 3), ORANGE, np.uint8), ".jpg")
    assert decode_image(jpeg).shape == (80, 160, 3)
    assert decode_image(with_exif(jpeg)).shape == (160, 80, 3)
    assert decode_image(with_exif(jpeg), least=20).shape == (40, 20, 3)


def test_a_float_tiff_is_refused_with_the_reason() -> None:
    with pytest.raises(FrameError, match="float32"):
        decode_image(encoded(np.full((4, 6, 3), 0.5, np.float32), ".tif"))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_a_transparent_image_taken_sideways_is_turned_upright_with_its_alpha(form: str) -> None:
    exif = Image.Exif()
    exif[274] = 6
    how = {"lossless": True} if form == "WEBP" else {}
    decoded = decode_image(by_pillow(form, cut_out((8, 4)), exif=exif, **how), keeps_alpha=True)
    assert decoded.shape == (8, 4, 4)
    assert (decoded[:4, :, 3] == 255).all()  # the left half has become the upper one
    assert (decoded[4:, :, 3] == 0).all()


@pytest.mark.parametrize(
    ("least", "height", "width"),
    [(None, 80, 160), (81, 80, 160), (41, 80, 160), (40, 40, 80), (20, 20, 40), (10, 10, 20), (1, 10, 20)],
)
def test_a_jpeg_is_halved_while_twice_as_much_as_needed_remains(least: int | None, height: int, width: int) -> None:
    jpeg = encoded(np.full((80, 160, 3), ORANGE, np.uint8), ".jpg")
    assert decode_image(jpeg, least=least).shape == (height, width, 3)


def test_other_kinds_keep_their_size() -> None:
    assert decode_image(encoded(np.zeros((80, 160, 3), np.uint8)), least=10).shape == (80, 160, 3)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "GIF", "palette"])
def test_what_is_transparent_lies_on_a_ground_that_differs(form: str) -> None:
    picture = cut_out()
    if form == "GIF" and not kinds.is_readable(kinds.GIF):
        pytest.skip("this OpenCV reads no GIF")
    if form == "palette":
        paletted = Image.new("P", picture.size, 1)
        paletted.putpalette([0, 0, 0, 0, 0, 0])
        paletted.paste(0, (0, 0, 4, 4))
        content = by_pillow("PNG", paletted, transparency=1)
    else:
        content = by_pillow(form, picture, **({"lossless": True} if form == "WEBP" else {}))
    decoded = decode_image(content)
    assert (decoded[:, :4] == 0).all()
    assert (decoded[:, 4:] == 255).all()
    kept = decode_image(content, keeps_alpha=True)
    assert np.array_equal(kept[..., :3], decoded)
    assert np.array_equal(kept[0, :, 3], [255] * 4 + [0] * 4)


def test_sixteen_bits_with_alpha_are_scaled_each_by_its_own_white() -> None:
    pixels = np.full((4, 4, 4), (4095, 2048, 0, 65535), np.uint16)
    pixels[0, :, 3] = 0
    decoded = decode_image(encoded(pixels), keeps_alpha=True)
    assert decoded[3, 3].tolist() == [255, 128, 0, 255]
    assert decoded[0, 0, 3] == 0


@pytest.mark.parametrize(
    "content",
    [
        encoded(np.tile(np.array([[0, 2048, 4095]], np.uint16), (3, 1))),
        encoded(np.tile(np.array([[0, 2048, 4095]], np.uint16), (3, 1)), ".tif"),
        b"P5\n3 3\n4095\n" + 3 * struct.pack(">3H", 0, 2048, 4095),
        b"P5\n3 3\n255\n" + 3 * bytes([0, 128, 255]),
        b"P2\n3 3\n4095\n" + 3 * b"0 2048 4095\n",
    ],
    ids=["PNG", "TIFF", "PGM", "PGM of 8 bits", "text"],
)
def test_twelve_bits_in_sixteen_are_as_bright_as_they_were_meant(content: bytes) -> None:
    assert decode_image(content)[1, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"hello", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "PNG .*shorter"),
        (bytes(5000), "not an image"),
        (b"\xff\xd8\xff\xe0", "not an image"),
        (b"<svg>", "SVG .*PNG"),
    ],
    ids=["empty", "text", "PNG's first bytes", "zeros", "JPEG's first bytes", "drawing"],
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


@pytest.mark.parametrize("content", [b"#?RADIANCE\n", b"\x76\x2f\x31\x01", b"8BPS", b"\xff\x0a"],
                         ids=["HDR", "EXR", "Photoshop", "JPEG XL"])  # fmt: skip
def test_other_kinds_of_images_reach_no_decoder(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it did"))
    with pytest.raises(FrameError, match="convert it to JPEG or PNG"):
        decode_image(content + bytes(100))


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


def test_opencvs_own_refusal_is_a_frame_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        error = cv2.error("it says so")
        error.err = "bad header"
        raise error

    monkeypatch.setattr(decode.cv2, "imdecode", refuse)
    with pytest.raises(FrameError, match="bad header"):
        decode_image(encoded(np.zeros((4, 4, 3), np.uint8)))
