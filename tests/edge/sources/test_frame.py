"""A frame shows the same picture, however its source has it."""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np

from edge.sources import Frame
from edge.vision import YuvPicture

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


def test_an_array_is_shown_as_it_is() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    assert Frame(picture, 0, "memory", NOON).image is picture


def test_planes_become_a_picture_once() -> None:
    grey = np.full((1, 1), 128, np.uint8)
    frame = Frame(YuvPicture(np.full((2, 2), 235, np.uint8), grey, grey), 0, "memory", NOON)
    assert (frame.image == 255).all()
    assert frame.image is frame._replace(number=1).image
