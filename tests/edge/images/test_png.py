"""PNGs by OpenCV, and chunks packed by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.errors import FrameError
from edge.images.decode import decode_image
from edge.images.png import has_whole_chunks

START = b"\x89PNG\r\n\x1a\n"
PNG = cv2.imencode(".png", np.full((20, 30, 3), 9, np.uint8))[1].tobytes()


def chunk(name: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """One without a right checksum."""
    return (len(data) if length is None else length).to_bytes(4, "big") + name + data + bytes(4)


@pytest.mark.parametrize(
    ("content", "is_whole"),
    [
        (PNG, True),
        (PNG + b"behind the end", True),
        (PNG[:-1], False),
        (START, False),
        (START + chunk(b"IHDR", bytes(13)) + chunk(b"IEND"), True),
        (START + chunk(b"IDAT", bytes(9), length=10) + chunk(b"IEND"), False),
        (START + chunk(b"IDAT", bytes(9), length=2**32 - 1) + chunk(b"IEND"), False),
        (START + 30_000 * chunk(b"tEXt") + chunk(b"IEND"), False),
    ],
    ids=["whole", "more behind it", "cut", "nothing", "empty", "one byte more", "four gigabytes", "chunks without end"],
)
def test_chunks_are_followed_to_the_last_one(content: bytes, is_whole: bool) -> None:
    assert has_whole_chunks(content) is is_whole


def test_a_chunk_that_claims_gigabytes_reaches_no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    place = PNG.find(b"IDAT") - 4
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it did"))
    with pytest.raises(FrameError, match="a PNG that is shorter than it says"):
        decode_image(PNG[:place] + b"\xff\0\0\0" + PNG[place + 4 :])
