"""Decisions and telemetry for an MQTT broker; the loop goes on without it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge import __version__
from edge.classify.results import Decision, Prediction
from edge.health import Health
from edge.sinks.addresses import BrokerAddress
from edge.sinks.delivery import FailureLog, MonitoredSink
from edge.sinks.mqtt.connection import Connection
from edge.sinks.protocol import Sink
from edge.sinks.text.jsonl import iso_time
from edge.sources.frame import Frame

ONLINE, OFFLINE = "online", "offline"
# Home Assistant's kind of entity, our name, the topic with its state, and the rest of its configuration.
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


class MqttSink(Sink):
    """Publishes decisions when they change, and telemetry."""

    def __init__(
        self,
        address: BrokerAddress,
        *,
        health: Health,
        model_sha256: str,
        every_s: float,
        discovery_prefix: str | None = None,
        monitored: Sequence[MonitoredSink] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to connect; without a prefix there are no discovery messages. Telemetry counts what `monitored` lost.

        Raises:
            RuntimeMissingError: the extra `mqtt` isn't installed.
            ToolkitError: the environment names a certificate that can't be used.
        """
        self.failures = FailureLog("mqtt")
        self._topic = address.topic
        self._health = health
        self._model_sha256 = model_sha256
        self._every_s = every_s
        self._discovery_prefix = discovery_prefix
        self._monitored = (*monitored, self)
        self._clock = clock
        self._decision = ""  # the newest message
        self._is_sent = True  # False while that one waits for the broker
        self._lock = threading.Lock()  # the loop and paho's thread mustn't send an old decision after a new one
        self._prediction: Prediction | None = None
        self._source = ""
        self._telemetry_s = clock()
        self._telemetry_frames = 0
        will = (f"{address.topic}/availability", OFFLINE)
        self._connection = Connection(address, will=will, on_connect=self._publish_all, failures=self.failures)

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Publish the decision if it changed, and telemetry if it is due."""
        self._prediction, self._source = prediction, frame.source
        self.idle(decision)

    def idle(self, decision: Decision) -> None:
        """Publish the decision if it changed, and telemetry if it is due."""
        with self._lock:
            if decision.changed or not self._decision:
                self.failures.dropped += not self._is_sent
                self._decision = decision_message(decision, source=self._source, model_sha256=self._model_sha256)
                self._is_sent = False
            if not self._is_sent:
                self._is_sent = self._publish(self._connection, "decision", self._decision, is_retained=True)
            if self._clock() - self._telemetry_s >= self._every_s:
                self._publish_telemetry(self._connection)

    @property
    def waiting(self) -> int:
        """Number of messages on their way to the broker."""
        with self._lock:
            return self._connection.waiting

    def close(self) -> None:
        """Publish that the runner is offline, and disconnect."""
        self._connection.end(f"{self._topic}/availability", OFFLINE)

    def _publish_all(self, connection: Connection) -> None:
        """Publish availability, discovery, the newest decision and telemetry, after each connection."""
        with self._lock:
            self._publish(connection, "availability", ONLINE, is_retained=True)
            if self._discovery_prefix is not None:
                for topic, message in discovery_messages(self._topic, prefix=self._discovery_prefix).items():
                    connection.publish(topic, message, is_retained=True)
            if self._decision:
                self._is_sent = self._publish(connection, "decision", self._decision, is_retained=True)
            self._publish_telemetry(connection)

    def _publish_telemetry(self, connection: Connection) -> None:
        now, frames = self._clock(), self._health.frames
        fps = (frames - self._telemetry_frames) / max(now - self._telemetry_s, 1e-3)
        self._telemetry_s, self._telemetry_frames = now, frames
        captured_s = self._health.captured_s
        age_ms = None if captured_s is None else (now - captured_s) * 1e3
        message = telemetry_message(self._health, self._prediction, self._monitored, age_ms=age_ms, fps=fps)
        self._publish(connection, "telemetry", message, is_retained=False)

    def _publish(self, connection: Connection, channel: str, message: str, *, is_retained: bool) -> bool:
        return connection.publish(f"{self._topic}/{channel}", message, is_retained=is_retained)


def decision_message(decision: Decision, *, source: str, model_sha256: str) -> str:
    """Return the JSON of TOPIC/decision: label, state, probability, reason, since (ISO 8601, UTC) and origin."""
    return _json(
        {
            "label": decision.label,
            "state": decision.state,
            "probability": round(decision.probability, 4),
            "reason": decision.reason,
            "since": iso_time(decision.since),
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
    """Return the JSON of TOPIC/telemetry; `fps` counts the frames classified a second since the one before."""
    return _json(
        {
            **health.published(),
            "fps": round(fps, 2),
            "latency_ms": None if prediction is None else round(prediction.latency_ns["total"] / 1e6, 3),
            "frame_age_ms": None if age_ms is None else round(age_ms, 1),
            "sinks_dropped": {sink.failures.name: sink.failures.dropped for sink in monitored},
        }
    )


def discovery_messages(topic: str, *, prefix: str) -> dict[str, str]:
    """Return discovery messages under Home Assistant's prefix, topic -> JSON, one for each of its sensors."""
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


def _json(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, allow_nan=False)
