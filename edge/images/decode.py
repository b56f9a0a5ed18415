"""Image files decoded to BGR, after checks that keep harmful ones from native code; large JPEGs are shrunk."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edge.errors import FrameError
from edge.images import kinds, limits
from edge.images.headers import Header, read_header
from edge.images.kinds import Kind
from edge.images.pixels import lay_on_ground, to_eight_bits, to_three_or_four, turn_upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REDUCED = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
            8: cv2.IMREAD_REDUCED_COLOR_8}  # fmt: skip
_DEEP = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
# Kinds whose decoder gives 16 bits as they are stored; the others scale by the depth that the file states.
_STORED_DEPTH = {kinds.PNG, kinds.TIFF, kinds.PNM}
_TURNED_BY_OPENCV = {kinds.TIFF}  # also with alpha
# Bytes a pixel beside the decoded ones, measured: a strip, planes, colour indices, samples of 32 bits.
_OWN_BYTES = {kinds.TIFF: 3.0, kinds.WEBP: 4.2, kinds.GIF: 9.2, kinds.JPEG_2000: 13.3, kinds.AVIF: 13.8}
_AVIF_ALPHA_BYTES = 17.7
_HEIC_BYTES = 4.5  # planes of 4:2:0, and BGR


def decode_image(content: bytes, *, least: int | None = None, keeps_alpha: bool = False) -> NDArray[np.uint8]:
    """Decode an image of any kind that `edge.images.kinds` knows and the installed libraries read.

    What is transparent lies on a grey ground that differs from the object. Of a GIF it is the first frame. Samples of
    10 and 12 bits that are stored in 16 are scaled by their own white.

    Args:
        content: the whole file.
        least: pixels along the shorter edge that the caller needs. A JPEG whose shorter edge is at least twice as long
            is decoded at a half, a quarter or an eighth of its size, which is several times as fast. None: all of them.
        keeps_alpha: True returns alpha as a fourth channel where the image has one that says something.

    Returns:
        uint8 BGR, shape (H, W, 3), 0-255, rotated upright by its EXIF orientation; or BGRA, shape (H, W, 4), whose
        colours lie on their ground already. An image that would need more memory than `limits.MOST_MEMORY` is smaller.

    Raises:
        FrameError: another kind of file, damaged, beyond a limit, or of a kind that no installed library reads.
    """
    kind = _kind_of(content)
    header = _checked_header(kind, content)
    if kind is kinds.HEIC:
        from edge.images.heic import decode_heic

        _require_memory(header, _HEIC_BYTES)
        pixels: NDArray[Any] = decode_heic(content)
    else:
        pixels = _decode(content, _flag(kind, header, least))
    image = to_three_or_four(_eight_bits(pixels, header))
    if image.shape[2] == 3:
        return image
    if kind not in _TURNED_BY_OPENCV:
        image = turn_upright(image, header.orientation)
    image = lay_on_ground(image)
    return image if keeps_alpha or image.shape[2] == 3 else np.ascontiguousarray(image[..., :3])


def read_image(path: Path, *, least: int | None = None, keeps_alpha: bool = False) -> NDArray[np.uint8]:
    """Read and decode an image file; see `decode_image`.

    Raises:
        FrameError: as there and in `read_content`.
        OSError: unreadable.
    """
    return decode_image(read_content(path), least=least, keeps_alpha=keeps_alpha)


def read_content(path: Path) -> bytes:
    """Read an image file, or one byte more than `decode_image` takes.

    Raises:
        FrameError: not a regular file, because a read of a pipe may block and a device never ends.
        OSError: unreadable.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise FrameError("not a regular file")
    with path.open("rb") as file:
        return file.read(limits.MOST_BYTES + 1)


def _kind_of(content: bytes) -> Kind:
    """Return the kind of a file that can be read; refuse empty, large and other ones."""
    if not content:
        raise FrameError("the file is empty")
    if len(content) > limits.MOST_BYTES:
        raise FrameError(f"larger than {limits.MOST_BYTES:,} bytes")
    kind = kinds.kind_of(content)
    if kind is None:
        raise FrameError("not an image that OpenCV can read")
    if not kinds.is_readable(kind):
        raise FrameError(kinds.refusal(kind))
    return kind


def _checked_header(kind: Kind, content: bytes) -> Header:
    """Refuse images that cost a decoder gigabytes or minutes."""
    if kind is kinds.JPEG and limits.has_too_many_scans(content):
        raise FrameError("a JPEG that would be drawn over and over again, which takes minutes: save it again")
    if kind is kinds.PNG and not limits.has_whole_chunks(content):
        raise FrameError("a PNG that is shorter than it claims")
    if kind is kinds.TIFF and limits.largest_tile(content) > limits.most_pixels():
        raise FrameError(f"a tile of it claims {limits.too_many_pixels()}")
    header = read_header(kind, content)
    if header is None:
        raise FrameError(f"its {kind.name} header is damaged or of a strange kind: not an image that OpenCV can read")
    if header.width * header.height > limits.most_pixels():
        raise FrameError(f"it claims {limits.too_many_pixels()}")
    return header


def _flag(kind: Kind, header: Header, least: int | None) -> int:
    """Return OpenCV's flag: alpha or depth as stored, or 8-bit BGR, of the whole image or of a part of its pixels."""
    if header.has_alpha or (header.bits > 8 and kind in _STORED_DEPTH):
        bytes_each = header.channels * (2 if header.bits > 8 else 1)
        _require_memory(header, bytes_each + max(bytes_each, _own_bytes(kind, header)))
        return cv2.IMREAD_UNCHANGED if header.has_alpha else _DEEP
    shrink = 1
    if kind is kinds.JPEG and least is not None:
        shrink = max(factor for factor in _REDUCED if factor == 1 or min(header.width, header.height) >= factor * least)
    for factor in (factor for factor in _REDUCED if factor >= shrink):
        if header.width * header.height * _bytes_a_pixel(kind, header, factor) <= limits.most_memory():
            return _REDUCED[factor]
    raise FrameError(f"it {limits.too_much_memory()}")


def _bytes_a_pixel(kind: Kind, header: Header, factor: int) -> float:
    """Return what it takes to decode to BGR: OpenCV copies or turns the result, and shrinks all kinds but JPEG late."""
    result = 3 / factor**2
    if kind is kinds.JPEG:
        return header.buffered + 2 * result
    return 3 + max(result, _own_bytes(kind, header))


def _own_bytes(kind: Kind, header: Header) -> float:
    extra = _AVIF_ALPHA_BYTES if kind is kinds.AVIF and header.has_alpha else 0
    return _OWN_BYTES.get(kind, 0) + extra


def _require_memory(header: Header, bytes_a_pixel: float) -> None:
    if header.width * header.height * bytes_a_pixel > limits.most_memory():
        raise FrameError(f"it {limits.too_much_memory()}")


def _decode(content: bytes, flag: int) -> NDArray[Any]:
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in error.err:
            raise FrameError(f"it claims {limits.too_many_pixels()}") from error
        raise FrameError(f"OpenCV refuses it ({error.err or 'no reason given'})") from error
    if pixels is None:
        raise FrameError("not an image that OpenCV can read")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise FrameError(f"its pixels are {pixels.dtype}, which don't say what is white: save it with 8 or 16 bits")
    return pixels


def _eight_bits(pixels: NDArray[Any], header: Header) -> NDArray[np.uint8]:
    """Scale by the white that the file states; otherwise colours and alpha each by what their values look like."""
    if pixels.dtype == np.uint8 or pixels.ndim == 2 or pixels.shape[2] == 3:
        return to_eight_bits(pixels, white=header.white)
    white = 0 if header.bits in (8, 16) else 2**header.bits - 1
    parts = (np.ascontiguousarray(part) for part in (pixels[..., :-1], pixels[..., -1]))
    return np.dstack([to_eight_bits(part, white=white) for part in parts])
