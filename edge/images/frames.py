"""Frames in a file of images: an animated GIF, or consecutive JPEGs, is a video and is decided as one."""

from __future__ import annotations

from edge.images import kinds
from edge.images.headers import MARKER

_JPEG_START, _JPEG_END, _JPEG_SCAN = b"\xff\xd8\xff", b"\xff\xd9", b"\xff\xda"
_SEVERAL_PICTURES = b"MPF\0"  # a phone's JPEG with a preview or a gain map behind it
_MOST_SEGMENTS = 10_000
_MOST_BLOCKS = 1_000_000  # of a GIF, 255 bytes each at most
_GIF_IMAGE, _GIF_EXTENSION = 0x2C, 0x21


def has_more_frames(content: bytes) -> bool:
    """Return whether a GIF or a file of JPEGs holds more than one frame; False for any other kind."""
    kind = kinds.kind_of(content[: kinds.HEAD_BYTES])
    if kind is kinds.GIF:
        return _has_second_image(content)
    return kind is kinds.JPEG and _has_second_jpeg(content)


def _has_second_jpeg(content: bytes) -> bool:
    place = 2
    for _ in range(_MOST_SEGMENTS):
        marker = MARKER.search(content, place)
        if marker is None:
            return False
        if marker[0] == _JPEG_END:
            is_album = _SEVERAL_PICTURES in content[: marker.start()]
            return not is_album and content[marker.end() :].lstrip(b"\0").startswith(_JPEG_START)
        place = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
    return False


def _has_second_image(content: bytes) -> bool:
    images, place = 0, 13 + _table_bytes(content, 10)
    for _ in range(_MOST_BLOCKS):
        block = content[place : place + 1]
        if block == bytes([_GIF_IMAGE]):
            images += 1
            if images > 1:
                return True
            place = _after_blocks(content, place + 11 + _table_bytes(content, place + 9))
        elif block == bytes([_GIF_EXTENSION]):
            place = _after_blocks(content, place + 2)
        else:  # the end, or damage
            return False
    return False


def _table_bytes(content: bytes, place: int) -> int:
    """Return the bytes of the colour table that the flags at a place announce."""
    flags = int.from_bytes(content[place : place + 1], "big")
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(content: bytes, place: int) -> int:
    for _ in range(_MOST_BLOCKS):
        length = int.from_bytes(content[place : place + 1], "big")
        place += 1 + length
        if not length:
            break
    return place
