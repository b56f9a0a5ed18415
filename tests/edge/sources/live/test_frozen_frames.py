"""Frozen or still: what tells a camera that hangs from a scene in which nothing moves."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.sources.live.frozen_frames import FrozenFrameDetector

NOISE = [np.random.default_rng(number).integers(0, 255, (32, 8, 3), np.uint8) for number in range(60)]
STILL = NOISE[0]


def seen(
    watch: FrozenFrameDetector, pictures: list[NDArray[np.uint8]], start_s: float, fps: float = 10.0
) -> list[bool]:
    """Return its result for each picture, each in an array of its own."""
    return [watch.is_frozen(picture.copy(), start_s + n / fps) for n, picture in enumerate(pictures)]


def test_the_same_bytes_for_long_from_a_camera_with_noise_are_frozen() -> None:
    watch = FrozenFrameDetector(3.0)
    assert not any(seen(watch, NOISE, 0.0))
    assert seen(watch, [STILL] * 33, 6.0) == [False] * 30 + [True] * 3  # 3 s after the first of them
    assert not any(seen(watch, NOISE[1:], 10.0))
    assert seen(watch, [STILL] * 31, 20.0)[-1]  # again: the frozen time doesn't count as repeats


def test_a_single_pixel_that_changes_is_no_repeat() -> None:
    watch = FrozenFrameDetector(3.0)
    seen(watch, NOISE, 0.0)
    pictures = [STILL.copy() for _ in range(100)]
    for number, picture in enumerate(pictures):
        picture[17, 3, 1] = number  # in none of the rows that are compared first
    assert not any(seen(watch, pictures, 6.0))


@pytest.mark.parametrize(
    "before",
    [[], NOISE[:28], [STILL], [picture for picture in NOISE[1:] for _ in range(2)]],
    ids=["nothing", "too few", "one", "each twice"],
)
def test_a_source_without_known_noise_is_never_frozen(before: list[NDArray[np.uint8]]) -> None:
    watch = FrozenFrameDetector(3.0)
    assert not any(seen(watch, before, 0.0))
    assert not any(seen(watch, [NOISE[40]] * 1000, 60.0))


@pytest.mark.parametrize("repeats", [3, 4])
def test_a_camera_may_repeat_one_picture_in_twenty(repeats: int) -> None:
    pictures = NOISE[1:] + [NOISE[-1]] * repeats  # 59 new ones: 3 of 62 are repeats, or 4 of 63
    watch = FrozenFrameDetector(3.0)
    seen(watch, pictures, 0.0)
    assert seen(watch, [STILL] * 40, 20.0)[-1] is (repeats == 3)


def test_a_covered_lens_is_not_frozen_and_costs_no_confidence() -> None:
    watch, black = FrozenFrameDetector(3.0), np.zeros((32, 8, 3), np.uint8)
    seen(watch, NOISE, 0.0)
    assert not any(seen(watch, [black] * 1000, 10.0))
    seen(watch, NOISE, 200.0)
    assert seen(watch, [STILL] * 40, 300.0)[-1]


def test_a_limit_of_zero_never_detects_anything() -> None:
    watch = FrozenFrameDetector(0.0)
    seen(watch, NOISE, 0.0)
    assert not any(seen(watch, [STILL] * 1000, 10.0))


def test_a_frame_of_another_size_differs() -> None:
    watch = FrozenFrameDetector(3.0)
    seen(watch, NOISE, 0.0)
    assert not any(seen(watch, [STILL, STILL[:16]] * 50, 10.0))
