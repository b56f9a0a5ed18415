"""The messages for a broker, key by key."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from edge.health import Health
from edge.sinks.delivery import FailureLog
from edge.sinks.mqtt.home_assistant import discovery_messages
from edge.sinks.mqtt.sink import decision_message, telemetry_message


def test_a_decision_message_holds_the_decision_its_source_and_the_model(decision: Any) -> None:
    message = json.loads(decision_message(decision(reason="Müħle"), source="camera 0", model_sha256="ab"))
    assert message == {
        "label": "Coat", "state": "known", "probability": 0.875, "reason": "Müħle",
        "since": "2026-01-02T12:00:00.000Z", "source": "camera 0", "model_sha256": "ab",
    }  # fmt: skip


def test_telemetry_holds_the_health_the_speed_and_the_losses_of_sinks(prediction: Any) -> None:
    back = {"sha256": "cd", "reason": "it can't be loaded", "time": "2026-01-02T12:00:00Z"}
    refused = {"sha256": "ef", "reason": "too slow", "time": "2026-01-03T12:00:00Z"}
    health = Health(state="live", frames=9, skipped=1, dropped=2, reconnects=3, on_trial=True, rolled_back=back,
                    refused=refused)  # fmt: skip
    failures = FailureLog("csv")
    failures.dropped = 4
    message = telemetry_message(
        health, prediction(), [SimpleNamespace(failures=failures)], age_ms=12.34, fps=14.999, model_sha256="ab"
    )
    assert json.loads(message) == {
        "state": "live", "reason": "", "frames": 9, "skipped": 1, "dropped": 2, "reconnects": 3, "fps": 15.0,
        "latency_ms": 2.6, "frame_age_ms": 12.3, "sinks_dropped": {"csv": 4}, "model_sha256": "ab", "on_trial": True,
        "rolled_back": {"sha256": "cd", "reason": "it can't be loaded", "time": "2026-01-02T12:00:00Z"},
        "refused": {"sha256": "ef", "reason": "too slow", "time": "2026-01-03T12:00:00Z"},
    }  # fmt: skip
    before = json.loads(telemetry_message(Health(), None, [], age_ms=None, fps=0.0, model_sha256=""))
    assert (before["latency_ms"], before["frame_age_ms"], before["state"]) == (None, None, "starting")
    assert (before["on_trial"], before["rolled_back"], before["refused"]) == (False, None, None)


def test_home_assistants_sensors_read_keys_that_are_published(decision: Any, prediction: Any) -> None:
    discovery = discovery_messages("shop/door", prefix="homeassistant", labels=("Coat",), every_s=30)
    configs = {topic: json.loads(message) for topic, message in discovery.items()}
    parts = [topic.split("/") for topic in configs]
    assert {(part[0], part[-1]) for part in parts} == {("homeassistant", "config")}
    assert {part[1] for part in parts} == {"sensor", "binary_sensor"}
    assert len({config["unique_id"] for config in configs.values()}) == len(configs) == 5
    assert len({json.dumps(config["device"]) for config in configs.values()}) == 1
    assert {config["availability_topic"] for config in configs.values()} == {"shop/door/availability"}
    messages = {
        "shop/door/decision": json.loads(decision_message(decision(), source="", model_sha256="")),
        "shop/door/telemetry": json.loads(
            telemetry_message(Health(), prediction(), [], age_ms=1.0, fps=1.0, model_sha256="")
        ),
    }
    for config in configs.values():
        key = config["value_template"].split("value_json.")[1].split()[0].rstrip("),")
        assert key in messages[config["state_topic"]], config


def test_each_topic_is_one_device_that_stays_the_same() -> None:
    one, again, other = (set(discovery_messages(topic, prefix="ha", labels=(), every_s=1)) for topic in ("a", "a", "b"))
    assert one == again
    assert not one & other
