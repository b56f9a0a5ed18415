"""The runner, as a user starts it, in a process of its own that can be watched: a camera of 30 frames a second."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import cv2

from edge.demo import draw_frame
from edge.sinks.addresses import MQTT_VARIABLES, TOKEN_VARIABLE
from edge.system.host import process_memory_bytes
from tests.hardening.network_abuse.http_client import TIMEOUT_S, ask
from tests.hardening.network_abuse.requests import BASE_PATH, SITE, Request

FPS = 30.0
_DRAWN = 20  # frames, shown over and over


class ExposedRunner:
    """A run with a page and a broker; `close` ends it."""

    def __init__(self, *, kind: str, host: str, token: str, folder: Path, broker_port: int, password: str) -> None:
        """Start it and wait for the first frame.

        Args:
            kind: `run`, or `collect` for the command that makes images.
            host: that the page listens on.
            token: of the page; empty: none.
            folder: for corrections, where there is a token, and collected images.
            broker_port: of a broker on this machine.
            password: that it logs in with there.
        """
        self.kind = kind
        self.folder = folder
        self.longest_wait_s = 0.0
        """Longest time that a viewer waited for a response, seconds."""
        self.unanswered = 0
        """Count of looks without an image."""
        self.lines: list[str] = []
        """Text on stderr."""
        self.answers: list[str] = []
        """Text on stdout."""
        self.cookie = ""
        """Value of the cookie that a browser gets for the token; empty: there is no token."""
        self.frame = ""
        """Path that stands for the token in a frame; empty: there is no token."""
        environment = {**os.environ, MQTT_VARIABLES["username"]: "door", MQTT_VARIABLES["password"]: password}
        environment.pop(TOKEN_VARIABLE, None)
        if token:
            environment[TOKEN_VARIABLE] = token
        if kind == "collect":
            own = ["collect", str(folder), "--classes", "ripe,unripe"]
        else:
            own = ["--mqtt", f"mqtt://127.0.0.1:{broker_port}/shop/door"]
            own += ["--corrections", str(folder)] if token else []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge.run.main", *own, "--source", "-", "--serve", f"{host}:0",
             "--serve-base-path", BASE_PATH, "--serve-embed-from", SITE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
        )  # fmt: skip
        self._is_over = threading.Event()
        self._has_page = threading.Event()
        self.port = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._film, self._listen, self._hear)]
        for thread in self._threads:
            thread.start()
        if not self._has_page.wait(TIMEOUT_S):
            raise RuntimeError(f"the runner shows no page: {self.lines}")
        if token:
            self.cookie, self.frame = exchange(self.port, token)
        self._ways = itertools.cycle(_ways_in(token, self.frame))
        while not self.frames():
            time.sleep(0.1)

    def frames(self) -> int:
        """Return the number of classified frames that the page shows."""
        return int(json.loads(self.look("/healthz") or b'{"frames": 0}')["frames"])

    def look(self, path: str) -> bytes:
        """Return the response to an authorised viewer, who comes in by every way in turn; empty without one."""
        before, query, headers = next(self._ways)
        began_s = time.monotonic()
        content = b""
        with suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
            try:
                line.request("GET", before + path + query, headers=headers)
                response = line.getresponse()
                content = response.read() if response.status in (200, 503) else b""  # 503: there is no frame yet
            finally:
                line.close()
        self.unanswered += not content
        self.longest_wait_s = max(self.longest_wait_s, time.monotonic() - began_s)
        return content

    def memory_bytes(self, field: str = "VmRSS") -> int:
        """Resident memory: VmRSS, now, or VmHWM, the most it ever was."""
        return process_memory_bytes(field, process=self._process.pid)

    def handles(self, seconds: float) -> int:
        """Open files and sockets, the fewest in so many seconds: the broker's connection comes and goes."""
        folder, ends = Path(f"/proc/{self._process.pid}/fd"), time.monotonic() + seconds
        fewest = len(list(folder.iterdir()))
        while time.monotonic() < ends:
            time.sleep(0.1)
            fewest = min(fewest, len(list(folder.iterdir())))
        return fewest

    @property
    def has_crashed(self) -> bool:
        """Return whether it ended by itself."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it as systemd does."""
        self._is_over.set()
        self._process.terminate()
        self._process.wait(TIMEOUT_S)
        for thread in self._threads:
            thread.join(TIMEOUT_S)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None  # as they were asked for
            with suppress(OSError):
                stream.close()

    def _film(self) -> None:
        pictures = [cv2.imencode(".jpg", draw_frame(number).image)[1].tobytes() for number in range(_DRAWN)]
        camera = self._process.stdin
        assert camera is not None  # as it was asked for
        began_s, number = time.monotonic(), 0
        with suppress(OSError):
            while not self._is_over.is_set():
                camera.write(pictures[number % _DRAWN])
                camera.flush()
                number += 1
                self._is_over.wait(max(0.0, began_s + number / FPS - time.monotonic()))

    def _listen(self) -> None:
        terminal = self._process.stderr
        assert terminal is not None  # as it was asked for
        for line in terminal:
            self.lines.append(line.decode(errors="replace").rstrip())
            self._note_port(self.lines[-1])

    def _hear(self) -> None:
        answers = self._process.stdout
        assert answers is not None  # as it was asked for
        for line in answers:
            self.answers.append(line.decode(errors="replace").rstrip())
            self._note_port(self.answers[-1])

    def _note_port(self, line: str) -> None:
        """Store the page's port, if the line tells its address."""
        if "page: http://" in line:
            self.port = int(line.split("/", maxsplit=3)[2].rpartition(":")[2])
            self._has_page.set()


def exchange(port: int, token: str) -> tuple[str, str]:
    """Return the cookie's value and the path of a frame that a page gives for its token.

    Raises:
        ValueError: it gives none.
    """
    head = ask(port, Request("", f"GET /?token={token} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())).content.decode()
    found = re.search(r"(?im)^set-cookie: [^=]+=(\w+)", head), re.search(r"(?im)^refresh: 0; url=\.(/~\w+)/", head)
    if not all(found):
        raise ValueError(f"the page exchanges no token: {head}")
    return tuple(match[1] for match in found if match)  # type: ignore[return-value]


def _ways_in(token: str, frame: str) -> list[tuple[str, str, dict[str, str]]]:
    """List what a viewer with a right puts before the path, behind it, and into the headers."""
    if not token:
        return [("", "", {}), (BASE_PATH, "", {})]
    password = base64.b64encode(f"anybody:{token}".encode()).decode()
    return [
        ("", "", {"Authorization": f"Bearer {token}"}),
        (BASE_PATH, "", {"Authorization": f"Basic {password}"}),
        (BASE_PATH, f"?token={token}", {}),
        (frame, "", {}),
    ]
