"""A connection to an MQTT broker that may come and go: the only file that imports paho-mqtt (extra `mqtt`).

Everything is published at most once (QoS 0) and again after a reconnection: these are states, of which only the newest
counts. At QoS 1 paho would resend older messages after the newer ones, and leave an old decision in the broker.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from edge.errors import RuntimeMissingError, ToolkitError
from edge.sinks.addresses import MQTT_VARIABLES, BrokerAddress
from edge.sinks.delivery import FIRST_DELAY_S, LONGEST_DELAY_S, FailureLog
from edge.sinks.mqtt.refusals import no_answer, refusal, why_not

_KEEPALIVE_S = 30
_OFFLINE_S = 0.4  # time limit of the last message
_AFTER_ERROR_S = LONGEST_DELAY_S  # from a malformed packet or a flood to the next connection
MOST_WAITING = 64
"""Messages on their way to a broker that doesn't take them; more are refused."""
_FIRST_READS, _READS_PER_S = 16, 0.1  # a publisher reads CONNACK and PUBACK once, and PINGRESP every 30 s
_RECEIVE_BUFFER_BYTES = 2048  # of the kernel: paho reads a packet in at most 100 such pieces a call


class ReceiveLimit:
    """Mixin for paho's client: caps what is read from a broker and survives malformed packets."""

    host: str
    port: int
    keepalive: int
    connect_async: Any
    on_malformed: Callable[[Exception], None]
    """Called after an error in paho's thread, which then waits and connects again."""
    clock: Callable[[], float] = time.monotonic
    connect_error: OSError = ConnectionError("never tried")
    """Why the newest attempt to connect failed."""
    _reads = 0
    _connected_s = 0.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.is_over = threading.Event()
        """Set at the end: no further connection is tried."""

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> Any:
        """Run until the end; paho's thread calls this."""
        while not self.is_over.is_set():
            try:
                return super().loop_forever(timeout, retry_first_connection)  # type: ignore[misc]  # paho's
            except Exception as error:  # noqa: BLE001  # struct.error, IndexError, whatever a packet leads to
                self.connect_async(self.host, self.port, self.keepalive)  # not connected from here on
                self.on_malformed(error)
            self.is_over.wait(_AFTER_ERROR_S)
        return None

    def reconnect(self) -> Any:
        """Connect, and keep the error of an attempt that fails; paho calls this."""
        self._reads, self._connected_s = 0, self.clock()
        try:
            return super().reconnect()  # type: ignore[misc]  # paho's
        except OSError as error:
            self.connect_error = error.with_traceback(None)  # whose frames would hold the socket
            raise

    def loop_read(self, max_packets: int = 1) -> Any:
        """Read a packet or a part of one; paho calls this.

        Raises:
            ConnectionAbortedError: the broker sends more than a publisher is owed.
        """
        self._reads += 1
        if self._reads > _FIRST_READS + _READS_PER_S * (self.clock() - self._connected_s):
            raise ConnectionAbortedError
        return super().loop_read(max_packets)  # type: ignore[misc]  # paho's


class _TlsSocket(ssl.SSLSocket):
    """Socket that is closed where its handshake fails, which paho forgets."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessageInfo

    class LimitedClient(ReceiveLimit, Client):
        """Return type of `_client`."""


class Connection:
    """Publishes from any thread without waiting; paho's own thread connects, and reconnects without end."""

    def __init__(
        self,
        address: BrokerAddress,
        *,
        will: tuple[str, str],
        on_connect: Callable[[Connection], None],
        failures: FailureLog,
    ) -> None:
        """Begin to connect, in the background; `on_connect` is called after every connection, in paho's thread.

        The broker publishes the will, a topic and a retained message, when the connection is lost. A set-up that fails,
        because the environment names no good certificate or because no socket can be opened, is tried again later.

        Raises:
            RuntimeMissingError: paho-mqtt isn't installed.
        """
        self._publish_all = on_connect
        self._failures = failures
        self._address = address
        self._client = _client()
        self._lacks_certificates = address.has_tls
        self._has_begun = False
        self._retry_s = float("-inf")
        self._client.will_set(will[0], will[1], qos=1, retain=True)
        self._client.reconnect_delay_set(max(1, round(FIRST_DELAY_S)), round(LONGEST_DELAY_S))
        self._client.on_socket_open = _limit_receive_buffer
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = lambda *_: failures.record_failure(
            ConnectionError(why_not(self._client.connect_error, address))
        )
        self._client.on_disconnect = self._on_disconnect
        self._client.on_malformed = lambda error: self._on_loss(
            f"the broker speaks no MQTT, or too much ({type(error).__name__})"
        )
        self._waiting: deque[MQTTMessageInfo] = deque()
        self._is_stuck = False
        self._is_ending = False
        self._has_answered = False
        self._client.connect_async(address.host, address.port, keepalive=_KEEPALIVE_S)
        self._begin()

    def _begin(self) -> None:
        """Start paho's thread, at most once every ten seconds until it has started."""
        if self._has_begun or self._client.clock() < self._retry_s:
            return
        self._retry_s = self._client.clock() + _AFTER_ERROR_S
        try:
            if self._lacks_certificates:
                _set_certificates(self._client)
                self._lacks_certificates = False
            self._client.loop_start()
        except ToolkitError as error:
            self._failures.record_failure(error)
        except OSError as error:  # paho's thread is woken by a socket of the internet's family
            self._failures.record_failure(ConnectionError(why_not(error, self._address)))
        else:
            self._has_begun = True

    @property
    def waiting(self) -> int:
        """Number of messages on their way."""
        while self._waiting and (self._waiting[0].rc or self._waiting[0].is_published()):
            self._waiting.popleft()
        return len(self._waiting)

    def publish(self, topic: str, message: str, *, is_retained: bool) -> bool:
        """Publish a message, from one thread at a time; True if it is on its way. The broker keeps retained ones."""
        if not self._client.is_connected():
            self._begin()
            return False
        if self.waiting >= MOST_WAITING:
            self._is_stuck = True
            self._failures.record_failure(ConnectionError("the broker takes nothing"))
            return False
        if self._is_stuck:
            self._is_stuck = False
            self._failures.record_success()
        self._waiting.append(self._client.publish(topic, message, qos=0, retain=is_retained))
        return not self._waiting[-1].rc

    def end(self, topic: str, offline_payload: str) -> None:
        """Publish a last, retained message and disconnect."""
        self._is_ending = True
        if self._client.is_connected():
            sent = self._client.publish(topic, offline_payload, qos=1, retain=True)
            with suppress(RuntimeError, ValueError):  # the broker was lost meanwhile; its will says the same
                sent.wait_for_publish(_OFFLINE_S)
        self._client.is_over.set()
        self._client.disconnect()  # ends paho's thread, which is a daemon: waiting for it could take a timeout

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._has_answered = True
        if reason.is_failure:
            self._failures.record_failure(ConnectionError(refusal(str(reason), reason.value)))
        elif self._is_ending:  # the connection was on its way when the end came
            client.disconnect()
        else:
            self._failures.record_success()
            self._publish_all(self)

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        has_answered, self._has_answered = self._has_answered, False
        broke = f"the connection to the broker broke: {reason}"
        self._on_loss(broke if has_answered else no_answer(self._address, reason.value))

    def _on_loss(self, message: str) -> None:
        if not self._is_ending:
            self._failures.record_failure(ConnectionError(message))


def _limit_receive_buffer(_client: Client, _data: Any, line: Any) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)


def _client() -> LimitedClient:
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as error:
        raise RuntimeMissingError(f"--mqtt can't work ({error}): pip install 'edge-classify[mqtt]'") from error
    limited = cast("type[LimitedClient]", type("LimitedClient", (ReceiveLimit, Client), {}))
    client = limited(CallbackAPIVersion.VERSION2)
    settings = _settings()
    if settings["username"]:
        client.username_pw_set(settings["username"], settings["password"])
    return client


def _set_certificates(client: LimitedClient) -> None:
    settings = _settings()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies; without Python 3.13's ban on simple private CAs
    context.sslsocket_class = _TlsSocket
    try:
        if settings["certificate"]:
            context.load_cert_chain(settings["certificate"], settings["key"])
        if settings["authority"]:
            context.load_verify_locations(settings["authority"])
        else:
            context.load_default_certs()
    except (OSError, ValueError) as error:
        variables = ", ".join(MQTT_VARIABLES[name] for name in ("authority", "certificate", "key"))
        raise ToolkitError(
            f"the certificates for --mqtt can't be used ({error}): {variables} must name PEM files"
        ) from error
    client.tls_set_context(context)


def _settings() -> dict[str, str | None]:
    return {name: os.environ.get(variable) or None for name, variable in MQTT_VARIABLES.items()}
