"""An image or a video: files that may be either are looked through for a second frame."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.images.frames import has_more_frames


def gif(count: int) -> bytes:
    file = io.BytesIO()
    first, *more = [Image.fromarray(np.full((9, 9, 3), 60 * number, np.uint8)) for number in range(count)]
    first.save(file, "GIF", save_all=True, append_images=more)
    return file.getvalue()


def jpeg(**parameters: int) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    pairs = [number for name, value in parameters.items() for number in (getattr(cv2, f"IMWRITE_JPEG_{name}"), value)]
    return cv2.imencode(".jpg", noise, pairs)[1].tobytes()


@pytest.mark.parametrize(("count", "has_more"), [(1, False), (2, True), (4, True)])
def test_images_of_a_gif_are_counted_up_to_the_second(count: int, has_more: bool) -> None:
    assert has_more_frames(gif(count)) is has_more


def test_a_gif_that_is_cut_ends_the_walk() -> None:
    content = gif(2)
    second = content.rfind(b"\x2c\0\0\0\0")
    assert [has_more_frames(content[:length]) for length in (6, 13, 20, second, second + 1)] == [False] * 4 + [True]


@pytest.mark.parametrize("parameters", [{}, {"PROGRESSIVE": 1}, {"RST_INTERVAL": 2}], ids=str)
def test_jpegs_behind_one_another_are_a_video_but_a_phones_preview_is_none(parameters: dict[str, int]) -> None:
    one = jpeg(**parameters)
    assert not has_more_frames(one)
    assert has_more_frames(one + one)
    assert has_more_frames(one + bytes(3) + one)
    assert not has_more_frames(one + b"trailer" + one)
    album = one[:2] + b"\xff\xe2\x00\x08MPF\0II" + one[2:]
    assert not has_more_frames(album + one)


def test_other_kinds_have_one_frame() -> None:
    assert not has_more_frames(b"\x89PNG\r\n\x1a\n")
    assert not has_more_frames(b"")
