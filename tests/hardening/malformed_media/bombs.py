"""Pictures of a few kB that claim, or unpack to, far more than a machine can take."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

from edge.images import limits
from tests.hardening.malformed_media.pictures import encoded

_SIDE = int(limits.MOST_PIXELS**0.5)  # of the largest square that is still decoded
_LARGEST = {".gif": 4200, ".jp2": 3300, ".avif": 3700}  # side of the largest square that there is memory for
_MEBIBYTE = 2**20


def bombs() -> list[tuple[str, bytes]]:
    """Return file name and content of each."""
    black = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    progressive = encoded(".jpg", black, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    small = encoded(".jpg", black[:64, :64], cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    webp = encoded(".webp", black[:64, :64], cv2.IMWRITE_WEBP_QUALITY, 80)
    fine = (cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    last_scan = progressive[progressive.rfind(b"\xff\xda") : -2]
    return [
        ("png_60000x60000.png", _png(60_000, 60_000, rows=2000)),
        ("png_header_only.png", _png(60_000, 60_000, rows=1)),
        ("png_largest_16_bit.png", _png(_SIDE, _SIDE, rows=_SIDE, depth=16, colour=6)),
        ("png_chunk.png", _png(8, 8, rows=8).replace(b"\0\0\0\x0bIDAT", b"\xff\0\0\0IDAT")),
        ("png_text_chunk.png", _png(8, 8, rows=8, text=64 * _MEBIBYTE)),
        ("jpeg_65535x65535.jpg", claiming(small, 65_535)),
        ("jpeg_65500x65500.jpg", claiming(small, 65_500)),
        ("jpeg_largest_claimed.jpg", claiming(small, _SIDE)),
        ("jpeg_largest.jpg", encoded(".jpg", black, *fine)),
        ("jpeg_turned.jpg", _turned(encoded(".jpg", black, *fine))),
        ("jpeg_scans.jpg", progressive[:-2] + 1000 * last_scan + b"\xff\xd9"),
        ("jpeg_segments.jpg", small[:2] + 300_000 * b"\xff\xe5\x00\x02" + small[2:]),
        ("tiff_gigapixels.tif", _tiff({256: 60_000, 257: 60_000, 278: 60_000}, b"")),
        ("tiff_tile.tif", _tiff({256: 64, 257: 64, 322: 9008, 323: 9008}, _zeros(3 * 9008**2))),
        ("tiff_strip.tif", _tiff({256: 5000, 257: 64, 278: 10_000}, _zeros(3 * 5000 * 10_000))),
        ("tiff_largest.tif", _tiff({256: _SIDE, 257: _SIDE, 278: _SIDE}, _zeros(3 * _SIDE**2))),
        ("bmp_60000x60000.bmp", _bmp(60_000, 60_000)),
        ("bmp_upside_down.bmp", _bmp(60_000, -60_000)),
        ("webp_largest.webp", encoded(".webp", black)),
        ("webp_16383x16383.webp", webp[:26] + b"\xff\x3f\xff\x3f" + webp[30:]),
        ("pgm_60000x60000.pgm", b"P5\n60000 60000\n255\n" + bytes(999)),
        ("ppm_text.ppm", b"P3\n5000 5000\n255\n" + b"0 " * 999_999),
        ("ppm_number.ppm", b"P6\n" + b"9" * 999_999),
        ("hdr_30000x30000.jpg", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30000 +X 30000\n" + bytes(999)),
        ("gif_60000x60000.gif", b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + bytes(999)),
        *((f"{suffix[1:]}_largest.jpg", encoded(suffix, black[:side, :side])) for suffix, side in _LARGEST.items()),
        ("jpeg_2000_60000x60000.jp2", _jpeg_2000(60_000)),
        ("avif_larger_than_it_says.avif", _claiming_avif(encoded(".avif", black[:6000, :6000]), 64)),
        ("avif_60000x60000.avif", _claiming_avif(encoded(".avif", black[:64, :64]), 60_000)),
    ]


def _zeros(length: int) -> bytes:
    """So many zeros, deflated: one mebibyte of them again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(_MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(length % _MEBIBYTE)) + packer.flush()
    checksum = (length % 65_521 << 16) + 1  # Adler-32 of zeros
    return b"\x78\xda" + block * (length // _MEBIBYTE) + rest + checksum.to_bytes(4, "big")


def _png(width: int, height: int, *, rows: int, depth: int = 1, colour: int = 0, text: int = 0) -> bytes:
    samples = {0: 1, 6: 4}[colour]
    row_bytes = 1 + (width * samples * depth + 7) // 8
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    note = [(b"zTXt", b"note\0\0" + _zeros(text))] if text else []
    chunks = [(b"IHDR", header), *note, (b"IDAT", _zeros(rows * row_bytes)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def claiming(jpeg: bytes, side: int) -> bytes:
    """The same progressive JPEG with another size in its header."""
    place = jpeg.find(b"\xff\xc2") + 5
    return jpeg[:place] + struct.pack(">HH", side, side) + jpeg[place + 4 :]


def _jpeg_2000(side: int) -> bytes:
    sizes = struct.pack(">HH8IH", 47, 0, side, side, 0, 0, side, side, 0, 0, 3) + bytes([7, 1, 1] * 3)
    return b"\xff\x4f\xff\x51" + sizes + bytes(999)


def _claiming_avif(avif: bytes, side: int) -> bytes:
    place = avif.find(b"ispe") + 8
    return avif[:place] + struct.pack(">II", side, side) + avif[place + 8 :]


def _turned(jpeg: bytes) -> bytes:
    """Return a JPEG with an EXIF orientation, for which the image is copied once more."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"  # tag 0x0112, SHORT, one value, 6
    exif = b"Exif\0\0MM\x00*\x00\x00\x00\x08\x00\x01" + entry + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def _tiff(sizes: dict[int, int], data: bytes) -> bytes:
    """8-bit RGB, deflated; `sizes` are the tags that say how large what is."""
    data += bytes(len(data) % 2)
    offset, length = (324, 325) if 322 in sizes else (273, 279)
    numbers = {259: 8, 262: 2, 277: 3, 284: 1, offset: 8, length: len(data), **sizes}
    bits = 8 + len(data)
    entries = {tag: struct.pack("<HHII", tag, 4, 1, number) for tag, number in numbers.items()}
    entries[258] = struct.pack("<HHII", 258, 3, 3, bits)
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    return b"II*\0" + struct.pack("<I", bits + 6) + data + struct.pack("<HHH", 8, 8, 8) + directory


def _bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI IiiHHIIiiII", 1000, 0, 0, 54, 40, width, height, 1, 24, *[0] * 6) + bytes(900)
