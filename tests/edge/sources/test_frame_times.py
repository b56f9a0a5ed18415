"""Places of frames in time, by hand: stated ones count while they grow, the frame rate fills in for the others."""

from __future__ import annotations

import math

import pytest

from edge.sources.frame_times import VideoClock


@pytest.mark.parametrize(
    ("fps", "stated_s", "places_s"),
    [
        (10.0, [0.0, 0.1, 0.2], [0.0, 0.1, 0.2]),
        (10.0, [3600.0, 3600.1, 3600.2], [0.0, 0.1, 0.2]),
        (15.0, [0.0, 0.1, 1.6, 1.7], [0.0, 0.1, 1.6, 1.7]),
        (20.0, [0.0] * 4, [0.0, 0.05, 0.1, 0.15]),
        (20.0, [math.nan] * 4, [0.0, 0.05, 0.1, 0.15]),
        (20.0, [1e300, -1e300, math.inf], [0.0, 0.05, 0.1]),
        (0.0, [0.0] * 3, [0.0, 0.04, 0.08]),
        (math.inf, [0.0] * 3, [0.0, 0.04, 0.08]),
        (90_000.0, [0.0] * 3, [0.0, 0.04, 0.08]),
        (10.0, [0.0, 0.1, math.nan, 0.3], [0.0, 0.1, 0.2, 0.3]),
        (10.0, [math.nan, 5.0, 5.1], [0.0, 0.1, 0.2]),
        (10.0, [0.0, 0.2, 0.1, 0.3, 0.5], [0.0, 0.2, 0.3, 0.4, 0.5]),
        (10.0, [50.0, 50.1, 0.0, 0.5, 0.6], [0.0, 0.1, 0.2, 0.7, 0.8]),
        (10.0, [3.0, 2.9, 2.8], [0.0, 0.1, 0.2]),
    ],
    ids=["constant", "late start", "variable", "standing", "missing", "absurd", "no rate", "infinite rate",
         "a unit for a rate", "one missing", "first missing", "out of order", "another recording", "backwards"],
)  # fmt: skip
def test_times_always_move_on(fps: float, stated_s: list[float], places_s: list[float]) -> None:
    clock = VideoClock(fps)
    assert [clock.place(stated) for stated in stated_s] == pytest.approx(places_s)
    assert clock.lasted_s == pytest.approx(places_s[-1] + clock.frame_s)


def test_the_largest_stated_time_is_kept_by_the_files_own_zero() -> None:
    clock = VideoClock(10.0)
    for stated_s in (3600.0, 3600.1, math.nan, 0.0):
        clock.place(stated_s)
    assert clock.stated_s == 3600.1
    assert clock.from_rate == 2
