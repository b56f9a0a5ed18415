"""Files are known by their first bytes."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.images import kinds
from edge.images.kinds import Kind, counted, is_readable, kind_of, kind_of_file

SQUARE = np.full((8, 8, 3), 90, np.uint8)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, SQUARE[..., 0] if suffix == ".pgm" else SQUARE)[1].tobytes()


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [(".jpg", kinds.JPEG), (".png", kinds.PNG), (".bmp", kinds.BMP), (".webp", kinds.WEBP), (".tif", kinds.TIFF),
     (".pgm", kinds.PNM), (".ppm", kinds.PNM)],
)  # fmt: skip
def test_what_every_opencv_writes_is_known_and_read(suffix: str, kind: Kind) -> None:
    assert kind_of(encoded(suffix)[: kinds.HEAD_BYTES]) is kind
    assert is_readable(kind)


@pytest.mark.parametrize(("form", "kind"), [("GIF", kinds.GIF), ("JPEG2000", kinds.JPEG_2000), ("AVIF", kinds.AVIF)])
def test_kinds_that_opencv_may_lack_are_known_from_another_encoder(form: str, kind: Kind) -> None:
    file = io.BytesIO()
    Image.fromarray(SQUARE).save(file, form)
    assert kind_of(file.getvalue()) is kind
    assert is_readable(kind) is (cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_COLOR) is not None)


def box(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", kinds.EMPTY),
        (box(b"heic", b"mif1"), kinds.HEIC),
        (box(b"mif1", b"mif1", b"heic"), kinds.HEIC),
        (box(b"mif1", b"avif"), kinds.AVIF),
        (box(b"avis", b"msf1"), kinds.AVIF),
        (box(b"isom", b"mp42"), kinds.VIDEO),
        (box(b"crx "), kinds.RAW),
        (b"RIFF\0\0\0\0AVI LIST", kinds.VIDEO),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\xff\x0a\0\0", kinds.JPEG_XL),
        (b"II*\0\x10\0\0\0CR\x02\0", kinds.RAW),
        (b"P5\n4 4\n255\n", kinds.PNM),
        (b"P5#size\n4 4", kinds.PNM),
        (b"P4 8 8 ", kinds.PBM),
        (b"P60 and P61", None),
        (b"hello", None),
        (bytes(64), None),
    ],
)
def test_first_bytes_tell_the_kind(head: bytes, kind: Kind | None) -> None:
    assert kind_of(head) is kind


def test_a_file_that_has_changed_is_of_its_new_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"P5#size\n4 4")
    assert kind_of_file(path) is kinds.PNM
    path.write_bytes(b"P4 8 8 ")
    assert kind_of_file(path) is kinds.PBM


def test_what_nothing_here_reads_has_a_remedy_and_a_number() -> None:
    assert not is_readable(kinds.JPEG_XL)
    assert (counted(kinds.RAW, 1), counted(kinds.RAW, 2)) == ("1 camera raw photograph", "2 camera raw photographs")
    assert "edge-classify[heic]" in kinds.refusal(kinds.HEIC)
