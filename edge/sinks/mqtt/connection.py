"""A broker that may come and go: the only file that imports paho-mqtt (extra `mqtt`).

Everything is published at most once (QoS 0) and said again after a reconnection: these are states, of which only the
newest counts. At QoS 1 paho would send what was on the way before the connection broke after what is said anew, and
leave an old answer in the broker.
"""

from __future__ import annotations

import os
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from edge.errors import RuntimeMissingError, ToolkitError
from edge.sinks.addresses import MQTT_VARIABLES, BrokerAddress
from edge.sinks.delivery import FIRST_DELAY_S, LONGEST_DELAY_S, FailureLog
from edge.sinks.mqtt.receive_limit import Wary

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessageInfo

    class WaryClient(Wary, Client):
        """What `_client` makes, where there is paho."""


_KEEPALIVE_S = 30
_FAREWELL_S = 0.4
MOST_WAITING = 64
"""Messages on their way to a broker that doesn't take them; more are refused."""


class Connection:
    """Publishes from any thread without waiting; paho's own thread connects, and reconnects for ever."""

    def __init__(
        self,
        address: BrokerAddress,
        *,
        will: tuple[str, str],
        greet: Callable[[Connection], None],
        failures: FailureLog,
    ) -> None:
        """Begin to connect, in the background.

        Args:
            address: of the broker.
            will: topic and retained message that the broker publishes when this connection is gone.
            greet: called after every connection, in paho's thread: says everything anew.
            failures: told when the broker is away, and when it is back.

        Raises:
            RuntimeMissingError: paho-mqtt isn't installed.
            ToolkitError: the environment names a certificate that can't be used.
        """
        self._greet = greet
        self._failures = failures
        self._client = _client(address)
        self._client.will_set(will[0], will[1], qos=1, retain=True)
        self._client.reconnect_delay_set(max(1, round(FIRST_DELAY_S)), round(LONGEST_DELAY_S))
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = lambda *_: failures.record_failure(
            ConnectionError(f"no broker at {address.place}")
        )
        self._client.on_disconnect = self._on_disconnect
        self._client.on_garbage = self._on_garbage
        self._waiting: deque[MQTTMessageInfo] = deque()
        self._is_stuck = False
        self._is_ending = False
        self._client.connect_async(address.host, address.port, keepalive=_KEEPALIVE_S)
        self._client.loop_start()

    @property
    def waiting(self) -> int:
        """How many messages are on their way."""
        while self._waiting and (self._waiting[0].rc or self._waiting[0].is_published()):
            self._waiting.popleft()
        return len(self._waiting)

    def publish(self, topic: str, message: str, *, is_kept: bool) -> bool:
        """Say something; whether it is on its way. What is kept, the broker tells whoever comes later.

        Callers take turns.
        """
        if not self._client.is_connected():
            return False
        if self.waiting >= MOST_WAITING:
            self._is_stuck = True
            self._failures.record_failure(ConnectionError("the broker takes nothing"))
            return False
        if self._is_stuck:
            self._is_stuck = False
            self._failures.record_success()
        self._waiting.append(self._client.publish(topic, message, qos=0, retain=is_kept))
        return not self._waiting[-1].rc

    def end(self, topic: str, offline_payload: str) -> None:
        """Say a last thing, to be kept, and leave."""
        self._is_ending = True
        if self._client.is_connected():
            sent = self._client.publish(topic, offline_payload, qos=1, retain=True)
            with suppress(RuntimeError, ValueError):  # the broker went away meanwhile; its will says the same
                sent.wait_for_publish(_FAREWELL_S)
        self._client.is_over.set()
        self._client.disconnect()  # ends paho's thread, which is a daemon: waiting for it could take a timeout

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._failures.record_failure(ConnectionError(f"the broker refuses: {reason}"))
            return
        if self._is_ending:  # it was on its way when the end came
            client.disconnect()
            return
        self._failures.record_success()
        self._greet(self)

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not self._is_ending:
            self._failures.record_failure(ConnectionError(f"the connection to the broker broke: {reason}"))

    def _on_garbage(self, error: Exception) -> None:
        if not self._is_ending:
            self._failures.record_failure(ConnectionError(f"the broker speaks no MQTT ({type(error).__name__})"))


@cache
def _class_of(client: type[Client]) -> type[WaryClient]:
    return cast("type[WaryClient]", type("WaryClient", (Wary, client), {}))


def _client(address: BrokerAddress) -> WaryClient:
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as error:
        raise RuntimeMissingError(f"--mqtt can't work ({error}): pip install 'edge-classify[mqtt]'") from error
    given: Mapping[str, str | None] = {name: os.environ.get(variable) for name, variable in MQTT_VARIABLES.items()}
    client = _class_of(Client)(CallbackAPIVersion.VERSION2)
    if given["username"]:
        client.username_pw_set(given["username"], given["password"])
    if address.has_tls:
        try:
            client.tls_set(given["authority"], given["certificate"], given["key"])
        except (OSError, ValueError, ssl.SSLError) as error:
            variables = ", ".join(MQTT_VARIABLES[name] for name in ("authority", "certificate", "key"))
            raise ToolkitError(
                f"the certificates for --mqtt can't be used ({error}): {variables} must name PEM files"
            ) from error
    return client
