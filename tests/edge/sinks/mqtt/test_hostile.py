"""Hostile brokers, made of a plain socket: nothing waits for them, and a good one gets the newest decision."""

from __future__ import annotations

import errno
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

paho = pytest.importorskip("paho.mqtt.client", reason="MQTT needs the extra `mqtt`: pip install 'edge-classify[mqtt]'")

from edge.health import Health
from edge.sinks.addresses import BrokerAddress
from edge.sinks.mqtt import connection
from edge.sinks.mqtt.sink import MqttSink
from tests.hardening.network_abuse.brokers import HOSTILE, TIMEOUT_S, Broker, Script, closes, says

ADVICE = ("PASSWORD", "mqtts://")


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Broker, MqttSink]]]:
    """Connect a sink to a scripted broker, without pauses between two attempts."""
    monkeypatch.setattr(paho.Client, "_reconnect_wait", lambda self: None)
    monkeypatch.setattr(connection, "_AFTER_ERROR_S", 0.0)
    opened: list[tuple[Broker, MqttSink]] = []

    def start(*scripts: Script, **options: Any) -> tuple[Broker, MqttSink]:
        broker = Broker(scripts)
        address = BrokerAddress("127.0.0.1", broker.port, "shop/door", has_tls=False)
        opened.append((broker, MqttSink(address, health=Health(), model_sha256="ab", every_s=1e6, **options)))
        return opened[-1]

    yield start
    for broker, sink in opened:
        sink.close()
        broker.close()


@pytest.mark.parametrize("harm", HOSTILE, ids=str)
def test_after_any_hostile_broker_a_good_one_gets_the_newest_decision(
    *, meet: Any, frame: Any, prediction: Any, decision: Any, harm: str, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_USERNAME", "door")
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_PASSWORD", "hunter2")
    caplog.set_level("DEBUG")
    broker, sink = meet(HOSTILE[harm], HOSTILE[harm])
    for label in ("Coat", "Shirt", "Dress"):
        sink.write(frame(), prediction(), decision(label, changed=True))
    broker.wait_for(b'"Dress"')  # upon connection, or later if the third connection is faster than this thread
    sink.write(frame(), prediction(), decision("Bag", changed=True))
    broker.wait_for(b'"Bag"')
    assert broker.came == 3
    said = caplog.text + capfd.readouterr().err
    assert "Traceback" not in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("script", "fact"),
    [(closes, "mqtts://"), (says(b"\x20\x02\0\x05"), "PASSWORD"), (says(b"\x20\x02\0\x04"), "PASSWORD"),
     (says(b"\x20\x02\0\x03"), "refuses"), (HOSTILE["speaks another language"], "no MQTT")],
    ids=["hangs up, as one with TLS does", "not authorized", "a wrong login", "unavailable", "another language"],
)  # fmt: skip
def test_a_broker_that_lets_nobody_in_says_what_to_do(
    meet: Any, caplog: pytest.LogCaptureFixture, script: Script, fact: str
) -> None:
    broker, _ = meet(script)
    broker.wait_for(b"online")
    assert fact in caplog.messages[0]
    assert [advice for advice in ADVICE if advice in caplog.text] == [fact] * (fact in ADVICE)


def test_a_broker_that_never_answers_is_left_after_a_timeout(
    meet: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    has_come, now = threading.Event(), paho.time_func

    def says_nothing(line: socket.socket) -> None:
        line.recv(1)
        monkeypatch.setattr(paho, "time_func", lambda: now() + 1e6)  # much later
        has_come.set()
        says()(line)

    broker, sink = meet(says_nothing)
    assert has_come.wait(TIMEOUT_S)
    broker.wait_for(b"online")
    assert (broker.came, sink.failures.message) == (2, "")
    assert "doesn't answer" in caplog.messages[0]
    assert not any(advice in caplog.text for advice in ADVICE)  # it was we who left


def test_messages_that_a_broker_does_not_take_are_bounded_and_the_newest_arrives(
    meet: Any, frame: Any, prediction: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker, sink = meet()
    broker.wait_for(b"telemetry")
    takes_none, send = threading.Event(), paho.Client._sock_send

    def refuse(client: Any, content: bytes) -> Any:
        if takes_none.is_set():
            raise BlockingIOError
        return send(client, content)

    monkeypatch.setattr(paho.Client, "_sock_send", refuse)
    takes_none.set()
    for number in range(1000):
        sink.write(frame(), prediction(), decision(f"label {number}", changed=True))
        assert sink.waiting <= connection.MOST_WAITING
    assert (sink.waiting, sink.failures.message) == (connection.MOST_WAITING, "the broker takes nothing")
    assert sink.failures.dropped == 1000 - connection.MOST_WAITING - 1  # the newest isn't lost yet
    takes_none.clear()
    while sink.failures.message:
        sink.write(frame(), prediction(), decision("label 999"))
    heard = broker.wait_for(b'"label 999"')
    assert b'"label 998"' not in heard


def test_an_hour_without_a_broker_holds_one_decision(
    meet: Any, frame: Any, prediction: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    is_away = threading.Event()
    is_away.set()
    reconnect = paho.Client.reconnect

    def refuse(client: Any) -> Any:
        if is_away.wait(0.001):
            raise ConnectionRefusedError
        return reconnect(client)

    monkeypatch.setattr(paho.Client, "reconnect", refuse)
    broker, sink = meet(clock=lambda: now[0])
    most = 0
    for second in range(3600):
        now[0] = float(second)
        sink.write(frame(second), prediction(), decision(f"label {second}", changed=True))
        most = max(most, sink.waiting)
    assert (most, sink.failures.dropped) == (0, 3599)
    is_away.clear()
    heard = broker.wait_for(b"shop/door/telemetry")
    assert b'"label 3599"' in heard
    assert b'"label 3598"' not in heard
    assert json.loads(heard[heard.rindex(b'{"state"') :])["sinks_dropped"] == {"mqtt": 3599}


def test_attempts_are_one_to_ten_seconds_apart(meet: Any) -> None:
    _, sink = meet()
    client = sink._connection._client
    assert (client._reconnect_min_delay, client._reconnect_max_delay) == (1, 10)


def test_a_unit_that_lets_no_socket_of_the_internet_through_ends_no_run(
    monkeypatch: pytest.MonkeyPatch, frame: Any, prediction: Any, decision: Any
) -> None:
    """Under RestrictAddressFamilies=AF_UNIX even the pipe that wakes paho's thread can't be made."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge-classify")
    with monkeypatch.context() as patched:
        patched.setattr(paho, "_socketpair_compat", refuse)
        address = BrokerAddress("127.0.0.1", 1, "shop/door", has_tls=False)
        sink = MqttSink(address, health=Health(), model_sha256="ab", every_s=1e6)
        sink.write(frame(), prediction(), decision(changed=True))
    sink.close()
    assert "systemctl edit" in sink.failures.message
