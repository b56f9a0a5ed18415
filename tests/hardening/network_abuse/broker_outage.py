"""A simulated hour without a broker, which then comes: nothing piles up, and it gets the newest answer."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from edge.artifact.file import default_model
from edge.classify.classifier import Classifier
from edge.classify.results import Decision
from edge.demo import draw_frame
from edge.health import LIVE, Health
from edge.sinks.addresses import BrokerAddress
from edge.sinks.mqtt.sink import MqttSink
from edge.sources.frame import Frame

HOUR_S = 3600
_FPS = 10
_TIMEOUT_S = 30.0
_TOPIC = "shop/door"
_KEPT = ("availability", "decision")


@dataclass(frozen=True, slots=True)
class BrokerOutage:
    """Result of an hour without a broker."""

    answers: int
    """Count of new answers."""
    most_waiting: int
    """Messages held at once for the broker."""
    dropped: int
    """Value from the telemetry."""
    retained: dict[str, str]
    """Topic -> retained message that a new subscriber gets; empty where there is no mosquitto."""
    newest: str
    """The label of the last answer."""

    @property
    def has_newest(self) -> bool:
        """Return whether a new subscriber gets the newest decision and `online`."""
        decision = json.loads(self.retained.get(f"{_TOPIC}/decision", "{}"))
        return decision.get("label") == self.newest and self.retained.get(f"{_TOPIC}/availability") == "online"


def simulate_outage(*, mosquitto: str | None) -> BrokerOutage:
    """Give ten answers a second for a simulated hour, and start a broker at its end.

    Args:
        mosquitto: the broker's program; None: none comes.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    now = [0.0]
    health = Health(state=LIVE)
    sink = MqttSink(BrokerAddress("127.0.0.1", port, _TOPIC, has_tls=False), health=health, model_sha256="",
                    every_s=30.0, clock=lambda: now[0])  # fmt: skip
    began = datetime(2026, 1, 1, tzinfo=timezone.utc)
    image = draw_frame(0).image
    prediction = Classifier.load(default_model()).classify(image)
    most, answers, label = 0, HOUR_S * _FPS, ""
    for number in range(answers):
        now[0] = number / _FPS
        label = f"answer {number}"
        health.frames = number + 1
        moment = began + timedelta(seconds=now[0])
        sink.write(
            Frame(image, number, "demo", moment), prediction, Decision(label, 0.9, moment, changed=True, reason="")
        )
        most = max(most, sink.waiting)
    with _broker(mosquitto, port) if mosquitto else nullcontext():
        retained = _kept(port, sink) if mosquitto else {}
        sink.close()
    return BrokerOutage(answers, most, sink.failures.dropped, retained, label)


def find_mosquitto() -> str | None:
    """The program, where it is installed; Debian keeps it where only root's PATH leads."""
    return shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")


@contextmanager
def _broker(program: str, port: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n", encoding="utf-8")
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([program, "-c", str(settings)], stdout=quiet, stderr=quiet)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _kept(port: int, sink: MqttSink) -> dict[str, str]:
    """Return the messages that a subscriber gets after the sink has published everything."""
    deadline = time.monotonic() + _TIMEOUT_S
    while sink.failures.message and time.monotonic() < deadline:
        time.sleep(0.05)
    return _heard(port)


def _heard(port: int) -> dict[str, str]:
    """Return the retained messages: availability and decision."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    heard: dict[str, str] = {}
    has_both = threading.Event()

    def hear(_client: Client, _data: Any, message: Any) -> None:
        heard[message.topic] = message.payload.decode()
        if len(heard) == 2:
            has_both.set()

    listener = Client(CallbackAPIVersion.VERSION2)
    listener.on_connect = lambda client, *_: client.subscribe([(f"{_TOPIC}/{name}", 0) for name in _KEPT])
    listener.on_message = hear
    listener.connect("127.0.0.1", port)
    listener.loop_start()
    has_both.wait(_TIMEOUT_S)
    listener.disconnect()
    listener.loop_stop()
    return heard
