"""Limits of image files, and checks for those that would cost a decoder gigabytes or minutes."""

from __future__ import annotations

import os

from edge.images.headers import MARKER, tiff_entries

MOST_PIXELS = 65_000_000
"""Pixels of one image, whatever its kind: a phone's 48 or 64 megapixels are within it."""
MOST_VIDEO_PIXELS = 26_000_000
"""Pixels of a video's frame, of which FFmpeg holds several."""
MOST_MEMORY = 224_000_000
"""Bytes that a decoder may take beside the file's own; an image that needs more is decoded smaller, or refused."""
MOST_BYTES = 64 * 2**20
"""Bytes of one image, in a file or from a server."""
MOST_SCANS = 64
"""Scans of a JPEG; encoders write about ten, a file of 250 kB may hold a thousand, each as costly as an image."""

_VARIABLE = "OPENCV_IO_MAX_IMAGE_PIXELS"  # OpenCV reads it once, when it is imported

_JPEG_END, _SCAN = b"\xff\xd9", b"\xff\xda"
_MOST_SEGMENTS = 10_000  # no encoder writes as many

_PNG_START_BYTES = 8
_PNG_LAST = b"IEND"
_CHUNK_BYTES = 12  # length, name and checksum of a chunk
_MOST_CHUNKS = 20_000  # the largest file in pieces of 8 KiB, as encoders make them, has half as many

_TILE_SIDES = (322, 323)  # tags TileWidth and TileLength


def limit_opencv() -> None:
    """Set the limit for all images that OpenCV decodes in this process, unless the user has set one.

    OpenCV must not be imported yet.
    """
    if not os.environ.get(_VARIABLE):
        os.environ[_VARIABLE] = str(MOST_PIXELS)


def most_pixels() -> int:
    """Return the limit in force for images: the user's own, or ours."""
    return _own_limit() or MOST_PIXELS


def most_video_pixels() -> int:
    """Return the limit in force for a video's frames: the user's own, or ours."""
    own = _own_limit()
    return own if own and own != MOST_PIXELS else MOST_VIDEO_PIXELS


def most_memory() -> int:
    """Return the bytes that a decoder may take: more where the user allows more pixels."""
    return MOST_MEMORY * max(most_pixels(), MOST_PIXELS) // MOST_PIXELS


def _own_limit() -> int:
    text = os.environ.get(_VARIABLE, "")
    return int(text) if text.isdecimal() else 0


def too_many_pixels(most: int | None = None) -> str:
    """Return the end of an error message about an image that is too large; `most`: a video's limit."""
    return f"more than {most or most_pixels():,} pixels: shrink it, or set {_VARIABLE}"


def too_much_memory() -> str:
    """Return the end of an error message about an image that can't be decoded in the memory that there is for it."""
    return f"needs more than {most_memory() / 1e6:.0f} MB to be decoded: shrink it, or raise {_VARIABLE}"


def has_too_many_scans(content: bytes) -> bool:
    """Return whether a JPEG has more than `MOST_SCANS` scans."""
    # The two bytes may occur by chance behind the image's end: a file with many of them is parsed.
    return content.count(_SCAN) > MOST_SCANS and _has_more(content, MOST_SCANS)


def _has_more(content: bytes, scans: int) -> bool:
    count, place = 0, 2
    for _ in range(_MOST_SEGMENTS):
        marker = MARKER.search(content, place)
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
    sides = dict.fromkeys(_TILE_SIDES, 0)
    for tag, value in tiff_entries(content):
        if tag in sides:
            sides[tag] = max(sides[tag], value)
    return sides[_TILE_SIDES[0]] * sides[_TILE_SIDES[1]]
