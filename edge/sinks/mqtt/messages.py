"""What a broker is told: topics and their JSON; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from edge import __version__
from edge.classify.results import Decision, Prediction
from edge.health import Health
from edge.sinks.delivery import MonitoredSink

ONLINE, OFFLINE = "online", "offline"


def decision_message(decision: Decision, *, source: str, model_sha256: str) -> str:
    """The JSON of <topic>/decision: label, state, probability, reason, since (ISO 8601, UTC), source, model_sha256."""
    return _json(
        {
            "label": decision.label,
            "state": decision.state,
            "probability": round(decision.probability, 4),
            "reason": decision.reason,
            "since": _iso(decision.since),
            "source": source,
            "model_sha256": model_sha256,
        }
    )


def telemetry_message(
    health: Health,
    prediction: Prediction | None,
    monitored: Sequence[MonitoredSink],
    *,
    age_ms: float | None,
    fps: float,
) -> str:
    """The JSON of <topic>/telemetry: how the run is.

    Args:
        health: of the run.
        prediction: of the newest frame; None before the first.
        monitored: sinks that can fail.
        age_ms: how old the newest classified frame is.
        fps: frames classified a second since the telemetry before.
    """
    latency_ms = None if prediction is None else round(prediction.latency_ns["total"] / 1e6, 3)
    return _json(
        {
            "state": health.state,
            "reason": health.reason,
            "frames": health.frames,
            "skipped": health.skipped,
            "dropped": health.dropped,
            "reconnects": health.reconnects,
            "fps": round(fps, 2),
            "latency_ms": latency_ms,
            "frame_age_ms": None if age_ms is None else round(age_ms, 1),
            "sinks_dropped": {sink.failures.name: sink.failures.dropped for sink in monitored},
        }
    )


def discovery_messages(topic: str, *, prefix: str) -> dict[str, str]:
    """Home Assistant's discovery: topic -> JSON, one for each of its sensors.

    Args:
        topic: below which is published.
        prefix: Home Assistant's own, usually homeassistant.
    """
    device_id = "edge_classify_" + hashlib.sha256(topic.encode()).hexdigest()[:12]  # the same after a restart
    shared = {
        "availability_topic": f"{topic}/availability",
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
        "device": {"identifiers": [device_id], "name": topic, "model": "edge-classify", "sw_version": __version__},
        "origin": {"name": "edge-classify", "sw_version": __version__},
    }
    return {
        f"{prefix}/{kind}/{device_id}/{name}/config": _json(
            {**config, **shared, "unique_id": f"{device_id}_{name}", "state_topic": f"{topic}/{channel}"}
        )
        for kind, name, channel, config in _SENSORS
    }


# Home Assistant's kind of entity, our name, the channel that tells it, and the rest of its configuration.
_SENSORS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("sensor", "answer", "decision", {"name": "Answer", "icon": "mdi:tshirt-crew",
     "value_template": "{{ value_json.label }}"}),
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


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, allow_nan=False)


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
