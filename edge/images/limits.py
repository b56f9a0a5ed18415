"""Limits of image files, and checks for those that would cost a decoder gigabytes or minutes."""

from __future__ import annotations

import os
import re
import struct

MOST_PIXELS = 26_000_000
"""Pixels of a system camera's image; the worst kind of JPEG of that size takes 300 MB while it is decoded."""
MOST_BYTES = 64 * 2**20
"""Bytes of one image, in a file or from a server."""
MOST_SCANS = 64
"""Scans of a JPEG; encoders write about ten, a file of 250 kB may hold a thousand, each as costly as an image."""

_VARIABLE = "OPENCV_IO_MAX_IMAGE_PIXELS"  # OpenCV reads it once, when it is imported

_JPEG_END, _SCAN = b"\xff\xd9", b"\xff\xda"
_MOST_SEGMENTS = 10_000  # no encoder writes as many
# In image data 0xff stands before a stuffed zero or a restart marker; a second 0xff only fills.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")

_PNG_START_BYTES = 8
_PNG_LAST = b"IEND"
_CHUNK_BYTES = 12  # length, name and checksum of a chunk
_MOST_CHUNKS = 20_000  # the largest file in pieces of 8 KiB, as encoders make them, has half as many

_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_TILE_SIDES = (322, 323)  # tags TileWidth and TileLength
_SHORT, _LONG = 3, 4
_ENTRY_BYTES = 12


def limit_opencv() -> None:
    """Set the limit for all images that OpenCV decodes in this process, unless the user has set one.

    OpenCV must not be imported yet.
    """
    if not os.environ.get(_VARIABLE):
        os.environ[_VARIABLE] = str(MOST_PIXELS)


def most_pixels() -> int:
    """Return the limit in force: the user's own, or ours."""
    text = os.environ.get(_VARIABLE, "")
    return int(text) if text.isdecimal() else MOST_PIXELS


def too_many_pixels() -> str:
    """Return the end of an error message about an image that is too large."""
    return f"more than {most_pixels():,} pixels: shrink it, or set {_VARIABLE}"


def has_too_many_scans(content: bytes) -> bool:
    """Return whether a JPEG has more than `MOST_SCANS` scans."""
    # The two bytes may occur by chance behind the image's end: a file with many of them is parsed.
    return content.count(_SCAN) > MOST_SCANS and _has_more(content, MOST_SCANS)


def _has_more(content: bytes, scans: int) -> bool:
    count, place = 0, 2
    for _ in range(_MOST_SEGMENTS):
        marker = _MARKER.search(content, place)
        if marker is None or marker[0] == _JPEG_END:
            return False
        count += marker[0] == _SCAN
        if count > scans:
            return True
        place = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
    return True


def has_whole_chunks(content: bytes) -> bool:
    """Return whether a PNG is complete: OpenCV allocates what a chunk claims, up to four gigabytes."""
    place = _PNG_START_BYTES
    for _ in range(_MOST_CHUNKS):
        name = content[place + 4 : place + 8]
        place += _CHUNK_BYTES + int.from_bytes(content[place : place + 4], "big")
        if place > len(content):
            return False
        if name == _PNG_LAST:
            return True
    return False


def largest_tile(content: bytes) -> int:
    """Return the pixels of a TIFF's tiles, which OpenCV decodes whole, however small the image is.

    Args:
        content: any file.

    Returns:
        Product of both sides, of the larger ones if they occur twice; 0: no tiles, or no TIFF.
    """
    order = _TIFF_ORDERS.get(content[:4])
    if order is None or len(content) < 8:
        return 0
    start = struct.unpack_from(f"{order}I", content, 4)[0]
    if start + 2 > len(content):
        return 0
    count = min(struct.unpack_from(f"{order}H", content, start)[0], (len(content) - start - 2) // _ENTRY_BYTES)
    entries = struct.iter_unpack(f"{order}HHI4s", content[start + 2 : start + 2 + count * _ENTRY_BYTES])
    sides = dict.fromkeys(_TILE_SIDES, 0)
    for tag, kind, _, value in entries:
        if tag in sides:
            sides[tag] = max(sides[tag], _number(kind, value, order))
    return sides[_TILE_SIDES[0]] * sides[_TILE_SIDES[1]]


def _number(kind: int, value: bytes, order: str) -> int:
    if kind == _SHORT:
        return int(struct.unpack_from(f"{order}H", value)[0])
    if kind == _LONG:
        return int(struct.unpack(f"{order}I", value)[0])
    return 2**32  # a type that no encoder writes, but libtiff would read
