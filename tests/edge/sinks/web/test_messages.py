"""What the page is told, key by key."""

from __future__ import annotations

import base64
import json
from typing import Any

from edge.health import Health
from edge.sinks.web.live_state import LiveState
from edge.sinks.web.messages import event, initial_event, update_event


def test_hello_is_the_model_and_the_seconds_that_are_over(identity: Any) -> None:
    now = [0.5]
    live_state = LiveState(Health(), clock=lambda: now[0])
    now[0] = 2.5
    told = initial_event(live_state, identity)
    assert told["model"]["sha256"] == "ab" * 32
    assert told["model"]["labels"] == ("Coat", "Shirt")
    assert (told["history"], told["seconds"]) == ([(0, None, None), (0, None, None)], 2)


def test_before_the_first_frame_there_is_no_answer(monitored: Any) -> None:
    told = update_event(LiveState(Health(reason="no frame yet"), clock=lambda: 0.5), monitored, model_sha256="ab")
    assert told == {
        "run": {"state": "starting", "reason": "no frame yet", "frames": 0, "skipped": 0, "dropped": 0, "reopened": 0},
        "age_ms": None,
        "seconds": 0,
        "second": None,
        "sinks": [
            {"name": "csv", "dropped": 0, "failure": ""},
            {"name": "mqtt", "dropped": 3, "failure": "no broker at broker:1883"},
        ],
    }


def test_an_answer_is_a_line_of_json_and_what_the_network_saw(frame: Any, prediction: Any, decision: Any) -> None:
    live_state = LiveState(Health(captured_s=1.0), clock=lambda: 1.5)
    live_state.write(frame(7), prediction(), decision())
    told = update_event(live_state, [], model_sha256="ab")
    assert told["age_ms"] == 500.0
    assert (told["answer"]["frame"], told["answer"]["label"], told["answer"]["model_sha256"]) == (7, "Coat", "ab")
    assert (told["eye"]["height"], told["eye"]["width"]) == (2, 2)
    assert base64.b64decode(told["eye"]["pixels"]) == bytes([0, 1, 2, 3])


def test_an_event_is_one_line_of_data() -> None:
    text = event("update", {"reason": "Müħle\nand more"}).decode()
    first, second, *rest = text.split("\n")
    assert (first, rest) == ("event: update", ["", ""])
    assert json.loads(second.removeprefix("data: ")) == {"reason": "Müħle\nand more"}
