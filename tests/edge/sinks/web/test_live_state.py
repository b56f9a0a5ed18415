"""The live_state: the newest live_frame, the seconds that are over, and how old a frame is; with a clock of our own."""

from __future__ import annotations

from typing import Any

import pytest

from edge.health import Health
from edge.sinks.web.live_state import HISTORY_S, LiveState, SecondStats


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A quarter past the hundredth second."""
    return Clock()


def test_the_newest_sight_has_the_highest_number(clock: Clock, frame: Any, prediction: Any, decision: Any) -> None:
    live_state = LiveState(Health(), clock=clock)
    live_state.idle(decision("stale"))
    assert live_state.newest is None
    numbers = []
    for answer in (decision(), decision("stale", changed=True), decision("stale", changed=True)):
        if answer.label == "Coat":
            live_state.write(frame(5), prediction(), answer)
        else:
            live_state.idle(answer)
        assert live_state.newest is not None
        numbers.append(live_state.newest.number)
        assert (live_state.newest.frame.number, live_state.newest.decision) == (5, answer)
    assert numbers == [1, 2, 2]


def test_a_second_shows_its_worst(clock: Clock, frame: Any, prediction: Any, decision: Any) -> None:
    health = Health()
    live_state = LiveState(health, clock=clock)
    for now, captured_s in ((100.3, 100.1), (100.6, 100.5), (101.1, 101.0)):
        clock.now, health.captured_s = now, captured_s
        live_state.write(frame(), prediction(), decision())
    assert live_state.history() == [SecondStats(2, 2.6, pytest.approx(200.0))]
    assert live_state.seconds == 1


def test_a_silence_is_seconds_without_frames_and_a_growing_age(
    clock: Clock, frame: Any, prediction: Any, decision: Any
) -> None:
    health = Health(captured_s=100.25)
    live_state = LiveState(health, clock=clock)
    live_state.write(frame(), prediction(), decision())
    clock.now = 103.5
    live_state.idle(decision("stale"))
    assert live_state.history() == [
        SecondStats(1, 2.6, 0.0),
        SecondStats(0, None, 1750.0),
        SecondStats(0, None, 2750.0),
    ]
    clock.now = 1e6
    assert len(live_state.history()) == HISTORY_S
    assert live_state.seconds == 10**6 - 100


def test_live_is_a_frame_within_the_stall_time(clock: Clock, frame: Any, prediction: Any, decision: Any) -> None:
    live_state = LiveState(Health(), clock=clock)
    assert not live_state.is_live(2.0)
    live_state.write(frame(), prediction(), decision())
    clock.now += 2.0
    assert live_state.is_live(2.0)
    live_state.idle(decision("stale"))
    clock.now += 0.01
    assert not live_state.is_live(2.0)
