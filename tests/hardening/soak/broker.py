"""A mosquitto that is killed and started again, and its retained messages."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

from tests.hardening.soak.child_process import bound_to_parent

_MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
_START_S = 5.0


def free_port() -> int:
    """A port of this machine that nobody has, for now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Broker:
    """Mosquitto on a port of its own, for this machine only, without files."""

    def __init__(self) -> None:
        """Don't start it yet."""
        self.is_there = _MOSQUITTO is not None
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        if _MOSQUITTO is None or self._process is not None:
            return
        command = bound_to_parent([_MOSQUITTO, "-p", str(self.port)], is_nobody=True)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         start_new_session=True)  # fmt: skip
        ends_s = time.monotonic() + _START_S
        while not self._listens() and time.monotonic() < ends_s:
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it without a goodbye to its clients."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


class Listener:
    """Somebody who connects and hears what the broker keeps on a topic."""

    def __init__(self, port: int, topic: str) -> None:
        """Connect."""
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.heard = ""
        """The newest message; empty before the first."""
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(topic)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)

    def listen(self, seconds: float) -> None:
        """Wait for so long, or until there is something."""
        self._client.loop(seconds)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()

    def _on_message(self, _client: object, _data: object, message: object) -> None:
        self.heard = message.payload.decode()  # type: ignore[attr-defined]  # paho's is known where it is installed
