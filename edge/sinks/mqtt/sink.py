"""Decisions and telemetry for an MQTT broker; the loop goes on without it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge.classify.results import Decision, Prediction
from edge.health import Health
from edge.sinks.addresses import BrokerAddress
from edge.sinks.delivery import FailureLog, MonitoredSink
from edge.sinks.mqtt.connection import Connection
from edge.sinks.mqtt.home_assistant import OFFLINE, ONLINE, discovery_messages
from edge.sinks.mqtt.settling import Settling
from edge.sinks.protocol import Sink
from edge.sinks.text.jsonl import iso_time
from edge.sources.frame import Frame

_LEAST_MEASURED_S = 1.0  # a frame rate over less says nothing: a new state is published between two frames


class MqttSink(Sink):
    """Publishes decisions when they change and when their probability has settled, and telemetry."""

    def __init__(
        self,
        address: BrokerAddress,
        *,
        health: Health,
        model_sha256: str,
        every_s: float,
        labels: Sequence[str] = (),
        discovery_prefix: str | None = None,
        monitored: Sequence[MonitoredSink] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to connect; without a prefix there are no discovery messages, and `labels` are for them alone.

        Telemetry counts what `monitored` lost.

        Raises:
            RuntimeMissingError: the extra `mqtt` isn't installed.
        """
        self.failures = FailureLog("mqtt")
        self._topic = address.topic
        self._health = health
        self._model_sha256 = model_sha256
        self._every_s = every_s
        self._labels = tuple(labels)
        self._discovery_prefix = discovery_prefix
        self._settling = Settling()
        self._monitored = (*monitored, self)
        self._clock = clock
        self._decision = ""  # the newest message
        self._is_sent = True  # False while that one waits for the broker
        self._lock = threading.Lock()  # the loop and paho's thread mustn't send an old decision after a new one
        self._prediction: Prediction | None = None
        self._source = ""
        self._telemetry_s = self._measured_s = clock()
        self._telemetry_state = ""
        self._measured_frames, self._fps = 0, 0.0
        will = (f"{address.topic}/availability", OFFLINE)
        self._connection = Connection(address, will=will, on_connect=self._publish_all, failures=self.failures)

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Publish the decision if it changed or has settled, and telemetry if it is due."""
        self._prediction, self._source = prediction, frame.source
        frame_s = frame.clock_s
        has_settled = self._settling.is_due(decision.probability, frame_s)
        if self._take(decision, has_settled=has_settled):
            self._settling.begin(decision.probability, frame_s)

    def idle(self, decision: Decision) -> None:
        """Publish the decision if it changed, and telemetry if it is due."""
        self._take(decision, has_settled=False)

    def _take(self, decision: Decision, *, has_settled: bool) -> bool:
        """Publish what is due; True if the decision is another one than before."""
        with self._lock:
            is_new = decision.changed or not self._decision
            if is_new or has_settled:
                self.failures.dropped += is_new and not self._is_sent
                self._decision = decision_message(decision, source=self._source, model_sha256=self._model_sha256)
                self._is_sent = False
            if not self._is_sent:
                self._is_sent = self._publish(self._connection, "decision", self._decision, is_retained=True)
            has_other_state = self._health.state != self._telemetry_state
            if has_other_state or self._clock() - self._telemetry_s >= self._every_s:
                self._publish_telemetry(self._connection)
            return is_new

    @property
    def waiting(self) -> int:
        """Number of messages on their way to the broker."""
        with self._lock:
            return self._connection.waiting

    def close(self) -> None:
        """Publish that the run has ended and the runner is offline, and disconnect."""
        with self._lock:
            self._publish_telemetry(self._connection)
        self._connection.end(f"{self._topic}/availability", OFFLINE)

    def _publish_all(self, connection: Connection) -> None:
        """Publish availability, discovery, the newest decision and telemetry, after each connection."""
        with self._lock:
            self._publish(connection, "availability", ONLINE, is_retained=True)
            if self._discovery_prefix is not None:
                discovery = discovery_messages(
                    self._topic, prefix=self._discovery_prefix, labels=self._labels, every_s=self._every_s
                )
                for topic, message in discovery.items():
                    connection.publish(topic, message, is_retained=True)
            if self._decision:
                self._is_sent = self._publish(connection, "decision", self._decision, is_retained=True)
            self._publish_telemetry(connection)

    def _publish_telemetry(self, connection: Connection) -> None:
        now, frames = self._clock(), self._health.frames
        if now - self._measured_s >= _LEAST_MEASURED_S:
            self._fps = (frames - self._measured_frames) / (now - self._measured_s)
            self._measured_s, self._measured_frames = now, frames
        self._telemetry_s, self._telemetry_state = now, self._health.state
        captured_s = self._health.captured_s
        age_ms = None if captured_s is None else (now - captured_s) * 1e3
        message = telemetry_message(self._health, self._prediction, self._monitored, age_ms=age_ms, fps=self._fps,
                                    model_sha256=self._model_sha256)  # fmt: skip
        self._publish(connection, "telemetry", message, is_retained=True)

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
    model_sha256: str,
) -> str:
    """Return the JSON of TOPIC/telemetry; `fps` counts the frames classified a second."""
    return _json(
        {
            **health.published(),
            "fps": round(fps, 2),
            "latency_ms": None if prediction is None else round(prediction.latency_ns["total"] / 1e6, 3),
            "frame_age_ms": None if age_ms is None else round(age_ms, 1),
            "sinks_dropped": {sink.failures.name: sink.failures.dropped for sink in monitored},
            "model_sha256": model_sha256,
        }
    )


def _json(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, allow_nan=False)
