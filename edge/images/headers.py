"""Sizes of images from their headers, read before a decoder sees them; each walk through a file is bounded."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from edge.images import kinds
from edge.images.boxes import boxes
from edge.images.kinds import Kind, kind_of

_MOST_STEPS = 10_000  # segments, boxes or chunks; no encoder writes as many before an image's size
# In image data 0xff stands before a stuffed zero or a restart marker; a second 0xff only fills.
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""Marker of a JPEG that has a length behind it, or begins or ends the file."""
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_JPEG_SCAN = 0xDA
_UPRIGHT = 1
_ORIENTATION = 274  # tag of TIFF and EXIF
_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_TIFF_ALPHA = (1, 2)  # values of ExtraSamples
_SHORT, _LONG = 3, 4
_ENTRY_BYTES = 12
_STRANGE = 2**32  # a type of number that no encoder writes, but libtiff would read
_PNM = rb"P[2356](?:\s+|#[^\n]*\n)+(\d{1,9})(?:\s+|#[^\n]*\n)+(\d{1,9})(?:\s+|#[^\n]*\n)+(\d{1,9})\s"
_PNM_BYTES = 4096


class Header(NamedTuple):
    """Size of an image and how its pixels are stored."""

    width: int
    height: int
    channels: int = 3
    """Channels of the decoded pixels, alpha included; 3 for grey, which becomes BGR."""
    bits: int = 8
    """Bits a sample as stored: 8, 10, 12 or 16."""
    white: int = 0
    """Value of white if the file states one that the decoder doesn't heed; 0: it doesn't."""
    buffered: float = 0.0
    """Bytes a pixel that a JPEG's decoder holds until the last scan; 0: it has a single one."""
    orientation: int = _UPRIGHT
    """EXIF orientation, 1-8, where the decoder doesn't heed it together with alpha."""

    @property
    def has_alpha(self) -> bool:
        """True if the image may be transparent."""
        return self.channels == 4


def read_header(kind: Kind, content: bytes) -> Header | None:
    """Read the header of an image that can be decoded; None: damaged, or too strange to be read.

    Args:
        kind: of the content.
        content: the whole file.
    """
    try:
        header = _READERS[kind](content)
    except (struct.error, IndexError):  # it ends in the middle of a number
        return None
    return header if header and header.width > 0 and header.height > 0 else None


def _jpeg(content: bytes) -> Header | None:
    header, is_progressive, components, place = None, False, 0, 2
    for _ in range(_MOST_STEPS):
        marker = MARKER.search(content, place)
        if marker is None:
            return None
        code, place = marker[0][1], marker.end()
        if code in _JPEG_FRAMES and header is None:
            height, width, components = struct.unpack_from(">HHB", content, place + 3)
            sampling = [content[place + 9 + 3 * number] for number in range(components)]
            if not sampling:
                return None
            header = Header(width, height, buffered=_coefficients(sampling))
            is_progressive = code in _JPEG_PROGRESSIVE
        elif code == _JPEG_SCAN:
            if header is None or is_progressive or content[place + 2] < components:
                return header
            return Header(header.width, header.height)
        place += int.from_bytes(content[place : place + 2], "big")
    return None


def _coefficients(sampling: list[int]) -> float:
    """Return the bytes of a pixel's coefficients, two each, from the sampling factors of the components."""
    factors = [(factor >> 4, factor & 15) for factor in sampling]
    across, down = max(x for x, _ in factors), max(y for _, y in factors)
    return 2 * sum(x * y for x, y in factors) / max(1, across * down)


def _png(content: bytes) -> Header:
    width, height, bits, colour = struct.unpack_from(">IIBB", content, 16)
    has_alpha, orientation, place = colour in (4, 6), _UPRIGHT, 8
    for _ in range(_MOST_STEPS):
        length, name = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        has_alpha = has_alpha or name == b"tRNS"
        if name == b"eXIf":
            orientation = _exif_orientation(content[place + 8 : place + 8 + length])
        if name in (b"IDAT", b"IEND", b""):
            break
        place += 12 + length
    return Header(width, height, 4 if has_alpha else 3, 16 if bits == 16 else 8, orientation=orientation)


def _bmp(content: bytes) -> Header:
    if content[14] == 12:
        width, height = struct.unpack_from("<HH", content, 18)
        return Header(width, height)
    width, height = struct.unpack_from("<ii", content, 18)
    return Header(width, abs(height))


def _webp(content: bytes) -> Header | None:
    chunk = content[12:16]
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return Header(width & 0x3FFF, height & 0x3FFF)
    if chunk == b"VP8L":
        packed = struct.unpack_from("<I", content, 21)[0]
        return Header((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, 4 if packed >> 28 & 1 else 3)
    if chunk == b"VP8X":
        width, height = (int.from_bytes(content[place : place + 3], "little") + 1 for place in (24, 27))
        if not content[20] & 0x10:
            return Header(width, height)
        exif = content.rfind(b"EXIF") if content[20] & 0x08 else -1
        orientation = _exif_orientation(content[exif + 8 :].removeprefix(b"Exif\0\0")) if exif > 0 else _UPRIGHT
        return Header(width, height, 4, orientation=orientation)
    return None


def _tiff(content: bytes) -> Header:
    tags = dict(tiff_entries(content))
    samples, bits = tags.get(277, 1), tags.get(258, 1)
    has_alpha = tags.get(338) in _TIFF_ALPHA and samples in (2, 4)
    return Header(tags.get(256, 0), tags.get(257, 0), 4 if has_alpha else 3, 16 if bits > 8 else 8)


def tiff_entries(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield tag and first value of each entry in the first directory of a TIFF; nothing for any other file."""
    order = _TIFF_ORDERS.get(content[:4])
    if order is None or len(content) < 8:
        return
    start = struct.unpack_from(f"{order}I", content, 4)[0]
    if start + 2 > len(content):
        return
    count = min(struct.unpack_from(f"{order}H", content, start)[0], (len(content) - start - 2) // _ENTRY_BYTES)
    for entry in struct.iter_unpack(f"{order}HHI4s", content[start + 2 : start + 2 + count * _ENTRY_BYTES]):
        tag, kind, values, field = entry
        if values * {_SHORT: 2, _LONG: 4}.get(kind, 1) > 4:  # the field says where the values are
            place = struct.unpack(f"{order}I", field)[0]
            field = content[place : place + 4].ljust(4, b"\0")
        yield tag, _number(kind, field, order)


def _number(kind: int, value: bytes, order: str) -> int:
    if kind == _SHORT:
        return int(struct.unpack_from(f"{order}H", value)[0])
    return int(struct.unpack(f"{order}I", value)[0]) if kind == _LONG else _STRANGE


def _pnm(content: bytes) -> Header | None:
    found = re.match(_PNM, content[:_PNM_BYTES])
    if found is None:
        return None
    width, height, white = (int(number) for number in found.groups())
    is_text = content[:2] in (b"P2", b"P3")
    if white > 255:
        return Header(width, height, bits=16, white=white)
    return Header(width, height, white=0 if is_text else white)  # OpenCV scales the small numbers of a text itself


def _gif(content: bytes) -> Header:
    width, height = struct.unpack_from("<HH", content, 6)
    return Header(width, height, 4)


def _jpeg_2000(content: bytes) -> Header | None:
    place = 0 if content.startswith(b"\xff\x4f") else next((at for at, _ in boxes(content, b"jp2c")), None)
    if place is None or content[place : place + 2] != b"\xff\x4f":
        return None
    place += 2
    for _ in range(_MOST_STEPS):
        if content[place : place + 2] == b"\xff\x51":
            right, bottom, left, top = struct.unpack_from(">4I", content, place + 6)
            components = struct.unpack_from(">H", content, place + 38)[0]
            if components > 4:
                return None
            bits = (content[place + 40] & 0x7F) + 1
            return Header(right - left, bottom - top, 4 if components in (2, 4) else 3, bits)
        place += 2 + struct.unpack_from(">H", content, place + 2)[0]
    return None


def _heif(content: bytes) -> Header | None:
    """Read the largest of the sizes that an AVIF or HEIC claims for its parts: image, tiles, alpha and thumbnail."""
    properties = [content[at:end] for meta, end in boxes(content, b"meta")
                  for iprp, end in boxes(content, b"iprp", meta + 4, end)
                  for at, end in boxes(content, b"ipco", iprp, end)]  # fmt: skip
    sizes = [struct.unpack_from(">II", each, at + 4) for each in properties for at, _ in boxes(each, b"ispe")]
    if not sizes:
        return None
    if kind_of(content) is kinds.AVIF:
        from edge.images.av1 import largest_frame

        inside = largest_frame(content)
        if inside is None:
            return None
        sizes.append(inside)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    has_alpha = any(b":alpha" in each or b"auxid:1" in each for each in properties)
    return Header(width, height, 4 if has_alpha else 3, max(map(_av1_bits, properties)))


def _av1_bits(properties: bytes) -> int:
    for at, _ in boxes(properties, b"av1C"):
        flags = properties[at + 2]
        return (12 if flags & 0x20 else 10) if flags & 0x40 else 8
    return 8


def _exif_orientation(exif: bytes) -> int:
    values = [value for tag, value in tiff_entries(exif) if tag == _ORIENTATION]
    return values[0] if values and 1 <= values[0] <= 8 else _UPRIGHT


_READERS = {
    kinds.JPEG: _jpeg,
    kinds.PNG: _png,
    kinds.BMP: _bmp,
    kinds.WEBP: _webp,
    kinds.TIFF: _tiff,
    kinds.PNM: _pnm,
    kinds.GIF: _gif,
    kinds.JPEG_2000: _jpeg_2000,
    kinds.AVIF: _heif,
    kinds.HEIC: _heif,
}
