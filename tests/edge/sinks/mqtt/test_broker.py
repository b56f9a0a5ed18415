"""Against a real mosquitto: retained messages, a late subscriber, the last will, a broker that goes and comes back."""

from __future__ import annotations

import json
import queue
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

paho = pytest.importorskip("paho.mqtt.client", reason="MQTT needs the extra `mqtt`: pip install 'edge-classify[mqtt]'")

from edge.health import Health
from edge.sinks.addresses import MQTT_VARIABLES, BrokerAddress
from edge.sinks.mqtt.sink import MqttSink
from tests.edge.sinks.mqtt.mosquitto import MOSQUITTO, Broker

PATIENCE_S = 30.0
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(MOSQUITTO is None, reason="no broker here: apt install mosquitto")]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that runs."""
    running = Broker(tmp_path)
    running.start()
    yield running
    running.stop()


class Listener:
    """Somebody who listens to everything, from a moment on."""

    def __init__(self, broker: Broker) -> None:
        self.heard: queue.Queue[tuple[str, str, bool]] = queue.Queue()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _client, _data, message: self.heard.put(
            (message.topic, message.payload.decode(), bool(message.retain))
        )
        subscribed: queue.Queue[bool] = queue.Queue()
        self.client.on_connect = lambda client, *_: client.subscribe("#")
        self.client.on_subscribe = lambda *_: subscribed.put(True)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        subscribed.get(timeout=PATIENCE_S)

    def wait_for(self, topic: str, wanted: Callable[[str], bool] = lambda message: True) -> tuple[str, bool]:
        """The next message on a topic that is wanted, and whether the broker had kept it."""
        while True:
            heard, message, was_kept = self.heard.get(timeout=PATIENCE_S)
            if heard == topic and wanted(message):
                return message, was_kept

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def listen(broker: Broker) -> Iterator[Callable[[], Listener]]:
    """Begin to listen."""
    listeners: list[Listener] = []

    def start() -> Listener:
        listeners.append(Listener(broker))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def open_sink(broker: Broker) -> Iterator[Callable[..., MqttSink]]:
    """A sink for this broker, at the topic shop/door."""
    sinks: list[MqttSink] = []

    def start(**options: Any) -> MqttSink:
        address = BrokerAddress("127.0.0.1", broker.port, "shop/door", has_tls=False)
        sinks.append(MqttSink(address, health=Health(state="live", frames=9), model_sha256="ab",
                              **{"every_s": 1e6, **options}))  # fmt: skip
        return sinks[-1]

    yield start
    for sink in sinks:
        sink.close()


def label_is(name: str) -> Callable[[str], bool]:
    """Make a check for a decision with this label."""
    return lambda message: bool(json.loads(message)["label"] == name)


def test_changes_are_published_and_retained_for_later_subscribers(
    *, listen: Any, open_sink: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    early = listen()
    sink = open_sink()
    assert early.wait_for("shop/door/availability") == ("online", False)
    for label, changed in (("Coat", True), ("Coat", False), ("Shirt", True)):
        sink.write(frame(), prediction(), decision(label, changed=changed))
    early.wait_for("shop/door/decision", label_is("Coat"))
    early.wait_for("shop/door/decision")  # the one in between was no change
    message, was_kept = listen().wait_for("shop/door/decision")
    assert (json.loads(message)["label"], json.loads(message)["source"], was_kept) == ("Shirt", "camera 0", True)


def test_telemetry_is_published_when_due_and_retained(
    *, listen: Any, open_sink: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    now = [0.0]
    listener = listen()
    sink = open_sink(every_s=30.0, clock=lambda: now[0])
    first, _ = listener.wait_for("shop/door/telemetry")
    assert json.loads(first)["latency_ms"] is None
    now[0] = 31.0
    sink.write(frame(), prediction(), decision(changed=True))
    message, _ = listener.wait_for("shop/door/telemetry")
    assert json.loads(message)["latency_ms"] == 2.6
    late, was_kept = listen().wait_for("shop/door/telemetry")
    assert (late, was_kept) == (message, True)


def test_telemetry_says_at_once_that_frames_fail_to_come(
    *, listen: Any, open_sink: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    listener = listen()
    sink = open_sink()
    listener.wait_for("shop/door/telemetry")
    sink.write(frame(), prediction(), decision(changed=True))
    for state in ("stale", "live"):
        sink._health.state = state
        sink.idle(decision("stale"))
        message, _ = listener.wait_for("shop/door/telemetry")
        assert json.loads(message)["state"] == state


def test_a_decision_is_published_again_when_its_probability_has_settled(
    *, listen: Any, open_sink: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    listener = listen()
    sink = open_sink()
    listener.wait_for("shop/door/availability")
    for number, probability in enumerate([0.47, 0.7] + 10 * [0.85]):
        shown = decision(changed=number == 0)._replace(probability=probability)
        sink.write(frame(number, seconds=number / 10), prediction(), shown)
    sink.write(frame(), prediction(), decision("Shirt", changed=True))
    heard = [json.loads(listener.wait_for("shop/door/decision")[0]) for _ in range(3)]
    assert [(one["label"], one["probability"]) for one in heard] == [("Coat", 0.47), ("Coat", 0.85), ("Shirt", 0.875)]
    assert heard[0]["since"] == heard[1]["since"]


def test_a_proper_end_and_a_sudden_one_both_leave_offline(listen: Any, open_sink: Any) -> None:
    listener = listen()
    polite = open_sink()
    listener.wait_for("shop/door/availability", "online".__eq__)
    polite.close()
    assert listener.wait_for("shop/door/availability", "offline".__eq__)[0] == "offline"
    sudden = open_sink()
    listener.wait_for("shop/door/availability", "online".__eq__)
    sudden._connection._client.socket().shutdown(socket.SHUT_RDWR)  # the will speaks, then it is back by itself
    listener.wait_for("shop/door/availability", "offline".__eq__)
    listener.wait_for("shop/door/availability", "online".__eq__)


def test_a_broker_that_was_away_gets_the_newest_decision(
    *, broker: Broker, listen: Any, open_sink: Any, frame: Any, prediction: Any, decision: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """The first decisions come while there is no broker at all: nothing waits, and only the newest is published."""
    broker.stop()
    sink = open_sink()
    for label in ("Coat", "Shirt", "Dress"):
        sink.write(frame(), prediction(), decision(label, changed=True))
    broker.start()
    message, _ = listen().wait_for("shop/door/decision")
    assert json.loads(message)["label"] == "Dress"
    assert sink.failures.dropped == 2
    assert len([line for line in caplog.messages if "classification goes on" in line]) <= 1


def test_home_assistant_gets_its_discovery_messages_if_configured(listen: Any, open_sink: Any) -> None:
    open_sink(discovery_prefix="ha")
    listener = listen()
    topics = {listener.heard.get(timeout=PATIENCE_S)[0] for _ in range(6)}
    assert len([topic for topic in topics if topic.startswith("ha/")]) == 5


def encrypt(broker: Broker, folder: Path, *, days: int = 1, host: str = "IP:127.0.0.1") -> Path:
    """Start a broker again with a certificate of its own authority, and return the certificate."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
         str(days), "-subj", "/CN=localhost", "-addext", f"subjectAltName={host}", "-keyout", str(key), "-out",
         str(certificate)], check=True, capture_output=True,
    )  # fmt: skip
    broker.stop()
    with broker.settings.open("a") as settings:
        settings.write(f"certfile {certificate}\nkeyfile {key}\nuser root\n")  # it may read what root made
    broker.start()
    return certificate


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate with")


def wait_for_failure(sink: MqttSink) -> str:
    """Return the reason of a failure when there is one."""
    until_s = time.monotonic() + PATIENCE_S
    while not sink.failures.message and time.monotonic() < until_s:
        time.sleep(0.01)
    return sink.failures.message


@needs_openssl
@pytest.mark.parametrize(
    ("host", "is_trusted", "part"),
    [("IP:127.0.0.1", False, MQTT_VARIABLES["authority"]), ("DNS:other.example", True, "another host")],
)
def test_a_certificate_that_is_not_trusted_is_told_from_no_broker(
    *, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, is_trusted: bool, part: str
) -> None:
    certificate = encrypt(broker, tmp_path, host=host)
    if is_trusted:
        monkeypatch.setenv(MQTT_VARIABLES["authority"], str(certificate))
    address = BrokerAddress("127.0.0.1", broker.port, "shop/door", has_tls=True)
    sink = MqttSink(address, health=Health(), model_sha256="ab", every_s=1e6)
    message = wait_for_failure(sink)
    sink.close()
    assert "certificate" in message
    assert part in message


def test_tls_to_a_broker_without_it_and_no_broker_at_all_are_told_apart(broker: Broker) -> None:
    def reason(port: int) -> str:
        sink = MqttSink(
            BrokerAddress("127.0.0.1", port, "a", has_tls=True), health=Health(), model_sha256="", every_s=9
        )
        message = wait_for_failure(sink)
        sink.close()
        return message

    without_tls = reason(broker.port)
    broker.stop()
    assert "no broker" not in without_tls
    assert "no broker" in reason(broker.port)


@needs_openssl
def test_certificates_that_cannot_be_used_end_no_run_and_are_tried_again(
    *, broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, frame: Any, prediction: Any, decision: Any
) -> None:
    from edge.sinks.mqtt import connection

    monkeypatch.setenv(MQTT_VARIABLES["authority"], str(tmp_path / "late.pem"))
    monkeypatch.setattr(connection, "_AFTER_ERROR_S", 0.0)
    address = BrokerAddress("127.0.0.1", broker.port, "shop/door", has_tls=True)
    sink = MqttSink(address, health=Health(), model_sha256="ab", every_s=1e6)
    assert MQTT_VARIABLES["authority"] in sink.failures.message
    encrypt(broker, tmp_path).rename(tmp_path / "late.pem")
    until_s = time.monotonic() + PATIENCE_S
    while sink.failures.message and time.monotonic() < until_s:
        sink.write(frame(), prediction(), decision(changed=True))
        time.sleep(0.01)
    sink.close()
    assert sink.failures.message == ""


@needs_openssl
def test_a_broker_with_a_certificate_of_our_own_authority_is_accepted(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = encrypt(broker, tmp_path)
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_CA", str(certificate))
    connected: queue.Queue[bool] = queue.Queue()
    monkeypatch.setattr(MqttSink, "_publish_all", lambda self, connection: connected.put(True))
    address = BrokerAddress("127.0.0.1", broker.port, "shop/door", has_tls=True)
    sink = MqttSink(address, health=Health(), model_sha256="ab", every_s=1e6)
    assert connected.get(timeout=PATIENCE_S)
    sink.close()


def test_the_login_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from edge.sinks.mqtt import connection

    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_USERNAME", "door")
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_PASSWORD", "hunter2")
    client = connection._client()
    assert (client.username, client.password) == ("door", "hunter2")
