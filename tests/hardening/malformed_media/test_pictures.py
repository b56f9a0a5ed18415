"""Damaged pictures are the same at every run, differ from whole ones, and meet the decoder as files and streams do."""

from __future__ import annotations

import contextlib
import io

import cv2
import numpy as np
import pytest

from edge.errors import FrameError
from edge.images.decode import decode_image
from edge.sources.live.mjpeg import MjpegInput
from edge.sources.readers import EndOfStreamError
from tests.hardening.malformed_media.bombs import bombs
from tests.hardening.malformed_media.pictures import mutant, seeds

ORIGINALS = seeds()


def test_whole_pictures_are_read() -> None:
    for suffix, content in ORIGINALS:
        assert decode_image(content).shape == (120, 160, 3), suffix


def test_a_number_is_always_the_same_picture_and_another_one_with_another_seed() -> None:
    first = [mutant(number, seed=0, originals=ORIGINALS) for number in range(100)]
    assert first == [mutant(number, seed=0, originals=ORIGINALS) for number in range(100)]
    assert first != [mutant(number, seed=1, originals=ORIGINALS) for number in range(100)]
    changed = [content != ORIGINALS[number % len(ORIGINALS)][1] for number, (_, content) in enumerate(first)]
    assert sum(changed) >= 95  # some damage changes nothing


def test_500_damaged_pictures_are_decoded_or_refused_with_a_sentence() -> None:
    decoded = 0
    for number in range(500):
        with contextlib.suppress(FrameError):
            image = decode_image(mutant(number, seed=0, originals=ORIGINALS)[1])
            assert (image.dtype, image.ndim, image.shape[2]) == (np.uint8, 3, 3)
            decoded += 1
    assert 50 < decoded < 450


def test_a_stream_of_200_damaged_jpegs_ends_and_holds_the_whole_ones_too() -> None:
    jpegs = [original for original in ORIGINALS if original[1].startswith(b"\xff\xd8")]
    whole = cv2.imencode(".jpg", np.full((33, 77, 3), 90, np.uint8))[1].tobytes()
    content = b"".join(mutant(number, seed=0, originals=jpegs)[1] + b"\xff\xd9" + whole for number in range(200))
    source, found = MjpegInput(io.BytesIO(content)), 0
    with contextlib.suppress(EndOfStreamError):
        while True:
            found += source.read().shape == (33, 77, 3)
    assert found >= 195  # a picture's damaged segment may say that the next one is part of it
    assert source.skipped > 20


def test_bombs_are_small_files_and_those_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: None)  # their headers alone: their contents are for the benchmark
    for name, content in bombs():
        assert len(content) < 2_100_000, name
        with pytest.raises(FrameError):
            decode_image(content)
