"""States that Home Assistant shows: the templates rendered in the sandbox that it renders them in."""

from __future__ import annotations

import json
from typing import Any

import pytest

jinja2 = pytest.importorskip("jinja2.sandbox", reason="templates need jinja2: pip install 'edge-classify[benchmarks]'")

from edge.health import Health
from edge.sinks.mqtt.home_assistant import discovery_messages
from edge.sinks.mqtt.sink import decision_message, telemetry_message

LABELS = ("Coat", "Shirt")
RESERVED = {"unknown", "unavailable", "None", ""}  # of Home Assistant: its states, and payloads that reset a sensor


def configs(labels: tuple[str, ...] = LABELS, every_s: float = 30.0) -> dict[str, dict[str, Any]]:
    """Configuration of each sensor, by our name."""
    messages = discovery_messages("shop/door", prefix="homeassistant", labels=labels, every_s=every_s)
    return {topic.split("/")[-2]: json.loads(message) for topic, message in messages.items()}


def state(config: dict[str, Any], message: str) -> str:
    """Render a sensor's state."""
    template = jinja2.ImmutableSandboxedEnvironment().from_string(config["value_template"])
    return str(template.render(value_json=json.loads(message))).strip()


@pytest.mark.parametrize(
    "labels", [LABELS, ("None", "unavailable", "unrecognised"), ("0", "it's", '{{ "x" }}', "Müħle")]
)
def test_every_answer_is_an_option_of_its_own_and_no_reserved_state(labels: tuple[str, ...], decision: Any) -> None:
    answer = configs(labels)["answer"]
    states = [
        state(answer, decision_message(decision(label), source="", model_sha256=""))
        for label in (*labels, "unknown", "nothing", "stale")
    ]
    assert states == answer["options"]
    assert len({*states}) == len(labels) + 3
    assert not {*states} & RESERVED
    assert answer["device_class"] == "enum"
    assert not {"unit_of_measurement", "state_class"} & answer.keys()  # which an enum mustn't have


def test_our_unknown_is_another_word(decision: Any) -> None:
    message = decision_message(decision("unknown"), source="", model_sha256="")
    assert state(configs()["answer"], message) == "unrecognised"
    assert json.loads(message)["label"] == "unknown"  # to everyone else


@pytest.mark.parametrize(("every_s", "expiry_s"), [(30.0, 90), (0.5, 10), (7.1, 22)])
def test_sensors_of_telemetry_expire_when_it_fails_to_come(every_s: float, expiry_s: int) -> None:
    found = {name: config.get("expire_after") for name, config in configs(every_s=every_s).items()}
    telemetry = dict.fromkeys(("latency", "frame_rate", "frames_come"), expiry_s)
    assert found == {"answer": None, "probability": None, **telemetry}


def test_figures_are_those_of_the_messages(decision: Any, prediction: Any) -> None:
    shown = configs()
    telemetry = telemetry_message(Health(state="live"), prediction(), [], age_ms=1.0, fps=14.999, model_sha256="")
    assert state(shown["probability"], decision_message(decision(), source="", model_sha256="")) == "87.5"
    assert [state(shown[name], telemetry) for name in ("latency", "frame_rate", "frames_come")] == [
        "2.6",
        "15.0",
        "live",
    ]
