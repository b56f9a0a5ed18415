"""Reads of the software camera, on a simulated clock."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hardening.soak.camera import ScriptedCamera, stamp
from tests.hardening.soak.schedule import SIZES, Fault, Timeline
from tests.hardening.soak.simulated_clock import SimulatedClock


def camera(*faults: Fault) -> tuple[ScriptedCamera, SimulatedClock]:
    """Two pictures a second, and reads that wait for five."""
    clock = SimulatedClock()
    made = ScriptedCamera(Timeline(faults), height=48, width=64, fps=2, read_timeout_s=5, clock=clock,
                          sleep=clock.sleep)  # fmt: skip
    return made, clock


def test_pictures_come_at_its_rate_differ_and_carry_their_number() -> None:
    made, clock = camera()
    first, second = made.read()[1], made.read()[1]
    assert first is not None
    assert second is not None
    assert (first.shape, first.dtype, clock.now_s) == ((48, 64, 3), np.uint8, 1.0)
    assert (stamp(first), stamp(second), made.given) == (1, 2, 2)
    assert not np.array_equal(first[2:], second[2:])


@pytest.mark.parametrize(
    ("kind", "comes_back_s", "has_picture"),
    [("silent", 5.0, False), ("fail", 0.2, False), ("gone", 0.2, False), ("black", 0.5, True), ("odd", 0.5, True)],
)
def test_what_a_read_comes_to(kind: str, comes_back_s: float, has_picture: bool) -> None:
    made, clock = camera(Fault(kind, 0.2, 60))
    is_there, image = made.read()
    assert (clock.now_s, is_there, image is not None) == (comes_back_s, has_picture, has_picture)


def test_silence_ends_with_a_picture_in_the_read_that_waits() -> None:
    made, clock = camera(Fault("silent", 0.2, 3.0))
    assert made.read()[0]
    assert clock.now_s == 3.0


def test_the_faulty_pictures_are_what_they_are_called() -> None:
    made, clock = camera(Fault("black", 1, 2), Fault("odd", 3, 4), Fault("size", 5, 6.2), Fault("still", 7, 9))
    images = {}
    while clock.now_s < 8:
        _, image = made.read()
        assert image is not None
        images[clock.now_s] = image
    assert not images[1.5].any()
    assert images[3.5].shape == (1, 48 * 64 * 3)
    assert {images[time_s].shape for time_s in (5.0, 5.5, 6.0)} == {(*size, 3) for size in SIZES}
    assert np.array_equal(images[7.0], images[7.5])
    assert images[7.0] is not images[7.5]
    assert stamp(images[7.5]) == stamp(images[6.5])


def test_it_cannot_be_opened_while_it_is_gone_and_attempts_in_vain_are_timed() -> None:
    made, clock = camera(Fault("gone", 1, 9))
    assert made.capture(0, 0).isOpened()
    made.read()
    for wait_s in (1.0, 0.5, 3.0):
        clock.sleep(wait_s)
        assert not made.capture(0, 0).isOpened()
    assert (made.opened, made.shortest_gap_s, made.longest_gap_s) == (4, 0.5, 3.0)
    clock.sleep(5)
    assert made.capture(0, 0).isOpened()
