"""Sizes inside an AVIF: its decoder trusts the AV1 stream and the grid of tiles, whatever the file's header says."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from edge.images.boxes import boxes

_MOST_ITEMS = 1000  # a phone's 48 megapixels are 192 tiles
_MOST_UNITS = 1000  # of the stream of one item
_SEQUENCE_HEADER = 1  # type of a unit
_FILE, _IDAT = 0, 1  # where an item's data lies
_BYTES_READ = 64  # of a sequence header; encoders write about ten


def largest_frame(content: bytes) -> tuple[int, int] | None:
    """Return width and height of the largest image that the items of an AVIF decode to.

    Args:
        content: the whole file.

    Returns:
        None: an animation, damaged, or too strange to be read.

    Raises:
        struct.error: it ends in the middle of a number.
        IndexError: likewise.
    """
    meta = next(boxes(content, b"meta"), None)
    if meta is None or next(boxes(content, b"moov"), None):
        return None
    kinds = dict(_kinds(content, meta))
    sizes: list[tuple[int, int] | None] = []
    read = 0
    for item, parts in _items(content, meta):
        kind = kinds.get(item)
        if kind not in (b"av01", b"grid"):
            continue
        data = b"".join(content[first:end] for first, end in parts)
        read += len(data)
        if read > len(content):  # items that share their bytes: reading them would take for ever
            return None
        sizes.append(
            _stream_size(data) if kind == b"av01" else struct.unpack_from(">II" if data[1] & 1 else ">HH", data, 4)
        )
    known = [size for size in sizes if size is not None]
    return max(known, key=lambda size: size[0] * size[1]) if known and len(known) == len(sizes) else None


def _grid_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II" if data[1] & 1 else ">HH", data, 4)
    return width, height


def _kinds(content: bytes, meta: tuple[int, int]) -> Iterator[tuple[int, bytes]]:
    """Yield number and kind of each item."""
    for start, end in boxes(content, b"iinf", meta[0] + 4, meta[1]):
        for at, _ in boxes(content, b"infe", start + (6 if content[start] == 0 else 8), end):
            number, place = (2, at + 4) if content[at] == 2 else (4, at + 4)
            yield (
                int.from_bytes(content[place : place + number], "big"),
                content[place + number + 2 : place + number + 6],
            )


def _items(content: bytes, meta: tuple[int, int]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield number of each item, and begin and end of each part of its data."""
    idat = next(boxes(content, b"idat", meta[0] + 4, meta[1]), (0, 0))
    for start, end in boxes(content, b"iloc", meta[0] + 4, meta[1]):
        reader = _Reader(content[:end], start)
        version = reader.number(4) >> 24
        sizes, more = reader.number(1), reader.number(1)
        for _ in range(min(reader.number(4 if version == 2 else 2), _MOST_ITEMS)):
            item = reader.number(4 if version == 2 else 2)
            method = reader.number(2) & 15 if version else _FILE
            reader.number(2)
            base, parts = reader.number(more >> 4), []
            for _ in range(min(reader.number(2), _MOST_ITEMS)):
                if version:
                    reader.number(more & 15)
                offset, length = reader.number(sizes >> 4), reader.number(sizes & 15)
                first = base + offset + (idat[0] if method == _IDAT else 0)
                parts.append((first, first + length if length else len(content)))
            yield item, parts


class _Reader:
    """Numbers one after the other."""

    def __init__(self, content: bytes, place: int) -> None:
        self._content = content
        self._place = place

    def number(self, size: int) -> int:
        """Read a big-endian number of so many bytes."""
        if self._place + size > len(self._content):
            raise IndexError
        self._place += size
        return int.from_bytes(self._content[self._place - size : self._place], "big")


def _stream_size(data: bytes) -> tuple[int, int] | None:
    """Return the largest size that the sequence headers of a stream allow, each of which may change it."""
    sizes: list[tuple[int, int]] = []
    place = 0
    for _ in range(_MOST_UNITS):
        if place >= len(data):
            return max(sizes, key=lambda size: size[0] * size[1], default=None)
        kind, is_extended, has_size = data[place] >> 3 & 15, data[place] >> 2 & 1, data[place] >> 1 & 1
        place += 1 + is_extended
        length, size_bytes = _leb128(data, place) if has_size else (len(data) - place, 0)
        place += size_bytes
        if kind == _SEQUENCE_HEADER:
            size = _sequence_size(data[place : place + min(length, _BYTES_READ)])
            if size is None:
                return None
            sizes.append(size)
        place += length
    return None


def _leb128(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and how many bytes it takes."""
    value = 0
    for count in range(8):
        value |= (data[place + count] & 0x7F) << 7 * count
        if not data[place + count] & 0x80:
            return value, count + 1
    raise IndexError


def _sequence_size(header: bytes) -> tuple[int, int] | None:
    """Read width and height from a sequence header; None: it has what no encoder of images writes."""
    bits = iter(f"{int.from_bytes(header, 'big'):0{8 * len(header)}b}" if header else "")

    def number(count: int) -> int:
        text = "".join(bit for _, bit in zip(range(count), bits, strict=False))
        if len(text) < count:
            raise IndexError
        return int(text or "0", 2)

    number(4)  # profile, still picture
    is_reduced = number(1)
    if is_reduced:
        number(5)
    else:
        if number(1):  # times of a video
            return None
        has_delays = number(1)
        for _ in range(number(5) + 1):
            number(12)
            if number(5) > 7:
                number(1)
            if has_delays and number(1):
                number(4)
    widths, heights = number(4) + 1, number(4) + 1
    width, height = number(widths) + 1, number(heights) + 1
    # Without the reduced header a frame may have any size that fits into as many bits.
    return (width, height) if is_reduced else (1 << widths, 1 << heights)
