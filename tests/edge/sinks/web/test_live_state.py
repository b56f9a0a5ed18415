"""The live state: the newest frame, the seconds that are over, a frame's age, and the events key by key."""

from __future__ import annotations

import base64
import json
from typing import Any

import cv2
import numpy as np
import pytest

from edge.health import Health
from edge.sinks.web import live_state
from edge.sinks.web.live_state import HISTORY_S, LiveState, SecondStats, initial_event, update_event


class Clock:
    """Seconds that pass when a test moves them."""

    def __init__(self) -> None:
        self.now = 100.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A quarter past the hundredth second."""
    return Clock()


def test_each_change_has_a_higher_number(clock: Clock, frame: Any, prediction: Any, decision: Any) -> None:
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


def test_a_second_holds_its_worst_values(clock: Clock, frame: Any, prediction: Any, decision: Any) -> None:
    health = Health()
    live_state = LiveState(health, clock=clock)
    for now, captured_s in ((100.3, 100.1), (100.6, 100.5), (101.1, 101.0)):
        clock.now, health.captured_s = now, captured_s
        live_state.write(frame(), prediction(), decision())
    # The first was in view until the second was classified, that one until the second's end: both for 500 ms.
    assert live_state.history() == [SecondStats(2, 2.6, pytest.approx(500.0))]
    assert live_state.seconds == 1


@pytest.mark.parametrize(("fps", "delay_s"), [(10, 0.014), (2, 0.2), (0.5, 0.1)])
def test_no_frame_was_ever_older_than_the_chart_says(
    *, clock: Clock, frame: Any, prediction: Any, decision: Any, fps: float, delay_s: float
) -> None:
    health, ages = Health(), {}
    live_state = LiveState(health, clock=clock)
    for number in range(round(8 * fps)):
        captured_s = 100.3 + number / fps
        health.captured_s = captured_s  # the loop sets it before the sinks get the frame
        clock.now = captured_s + delay_s
        live_state.write(frame(), prediction(), decision())
        for look_s in np.arange(clock.now, captured_s + 1 / fps + delay_s - 1e-9, 0.01):
            ages[int(look_s)] = max(ages.get(int(look_s), 0.0), 1e3 * (look_s - captured_s))
    shown = {100 + index: second.age_ms for index, second in enumerate(live_state.history())}
    for second, age_ms in list(shown.items())[1:]:
        assert ages[second] <= age_ms <= ages[second] + 11


def test_without_frames_the_seconds_are_empty_and_the_age_grows(
    clock: Clock, frame: Any, prediction: Any, decision: Any
) -> None:
    health = Health(captured_s=100.25)
    live_state = LiveState(health, clock=clock)
    live_state.write(frame(), prediction(), decision())
    clock.now = 103.5
    live_state.idle(decision("stale"))
    assert live_state.history() == [
        SecondStats(1, 2.6, 750.0),
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


def data_of(event: bytes, name: str) -> Any:
    """Return the data of a server-sent event, which is one line of JSON."""
    first, second, *rest = event.decode().split("\n")
    assert (first, rest) == (f"event: {name}", ["", ""])
    return json.loads(second.removeprefix("data: "))


def test_the_initial_event_holds_the_model_and_the_seconds_that_are_over(clock: Clock, identity: Any) -> None:
    live_state = LiveState(Health(), clock=clock)
    clock.now += 2.0
    data = data_of(initial_event(live_state, identity), "initial")
    assert data["model"]["sha256"] == "ab" * 32
    assert data["model"]["labels"] == ["Coat", "Shirt"]
    assert (data["history"], data["seconds"]) == ([[0, None, None], [0, None, None]], 2)


def test_before_the_first_frame_an_update_has_no_answer(clock: Clock, monitored: Any) -> None:
    live_state = LiveState(Health(reason="no\nframe: Müħle"), clock=clock)
    assert data_of(update_event(live_state, monitored, model_sha256="ab"), "update") == {
        "run": {"state": "starting", "reason": "no\nframe: Müħle", "frames": 0, "skipped": 0, "dropped": 0,
                "reconnects": 0, "on_trial": False, "rolled_back": None, "refused": None},
        "seconds": 0,
        "second": None,
        "sinks": [
            {"name": "csv", "dropped": 0, "failure": ""},
            {"name": "mqtt", "dropped": 3, "failure": monitored[1].failures.message},
        ],
    }  # fmt: skip


def test_an_update_holds_the_json_line_and_the_networks_input(
    clock: Clock, frame: Any, prediction: Any, decision: Any
) -> None:
    live_state = LiveState(Health(captured_s=99.75), clock=clock)
    live_state.write(frame(7), prediction(), decision())
    data = data_of(update_event(live_state, [], model_sha256="ab"), "update")
    assert (data["answer"]["frame"], data["answer"]["label"], data["answer"]["model_sha256"]) == (7, "Coat", "ab")
    assert (data["eye"]["height"], data["eye"]["width"]) == (2, 2)
    assert base64.b64decode(data["eye"]["pixels"]) == bytes([0, 1, 2, 3])


def test_a_colour_input_travels_as_a_small_jpeg() -> None:
    pixels = np.zeros((320, 240, 3), np.uint8)
    pixels[:, :120] = (0, 0, 255)
    eye = live_state._eye(pixels)
    assert (eye["height"], eye["width"]) == (160, 120)
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(eye["jpeg"]), np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (160, 120, 3)
    assert decoded[80, 20, 2] > 200
    assert decoded[80, 100, 2] < 50
