"""Small drawn pictures of every kind, and what becomes of them when bytes are flipped, cut, spliced and made to lie."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.demo import draw_frame

Rng = np.random.Generator
_HEIGHT, _WIDTH = 120, 160
_GARMENTS = 3
_HEADER_BYTES = 64  # in which most kinds say their size
_LIES = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def seeds() -> list[tuple[str, bytes]]:
    """Whole pictures, as suffix and content: three garments in every kind that the runner reads."""
    return [(suffix, content) for number in range(_GARMENTS) for suffix, content in _kinds(_drawn(number))]


def mutant(number: int, *, seed: int, originals: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """One damaged picture, always the same one for a number.

    Args:
        number: which; its kinds take turns.
        seed: of all of them.
        originals: what `seeds` gave.

    Returns:
        Suffix and content.
    """
    rng = np.random.default_rng([seed, number])
    suffix, content = originals[number % len(originals)]
    changed = bytearray(content)
    damage(changed, rng)
    if rng.random() < 0.15:
        _splice(changed, originals[int(rng.integers(len(originals)))][1], rng)
    if rng.random() < 0.5:
        _mend_checksums(changed)  # or libpng looks no further
    return suffix, bytes(changed)


def damage(content: bytearray, rng: Rng) -> None:
    """Change it in one to three ways."""
    for _ in range(int(rng.integers(1, 4))):
        if content:
            _WAYS[int(rng.integers(len(_WAYS)))](content, rng)


def _drawn(number: int) -> NDArray[np.uint8]:
    frame = draw_frame(number * 3).image
    return np.asarray(cv2.resize(frame, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _kinds(image: NDArray[np.uint8]) -> list[tuple[str, bytes]]:
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    deep = image.astype(np.uint16) * 257
    return [
        (".jpg", encoded(".jpg", image)),
        (".jpg", encoded(".jpg", image, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
        (".jpg", encoded(".jpg", image, cv2.IMWRITE_JPEG_RST_INTERVAL, 4)),
        (".jpg", encoded(".jpg", grey)),
        (".png", encoded(".png", image)),
        (".png", encoded(".png", deep)),
        (".png", encoded(".png", grey)),
        (".bmp", encoded(".bmp", image)),
        (".webp", encoded(".webp", image, cv2.IMWRITE_WEBP_QUALITY, 80)),
        (".webp", encoded(".webp", image, cv2.IMWRITE_WEBP_QUALITY, 101)),  # above 100: lossless
        (".tif", encoded(".tif", image, cv2.IMWRITE_TIFF_COMPRESSION, 5)),  # LZW
        (".tif", encoded(".tif", deep, cv2.IMWRITE_TIFF_COMPRESSION, 8)),  # deflate
        (".tif", encoded(".tif", image, cv2.IMWRITE_TIFF_COMPRESSION, 1)),
        (".pgm", encoded(".pgm", grey)),
        (".ppm", encoded(".ppm", image)),
        (".jpg", encoded(".jp2", image)),  # under another name
        (".gif", encoded(".gif", image)),
        (".avif", encoded(".avif", image)),
        (".png", encoded(".png", np.dstack([image, 255 - grey]))),
    ]


def encoded(suffix: str, image: NDArray[np.uint8] | NDArray[np.uint16], *parameters: int) -> bytes:
    """A file's bytes.

    Args:
        suffix: with its dot.
        image: uint8 or uint16, grey (H, W) or BGR (H, W, 3).
        parameters: OpenCV's, as pairs.
    """
    _, content = cv2.imencode(suffix, image, parameters)
    return content.tobytes()


def _flip_bits(content: bytearray, rng: Rng) -> None:
    for place in rng.integers(len(content), size=int(rng.integers(1, 20))):
        content[place] ^= 1 << int(rng.integers(8))


def _flip_header_bits(content: bytearray, rng: Rng) -> None:
    for place in rng.integers(min(len(content), 4 * _HEADER_BYTES), size=int(rng.integers(1, 4))):
        content[place] ^= 1 << int(rng.integers(8))


def _cut(content: bytearray, rng: Rng) -> None:
    del content[int(rng.integers(len(content))) :]


def _blank(content: bytearray, rng: Rng) -> None:
    first, length = int(rng.integers(len(content))), int(rng.integers(1, 500))
    blank = bytes([int(rng.choice([0, 0xFF]))]) * min(length, len(content) - first)
    content[first : first + length] = blank


def _leave_out(content: bytearray, rng: Rng) -> None:
    first = int(rng.integers(len(content)))
    del content[first : first + int(rng.integers(1, 300))]


def _repeat(content: bytearray, rng: Rng) -> None:
    first = int(rng.integers(len(content)))
    piece = bytes(content[first : first + int(rng.integers(1, 300))])
    content[first:first] = piece * int(rng.integers(1, 20))


def _lie(content: bytearray, rng: Rng) -> None:
    """Another number in the header, in either byte order."""
    place = int(rng.integers(min(len(content), _HEADER_BYTES)))
    length = int(rng.choice([1, 2, 4]))
    number = int(rng.choice(_LIES)) & (256**length - 1)
    content[place : place + length] = number.to_bytes(length, "little" if rng.random() < 0.5 else "big")


def _lie_about_size(content: bytearray, rng: Rng) -> None:
    """Another height or width where the kind keeps it."""
    number = int(rng.choice([0, 1, 161, 4000, 5000, 30_000, 65_500, 65_535]))
    if (frame := max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2"))) >= 0:  # a JPEG's
        struct.pack_into(">H", content, min(frame + int(rng.choice([5, 7])), len(content) - 2), number)
    elif content.startswith((b"\x89PNG", b"BM", b"RIFF")) and len(content) > 40:
        form, places = {0x89: (">I", [16, 20]), 0x42: ("<I", [18, 22]), 0x52: ("<H", [26, 28])}[content[0]]
        struct.pack_into(form, content, int(rng.choice(places)), number)
    elif (tag := content.find(struct.pack("<HH", int(rng.choice([256, 257, 278])), 3))) >= 0:  # a TIFF's
        content[tag + 8 : tag + 12] = number.to_bytes(4, "little")
    else:
        _lie(content, rng)


def _splice(content: bytearray, other: bytes, rng: Rng) -> None:
    """A piece of another picture in the middle."""
    first = int(rng.integers(len(other)))
    place = int(rng.integers(len(content) + 1))
    content[place:place] = other[first : first + int(rng.integers(1, 2000))]


def _mend_checksums(content: bytearray) -> None:
    """The right CRC for each chunk of a PNG; other kinds have none."""
    place = 8
    while content.startswith(b"\x89PNG") and place + 12 <= len(content):
        end = place + 8 + int.from_bytes(content[place : place + 4], "big")
        if end + 4 > len(content):
            break
        content[end : end + 4] = zlib.crc32(content[place + 4 : end]).to_bytes(4, "big")
        place = end + 4


_WAYS: tuple[Callable[[bytearray, Rng], None], ...] = (
    *(_flip_bits, _flip_header_bits, _cut, _blank, _leave_out, _repeat, _lie, _lie_about_size),
)
