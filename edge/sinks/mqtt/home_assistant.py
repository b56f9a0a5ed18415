"""Discovery messages for Home Assistant, and the states that its sensors show."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from edge import __version__
from edge.artifact.spec import RESERVED_LABELS, UNKNOWN_LABEL

ONLINE, OFFLINE = "online", "offline"
UNRECOGNISED = "unrecognised"
"""State of the answer's sensor for our `unknown`, which Home Assistant reserves for sensors without a value."""

_RESERVED = ("unknown", "unavailable", "None")  # Home Assistant's own states, and what resets a sensor
_MISSED = 3  # telemetry messages that may fail to come before its sensors are unavailable
_LEAST_EXPIRY_S = 10
# Home Assistant's kind of entity, our name, the topic with its state, and the rest of its configuration.
_SENSORS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("sensor", "answer", "decision", {"name": "Answer", "icon": "mdi:tshirt-crew", "device_class": "enum"}),
    ("sensor", "probability", "decision", {"name": "Probability", "unit_of_measurement": "%",
     "state_class": "measurement", "value_template": "{{ (value_json.probability * 100) | round(1) }}"}),
    ("sensor", "latency", "telemetry", {"name": "Latency", "unit_of_measurement": "ms", "device_class": "duration",
     "state_class": "measurement", "entity_category": "diagnostic", "value_template": "{{ value_json.latency_ms }}"}),
    ("sensor", "frame_rate", "telemetry", {"name": "Frame rate", "unit_of_measurement": "fps",
     "state_class": "measurement", "entity_category": "diagnostic", "value_template": "{{ value_json.fps }}"}),
    ("binary_sensor", "frames_come", "telemetry", {"name": "Frames come", "device_class": "connectivity",
     "entity_category": "diagnostic", "payload_on": "live", "payload_off": "stale",
     "value_template": "{{ 'live' if value_json.state == 'live' else 'stale' }}"}),
)  # fmt: skip


def discovery_messages(topic: str, *, prefix: str, labels: Sequence[str], every_s: float) -> dict[str, str]:
    """Return discovery messages under Home Assistant's prefix, topic -> JSON, one for each of its sensors.

    Args:
        topic: of the runner, which is the device.
        prefix: of the discovery topics.
        labels: of the model's classes, which the answer's sensor offers to automations.
        every_s: seconds between two telemetry messages; its sensors are unavailable when three fail to come.
    """
    device_id = "edge_classify_" + hashlib.sha256(topic.encode()).hexdigest()[:12]  # the same after a restart
    shared = {
        "availability_topic": f"{topic}/availability",
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
        "device": {"identifiers": [device_id], "name": topic, "model": "edge-classify", "sw_version": __version__},
        "origin": {"name": "edge-classify", "sw_version": __version__},
    }
    renamed = _renamed(labels)
    own: dict[str, dict[str, Any]] = {
        "answer": {
            "value_template": f"{{{{ {json.dumps(renamed)}.get(value_json.label, value_json.label) }}}}",
            "options": [renamed.get(label, label) for label in dict.fromkeys((*labels, *RESERVED_LABELS))],
        }
    }
    expiry = {"expire_after": max(_LEAST_EXPIRY_S, math.ceil(_MISSED * every_s))}
    return {
        f"{prefix}/{kind}/{device_id}/{name}/config": json.dumps(
            {
                **config,
                **own.get(name, {}),
                **(expiry if channel == "telemetry" else {}),
                **shared,
                "unique_id": f"{device_id}_{name}",
                "state_topic": f"{topic}/{channel}",
            },
            ensure_ascii=False,
        )
        for kind, name, channel, config in _SENSORS
    }


def _renamed(labels: Sequence[str]) -> dict[str, str]:
    """Map labels that Home Assistant would take for states of its own onto others that no class has."""
    taken, renamed = {*labels, *RESERVED_LABELS}, {}
    for reserved in (UNKNOWN_LABEL, *(label for label in labels if label in _RESERVED)):
        state = UNRECOGNISED if reserved == UNKNOWN_LABEL else f"{reserved} (class)"
        while state in taken:
            state += "*"
        taken.add(state)
        renamed[reserved] = state
    return renamed
