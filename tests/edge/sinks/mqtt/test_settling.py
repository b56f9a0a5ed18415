"""A probability is published again when it has settled, once, and later only where it has moved."""

from __future__ import annotations

import itertools
import math

import pytest

from edge.sinks.mqtt.settling import CLIMB_S, OFTEN_S, TOLERANCE, Settling

NOON = 43200.0


def published(probabilities: list[float], fps: float) -> list[tuple[float, float]]:
    """Seconds and probabilities of what is published again after an answer that begins with the first of these."""
    settling = Settling()
    settling.begin(probabilities[0], NOON)
    times = [number / fps for number in range(len(probabilities))]
    return [
        (second, probability)
        for second, probability in zip(times, probabilities, strict=True)
        if settling.is_due(probability, NOON + second)
    ]


@pytest.mark.parametrize("fps", [5.0, 10.0, 30.0, 100.0])
def test_what_climbs_is_published_along_the_way_and_where_it_stays(fps: float) -> None:
    """Smoothing of 0.2 s from 0.5 to 0.9: a step to 0.81 after 0.3 s, at 0.02 from the end after 0.6 s."""
    climb = [0.9 - 0.4 * math.exp(-number / fps / 0.2) for number in range(int(20 * fps))]
    again = published(climb, fps)
    assert 2 <= len(again) <= 3
    assert again[0][0] == pytest.approx(0.3, abs=1 / fps)
    assert again[-1][0] <= 1.3
    assert again[-1][1] == pytest.approx(0.9, abs=TOLERANCE)


def test_what_stays_is_not_published_again() -> None:
    assert published([0.8, 0.81, 0.79] * 100, 30.0) == []


def test_what_never_settles_is_published_often_at_first_and_then_every_few_seconds() -> None:
    swings = [0.7 + 0.1 * (-1) ** number for number in range(600)]
    seconds = [second for second, _ in published(swings, 30.0)]
    assert len([second for second in seconds if second <= CLIMB_S]) <= 5
    later = [second for second in seconds if second > CLIMB_S]
    assert all(end - begin >= OFTEN_S for begin, end in itertools.pairwise(later))
    assert len(later) == 3


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    settling = Settling()
    settling.begin(0.5, NOON)
    earlier = NOON - 86400
    due = [settling.is_due(0.9, earlier + number / 10) for number in range(50)]
    assert (due.count(True), due.index(True)) == (1, 3)
