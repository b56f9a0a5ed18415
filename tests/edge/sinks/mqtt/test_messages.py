"""What a broker is told, key by key."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from edge.health import Health
from edge.sinks.delivery import FailureLog
from edge.sinks.mqtt.messages import decision_message, discovery_messages, telemetry_message


def test_a_decision(decision: Any) -> None:
    told = json.loads(decision_message(decision(reason="Müħle"), source="camera 0", model_sha256="ab"))
    assert told == {
        "label": "Coat", "state": "known", "probability": 0.875, "reason": "Müħle",
        "since": "2026-01-02T12:00:00.000Z", "source": "camera 0", "model_sha256": "ab",
    }  # fmt: skip


def test_telemetry(prediction: Any) -> None:
    health = Health(state="live", reason="", frames=9, skipped=1, dropped=2, reconnects=3)
    failures = FailureLog("csv")
    failures.dropped = 4
    told = telemetry_message(health, prediction(), [SimpleNamespace(failures=failures)], age_ms=12.34, fps=14.999)
    assert json.loads(told) == {
        "state": "live", "reason": "", "frames": 9, "skipped": 1, "dropped": 2, "reconnects": 3, "fps": 15.0,
        "latency_ms": 2.6, "frame_age_ms": 12.3, "sinks_dropped": {"csv": 4},
    }  # fmt: skip
    before = json.loads(telemetry_message(Health(), None, [], age_ms=None, fps=0.0))
    assert (before["latency_ms"], before["frame_age_ms"], before["state"]) == (None, None, "starting")


def test_home_assistant_gets_a_device_whose_sensors_read_what_is_told(decision: Any, prediction: Any) -> None:
    told = discovery_messages("shop/door", prefix="homeassistant")
    configs = {topic: json.loads(message) for topic, message in told.items()}
    assert all(topic.startswith(("homeassistant/sensor/edge_classify_", "homeassistant/binary_sensor/edge_classify_"))
               and topic.endswith("/config") for topic in configs)  # fmt: skip
    assert len({config["unique_id"] for config in configs.values()}) == len(configs) == 5
    assert len({json.dumps(config["device"]) for config in configs.values()}) == 1
    assert {config["availability_topic"] for config in configs.values()} == {"shop/door/availability"}
    messages = {
        "shop/door/decision": json.loads(decision_message(decision(), source="", model_sha256="")),
        "shop/door/telemetry": json.loads(telemetry_message(Health(), prediction(), [], age_ms=1.0, fps=1.0)),
    }
    for config in configs.values():
        key = config["value_template"].split("value_json.")[1].split()[0].rstrip(")")
        assert key in messages[config["state_topic"]], config


def test_two_topics_are_two_devices_and_one_stays_itself() -> None:
    one, again, other = (set(discovery_messages(topic, prefix="ha")) for topic in ("a", "a", "b"))
    assert one == again
    assert not one & other
