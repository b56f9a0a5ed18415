"""Answers and telemetry for an MQTT broker; whether it is there or not, the loop goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from edge.classify.results import Decision, Prediction
from edge.health import Health
from edge.sinks.addresses import BrokerAddress
from edge.sinks.delivery import FailureLog, MonitoredSink
from edge.sinks.mqtt.connection import Connection
from edge.sinks.mqtt.messages import (
    OFFLINE,
    ONLINE,
    decision_message,
    discovery_messages,
    telemetry_message,
)
from edge.sources.frame import Frame


class MqttSink:
    """Publishes decisions when they change, and telemetry (see `edge.sinks.protocol.Sink`)."""

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
        """Begin to connect.

        Args:
            address: of the broker.
            health: of the run.
            model_sha256: which model it is that speaks.
            every_s: from one telemetry to the next.
            discovery_prefix: Home Assistant's; None: it isn't told.
            monitored: sinks whose losses the telemetry tells.
            clock: monotonic seconds, the one that `Health.captured_s` is read from; tests bring their own.

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
        self._fallible = (*monitored, self)
        self._clock = clock
        self._decision = ""  # the newest, as it is told
        self._is_told = True  # whether that one was
        self._lock = threading.Lock()  # the loop and paho's thread mustn't tell an old answer after a new one
        self._prediction: Prediction | None = None
        self._source = ""
        self._told_s = clock()
        self._told_frames = 0
        will = (f"{address.topic}/availability", OFFLINE)
        self._connection = Connection(address, will=will, greet=self._say_everything, failures=self.failures)

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Publish the answer if it is a new one, and telemetry if it is time."""
        self._prediction, self._source = prediction, frame.source
        self.idle(decision)

    def idle(self, decision: Decision) -> None:
        """Publish the answer if it is a new one, and telemetry if it is time."""
        with self._lock:
            if decision.changed or not self._decision:
                self.failures.dropped += not self._is_told
                self._decision = decision_message(decision, source=self._source, model_sha256=self._model_sha256)
                self._is_told = False
            if not self._is_told:
                self._is_told = self._say(self._connection, "decision", self._decision, is_kept=True)
            if self._clock() - self._told_s >= self._every_s:
                self._say_telemetry(self._connection)

    @property
    def waiting(self) -> int:
        """How many messages are on their way to the broker."""
        with self._lock:
            return self._connection.waiting

    def close(self) -> None:
        """Say goodbye."""
        self._connection.end(f"{self._topic}/availability", OFFLINE)

    def _say_everything(self, connection: Connection) -> None:
        """After each connection: that we are here, what we are, the newest answer, how it goes."""
        with self._lock:
            self._say(connection, "availability", ONLINE, is_kept=True)
            if self._discovery_prefix is not None:
                for topic, message in discovery_messages(self._topic, prefix=self._discovery_prefix).items():
                    connection.publish(topic, message, is_kept=True)
            if self._decision:
                self._is_told = self._say(connection, "decision", self._decision, is_kept=True)
            self._say_telemetry(connection)

    def _say_telemetry(self, connection: Connection) -> None:
        now, frames = self._clock(), self._health.frames
        fps = (frames - self._told_frames) / max(now - self._told_s, 1e-3)
        self._told_s, self._told_frames = now, frames
        captured_s = self._health.captured_s
        age_ms = None if captured_s is None else (now - captured_s) * 1e3
        message = telemetry_message(self._health, self._prediction, self._fallible, age_ms=age_ms, fps=fps)
        self._say(connection, "telemetry", message, is_kept=False)

    def _say(self, connection: Connection, channel: str, message: str, *, is_kept: bool) -> bool:
        return connection.publish(f"{self._topic}/{channel}", message, is_kept=is_kept)
