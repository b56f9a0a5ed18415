"""Kinds of files, known by their first bytes and not by their suffix, and advice on those that can't be read."""

from __future__ import annotations

import functools
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

HEAD_BYTES = 64
"""Bytes from the beginning of a file that tell its kind."""
IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"),
    *(".pgm", ".ppm", ".jp2", ".avif", ".heic", ".heif"),
)
"""Suffixes of names that promise an image, in lower case: for URLs, and for files that can't be looked into."""


class Kind(NamedTuple):
    """A kind of file."""

    name: str
    noun: str = "image"
    """Word after the name, in the singular: 12 HEIC photographs."""
    remedy: str = "convert it to JPEG or PNG"
    """Advice to who has one that can't be read."""
    needs: str = ""
    """Suffix that OpenCV may know or not, or the library that decodes it; empty: every OpenCV does."""


_NO_LIBRARY = "-"
_NEWER = "pip install --upgrade opencv-python-headless, or convert it to JPEG or PNG"

JPEG = Kind("JPEG")
PNG = Kind("PNG")
BMP = Kind("BMP")
WEBP = Kind("WebP")
TIFF = Kind("TIFF")
PNM = Kind("PGM or PPM")
GIF = Kind("GIF", remedy=_NEWER, needs=".gif")
JPEG_2000 = Kind("JPEG 2000", remedy=_NEWER, needs=".jp2")
AVIF = Kind("AVIF", remedy=_NEWER, needs=".avif")
HEIC = Kind(
    *("HEIC", "photograph", "pip install 'edge-classify[heic]', or set the phone to JPEG"),
    needs="pillow_heif",
)
JPEG_XL = Kind("JPEG XL", needs=_NO_LIBRARY)
RAW = Kind("camera raw", "photograph", "develop it to JPEG", needs=_NO_LIBRARY)
PHOTOSHOP = Kind("Photoshop", needs=_NO_LIBRARY)
OPEN_EXR = Kind("OpenEXR", needs=_NO_LIBRARY)
RADIANCE = Kind("Radiance HDR", needs=_NO_LIBRARY)
PBM = Kind("PBM or PAM", needs=_NO_LIBRARY)
ICON = Kind("icon", "file", needs=_NO_LIBRARY)
SVG = Kind("SVG", "drawing", "draw it as PNG", needs=_NO_LIBRARY)
VIDEO = Kind("video", "file", "only edge-classify --source FILE reads videos", needs=_NO_LIBRARY)
EMPTY = Kind("empty", "file", "copy it again", needs=_NO_LIBRARY)

_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"BM", BMP),
    (b"II*\0\x10\0\0\0CR", RAW),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    *((b"P%d" % number, PNM) for number in (2, 3, 5, 6)),
    *((b"P%d" % number, PBM) for number in (1, 4, 7)),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000),
    (b"\xff\x0a", JPEG_XL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JPEG_XL),
    *((start, RAW) for start in (b"IIU\0", b"IIRO", b"IIRS", b"FUJIFILMCCD-RAW")),
    (b"8BPS", PHOTOSHOP),
    (b"\x76\x2f\x31\x01", OPEN_EXR),
    (b"#?RADIANCE", RADIANCE),
    (b"#?RGBE", RADIANCE),
    (b"\0\0\1\0", ICON),
    (b"<svg", SVG),
    (b"\x1a\x45\xdf\xa3", VIDEO),  # Matroska and WebM
    (b"OggS", VIDEO),
    (b"\0\0\1\xba", VIDEO),  # MPEG
    (b"\0\0\1\xb3", VIDEO),
)
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC),
    b"crx ": RAW,
}
_SPACES = b" \t\r\n"


def kind_of(head: bytes) -> Kind | None:
    """Return the kind of a file.

    Args:
        head: its first `HEAD_BYTES` bytes, or more of them.

    Returns:
        None: none of these kinds.
    """
    if not head:
        return EMPTY
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head.startswith(b"RIFF"):
        return {b"WEBP": WEBP, b"AVI ": VIDEO}.get(head[8:12])
    kind = next((kind for start, kind in _STARTS if head.startswith(start)), None)
    if kind in (PNM, PBM) and head[2:3] not in (*(bytes([space]) for space in _SPACES), b"#"):
        return None  # a text that begins like one
    return kind


def _by_brand(head: bytes) -> Kind:
    """Tell photographs from videos, which share a container: by the major brand, then by the compatible ones."""
    length = min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, length, 4))]
    if brands[0] in (b"mif1", b"msf1") and {b"avif", b"avis"} & set(brands):
        return AVIF
    return _BRANDS.get(brands[0], VIDEO)


def kind_of_file(path: Path) -> Kind | None:
    """Return the kind of a regular file by its first bytes; None: none that is known.

    Raises:
        OSError: it can't be read, or is no regular file: to open a pipe may take for ever.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a regular file")
    with path.open("rb") as file:
        return kind_of(file.read(HEAD_BYTES))


def has_image_suffix(path: Path | str) -> bool:
    """Return whether a name promises an image."""
    return Path(path).suffix.lower() in IMAGE_SUFFIXES


@functools.cache
def is_readable(kind: Kind) -> bool:
    """Return whether the installed libraries decode a kind of file."""
    if kind.needs.startswith("."):
        import cv2

        return bool(cv2.haveImageWriter(f"image{kind.needs}"))  # built together with the reader, and needs no file
    return not kind.needs or (kind.needs != _NO_LIBRARY and find_spec(kind.needs) is not None)


def refusal(kind: Kind) -> str:
    """Return why a file of a kind that can't be read is refused, and what to do about it."""
    return f"{counted(kind, 1)} can't be read here: {kind.remedy}"


def counted(kind: Kind, count: int) -> str:
    """Return a number of files of a kind in words, such as 12 HEIC photographs."""
    return f"{count} {kind.name} {kind.noun}{'s' * (count != 1)}"
