"""HEIC by pillow-heif where it is installed; where it isn't, the message names the extra."""

from __future__ import annotations

import importlib.util
import io
import sys

import numpy as np
import pytest

from edge.errors import FrameError
from edge.images import kinds
from edge.images.decode import decode_image
from edge.images.headers import read_header
from edge.images.heic import decode_heic

needs_library = pytest.mark.skipif(not importlib.util.find_spec("pillow_heif"), reason="the extra `heic` isn't here")
HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def drawn(mode: str = "RGB", bands: int = 3) -> bytes:
    """The left half red, the right half blue, or nothing where there is alpha."""
    import pillow_heif

    pixels = np.zeros((64, 96, bands), np.uint8)
    pixels[:, :48, 0] = pixels[:, 48:, 2] = 255
    if bands == 4:
        pixels[:, :48, 3] = 255
    file = io.BytesIO()
    pillow_heif.from_bytes(mode, (96, 64), pixels.tobytes()).save(file, quality=95)
    return file.getvalue()


@needs_library
def test_a_heic_becomes_bgr() -> None:
    content = drawn()
    assert kinds.kind_of(content) is kinds.HEIC
    header = read_header(kinds.HEIC, content)
    assert header is not None
    assert (header.width, header.height) == (96, 64)
    decoded = decode_image(content)
    assert (decoded.shape, decoded.dtype) == ((64, 96, 3), np.uint8)
    assert np.abs(decoded[32, 20].astype(int) - (0, 0, 255)).max() < 12
    assert np.abs(decoded[32, 80].astype(int) - (255, 0, 0)).max() < 12


@needs_library
def test_what_is_transparent_in_a_heic_lies_on_a_ground() -> None:
    decoded = decode_image(drawn("RGBA", 4), keeps_alpha=True)
    assert decoded.shape == (64, 96, 4)
    assert (decoded[10:50, 60:90, 3] < 5).all()
    assert (decoded[10:50, 60:90, :3] > 240).all()


@needs_library
@pytest.mark.parametrize("place", [b"meta", b"ispe", b"mdat"])
def test_a_heic_that_is_cut_is_a_frame_error(place: bytes) -> None:
    content = drawn()
    with pytest.raises(FrameError):
        decode_image(content[: content.find(place) + 8])


@needs_library
def test_a_large_heic_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    import pillow_heif

    monkeypatch.setattr(pillow_heif, "open_heif", lambda *_, **__: pytest.fail("it was decoded"))
    content = drawn()
    place = content.find(b"ispe") + 8
    size = (9000).to_bytes(4, "big")
    with pytest.raises(FrameError, match="pixels"):
        decode_image(content[:place] + 2 * size + content[place + 8 :])


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(FrameError, match=r"edge-classify\[heic\]"):
        decode_heic(HEAD)
