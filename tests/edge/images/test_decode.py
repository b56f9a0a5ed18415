"""Images of every kind become BGR: upright, 8 bits, on a ground, and no larger than needed."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.errors import FrameError
from edge.images import decode, kinds
from edge.images.decode import decode_image
from tests.edge.images.conftest import encoded

ORANGE = (0, 128, 255)  # BGR


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


@pytest.mark.parametrize("content", [b"#?RADIANCE\n", b"\x76\x2f\x31\x01", b"8BPS", b"\xff\x0a"],
                         ids=["HDR", "EXR", "Photoshop", "JPEG XL"])  # fmt: skip
def test_other_kinds_of_images_reach_no_decoder(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it did"))
    with pytest.raises(FrameError, match="convert it to JPEG or PNG"):
        decode_image(content + bytes(100))


def test_opencvs_own_refusal_is_a_frame_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        error = cv2.error("it says so")
        error.err = "bad header"
        raise error

    monkeypatch.setattr(decode.cv2, "imdecode", refuse)
    with pytest.raises(FrameError, match="bad header"):
        decode_image(encoded(np.zeros((4, 4, 3), np.uint8)))
