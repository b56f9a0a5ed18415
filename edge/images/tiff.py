"""How large a TIFF says its tiles are: OpenCV decodes them whole, however small the picture is."""

from __future__ import annotations

import struct

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_TILE_SIDES = (322, 323)  # tags TileWidth and TileLength
_SHORT, _LONG = 3, 4
_ENTRY_BYTES = 12


def largest_tile(content: bytes) -> int:
    """How many pixels a tile of a TIFF has.

    Args:
        content: of any file.

    Returns:
        The product of both sides, of the larger ones where they are given twice; 0: no tiles, or no TIFF.
    """
    order = _ORDERS.get(content[:4])
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
    return 2**32  # nobody writes it so, but libtiff would read it
