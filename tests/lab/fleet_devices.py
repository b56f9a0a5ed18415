"""Devices of the fleet: a runner each, its updates, and the telemetry that their broker has of them."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho

ROOT = Path(__file__).parents[2]
EVERY_S = 1.0  # between two frames: the gap that a trial counts whole
WAIT_S = 600.0  # a machine that others share stands still for minutes


class Messages:
    """Newest telemetry of each device, as the broker gives it."""

    def __init__(self, port: int) -> None:
        self.newest: dict[str, dict[str, Any]] = {}
        self._came: queue.Queue[None] = queue.Queue()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe("fleet/+/telemetry")
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def wait(self, is_so: Callable[[dict[str, dict[str, Any]]], bool], limit_s: float = WAIT_S) -> None:
        """Wait until the telemetry of all devices is so."""
        until_s = time.monotonic() + limit_s
        while not is_so(dict(self.newest)):
            left_s = until_s - time.monotonic()
            assert left_s > 0, f"it isn't so after {limit_s:g} s: {json.dumps(self.newest)}"
            with suppress(queue.Empty):
                self._came.get(timeout=left_s)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client: object, _data: object, message: Any) -> None:
        self.newest[message.topic.split("/")[1]] = json.loads(message.payload)
        self._came.put(None)


class Device:
    """A runner with a store of its own, and its updates."""

    def __init__(self, name: str, folder: Path, camera: str, broker: int) -> None:
        self.name = name
        self._store = folder / name
        self._flags = ["--source", camera, "--every", f"{EVERY_S:g}", "--mqtt", f"mqtt://127.0.0.1:{broker}/fleet/{name}",
                       "--mqtt-every", "5", "--store", str(self._store), "--quiet"]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Start the runner."""
        command = [sys.executable, "-m", "edge.run.main", *self._flags, *more]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the runner by a signal, and return its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(60)

    def kill(self) -> None:
        """End the runner, if there was one, at once."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def update(self, source: str, key: Path, *more: str) -> subprocess.CompletedProcess[str]:
        """Ask for the manifest; times are no matter here, where so many share two cores."""
        flags = ["--manifest", source, "--require-signature", str(key), "--device-id", self.name, "--json"]
        command = [sys.executable, "-m", "edge.run.main", "update", *flags, "--store", str(self._store), *more]
        return subprocess.run([*command, "--max-slower", "1000"], cwd=ROOT, capture_output=True, text=True, check=False)
