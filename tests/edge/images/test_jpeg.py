"""Markers of JPEGs written by OpenCV, and of some that no encoder writes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.images.jpeg import MOST_SCANS, START, first_scan, has_too_many_scans

BASELINE = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
SCAN = b"\xff\xda\x00\x02"


def test_the_first_scan_is_found_behind_a_thumbnail() -> None:
    segment = b"\xff\xe1" + (2 + len(BASELINE)).to_bytes(2, "big") + BASELINE
    jpeg = BASELINE[:2] + segment + BASELINE[2:]
    assert first_scan(BASELINE) == BASELINE.find(b"\xff\xda")
    assert first_scan(jpeg) == len(segment) + BASELINE.find(b"\xff\xda")


def test_it_goes_on_where_more_has_come() -> None:
    place = 2
    for length in range(len(BASELINE)):
        place = first_scan(BASELINE[:length], place)
    assert place == BASELINE.find(b"\xff\xda")


@pytest.mark.parametrize(
    ("content", "place"),
    [(b"\xff\xd8", 2), (b"\xff\xd8\xff\xe0\xff\xff", 2 + 2 + 65535), (b"\xff\xd8\xff\xe0\0\x02nonsense", 6)],
    ids=["nothing yet", "a segment that isn't there yet", "no segment"],
)
def test_where_it_stops(content: bytes, place: int) -> None:
    assert first_scan(content) == place


@pytest.mark.parametrize(
    ("content", "is_so"),
    [
        (START[:2] + MOST_SCANS * (SCAN + b"data\xff\x00\xff\xd0"), False),
        (START[:2] + (MOST_SCANS + 1) * (SCAN + b"data\xff\x00\xff\xd0"), True),
        (START[:2] + (MOST_SCANS + 1) * (SCAN + b"garbage\xff\xff"), True),
        (START[:2] + (MOST_SCANS + 1) * (b"\xff\x01\xff\xff" + SCAN[1:]), True),
        (START[:2] + SCAN + b"\xff\xd9" + 999 * SCAN, False),
        (b"\xff\xd8\xff\xe1\x0f\xff" + 1000 * SCAN + bytes(93) + SCAN + b"\xff\xd9", False),
        (START[:2] + 20_000 * b"\xff\xe0\0\x02" + 999 * SCAN, True),
    ],
    ids=["just enough", "one more", "garbage between", "markers without length", "behind the end", "in a segment",
         "segments without end"],
)  # fmt: skip
def test_scans_are_counted_where_they_count(content: bytes, is_so: bool) -> None:
    assert has_too_many_scans(content) is is_so
