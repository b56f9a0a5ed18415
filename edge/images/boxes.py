"""Boxes within boxes, of which JPEG 2000, AVIF, HEIC and MP4 files are made."""

from __future__ import annotations

from collections.abc import Iterator

_MOST_BOXES = 10_000


def boxes(content: bytes, name: bytes, place: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield begin and end of what the boxes of a name hold.

    Args:
        content: the file.
        name: four bytes.
        place: where the first box begins.
        end: where the last one ends; None: at the file's end.
    """
    end = len(content) if end is None else min(end, len(content))
    for _ in range(_MOST_BOXES):
        if place + 8 > end:
            return
        length, head = int.from_bytes(content[place : place + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(content[place + 8 : place + 16], "big"), 16
        following = place + length if length else end  # 0: up to the end
        if following < place + head:
            return
        if content[place + 4 : place + 8] == name:
            yield place + head, min(following, end)
        place = following
