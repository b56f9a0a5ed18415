"""Against a real mosquitto: retained messages, a late subscriber, the last will, a broker that goes and comes back."""

from __future__ import annotations

import json
import queue
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

paho = pytest.importorskip("paho.mqtt.client", reason="MQTT needs the extra `mqtt`: pip install 'edge-classify[mqtt]'")

from edge.errors import ToolkitError
from edge.health import Health
from edge.sinks.addresses import MQTT_VARIABLES, BrokerAddress
from edge.sinks.mqtt.sink import MqttSink

MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
PATIENCE_S = 30.0
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(MOSQUITTO is None, reason="no broker here: apt install mosquitto")]


class Broker:
    """A mosquitto on a port of its own; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.settings = folder / "mosquitto.conf"
        self.settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(MOSQUITTO), "-c", str(self.settings), "-v"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if b"running" in line:
                return
        pytest.fail("mosquitto didn't start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


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


def test_telemetry_is_published_when_due_and_not_retained(
    *, listen: Any, open_sink: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    now = [0.0]
    listener = listen()
    sink = open_sink(every_s=30.0, clock=lambda: now[0])
    first, _ = listener.wait_for("shop/door/telemetry")
    assert json.loads(first)["latency_ms"] is None
    now[0] = 31.0
    sink.write(frame(), prediction(), decision(changed=True))
    message, was_kept = listener.wait_for("shop/door/telemetry")
    assert (json.loads(message)["latency_ms"], was_kept) == (2.6, False)


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


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate with")
def test_a_broker_with_a_certificate_of_our_own_authority_is_accepted(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out",
         str(certificate)], check=True, capture_output=True,
    )  # fmt: skip
    broker.stop()
    with broker.settings.open("a") as settings:
        settings.write(f"certfile {certificate}\nkeyfile {key}\nuser root\n")  # it may read what root made
    broker.start()
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_CA", str(certificate))
    connected: queue.Queue[bool] = queue.Queue()
    monkeypatch.setattr(MqttSink, "_publish_all", lambda self, connection: connected.put(True))
    address = BrokerAddress("127.0.0.1", broker.port, "shop/door", has_tls=True)
    sink = MqttSink(address, health=Health(), model_sha256="ab", every_s=1e6)
    assert connected.get(timeout=PATIENCE_S)
    sink.close()


def test_login_and_certificates_come_from_the_environment(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from edge.sinks.mqtt import connection

    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_USERNAME", "door")
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_PASSWORD", "hunter2")
    client = connection._client(BrokerAddress("127.0.0.1", broker.port, "a", has_tls=False))
    assert (client.username, client.password) == ("door", "hunter2")
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_CA", str(tmp_path / "none.pem"))
    with pytest.raises(ToolkitError, match=f"{MQTT_VARIABLES['authority']}, .* PEM") as caught:
        connection._client(BrokerAddress("127.0.0.1", broker.port, "a", has_tls=True))
    assert "hunter2" not in str(caught.value)
