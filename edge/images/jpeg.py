"""What the markers of a JPEG say, without decoding it: where its picture data begins, and how many scans there are."""

from __future__ import annotations

import re

MOST_SCANS = 64
"""Encoders write about ten; a file of 250 kB may hold a thousand, and each costs as much as a whole picture."""

START, END = b"\xff\xd8\xff", b"\xff\xd9"
"""A JPEG's first three bytes and its last two; in its segments, and behind it, they may stand too."""

_SCAN = b"\xff\xda"
_SEGMENTS = {*range(0xC0, 0xFF)} - {*range(0xD0, 0xDB)}  # second bytes of markers that stand before the first scan
_MOST_SEGMENTS = 10_000  # to look at; no encoder writes as many
# In picture data 0xff stands before a stuffed zero or a restart marker; a second 0xff only fills.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


def first_scan(content: bytes | bytearray, place: int = 2) -> int:
    """Step over the segments before the first scan: one may hold a thumbnail, which is a whole JPEG.

    Args:
        content: from a JPEG's first byte on, as much as there is.
        place: where to go on, as returned for less of the same content.

    Returns:
        Where the first scan begins, or the segments stop making sense; behind the end where more must come first.
    """
    while len(content) >= place + 4 and content[place] == 0xFF and content[place + 1] in _SEGMENTS:
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return place


def has_too_many_scans(content: bytes) -> bool:
    """Whether a JPEG has more than `MOST_SCANS` scans."""
    # Behind the picture's end the two bytes stand by chance: only a file with that many of them is walked through.
    return content.count(_SCAN) > MOST_SCANS and _has_more(content, MOST_SCANS)


def _has_more(content: bytes, scans: int) -> bool:
    found, place = 0, 2
    for _ in range(_MOST_SEGMENTS):
        marker = _MARKER.search(content, place)
        if marker is None or marker[0] == END:
            return False
        found += marker[0] == _SCAN
        if found > scans:
            return True
        place = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
    return True
