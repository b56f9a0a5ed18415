"""Whether a PNG is as long as its chunks say: OpenCV takes memory for what one claims, up to four gigabytes."""

from __future__ import annotations

_START_BYTES = 8
_LAST = b"IEND"
_FRAMING_BYTES = 12  # of a chunk: length, name, checksum
_MOST_CHUNKS = 20_000  # to look at; the largest file in pieces of 8 KiB, as encoders make them, has half as many


def has_whole_chunks(content: bytes) -> bool:
    """Whether every chunk of a PNG up to its last one is there in full."""
    place = _START_BYTES
    for _ in range(_MOST_CHUNKS):
        name = content[place + 4 : place + 8]
        place += _FRAMING_BYTES + int.from_bytes(content[place : place + 4], "big")
        if place > len(content):
            return False
        if name == _LAST:
            return True
    return False
