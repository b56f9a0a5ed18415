"""A real broker for tests, on a port of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections import deque
from pathlib import Path

MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")


class Broker:
    """A mosquitto on a port of its own; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.settings = folder / "mosquitto.conf"
        self.settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self.process: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.process = subprocess.Popen(
            [str(MOSQUITTO), "-c", str(self.settings), "-v"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if b"running" in line:
                # It would stand still once the pipe is full of its log.
                self._reader = threading.Thread(target=deque, args=(self.process.stdout, 0), daemon=True)
                self._reader.start()
                return
        raise AssertionError("mosquitto didn't start")

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._reader.join()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None
