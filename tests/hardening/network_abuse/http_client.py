"""Sends an attacker's requests and reads the replies, in threads of a process of the lowest priority."""

from __future__ import annotations

import multiprocessing
import os
import queue
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.hardening.network_abuse.requests import Request

TIMEOUT_S = 30.0
CLOSED = 0
"""Status of a connection that was closed without a response."""
_THREADS = 8
_PART_BYTES = 65_536
_KEPT_BYTES = 2_000  # of an answer, to look for secrets in


@dataclass(frozen=True, slots=True)
class Reply:
    """Result of a request."""

    request: Request
    status: int
    """`CLOSED`, or HTTP's."""
    content: bytes
    """The first of it."""

    @property
    def is_let_in(self) -> bool:
        """Return whether an unauthorised request got anything but a refusal."""
        return not self.request.has_right and 100 <= self.status < 400

    @property
    def is_error(self) -> bool:
        """Return whether the server failed; 503 is a regular response, such as that there is no frame yet."""
        return self.status >= 500 and self.status != 503


def ask(port: int, request: Request, *, timeout_s: float = TIMEOUT_S) -> Reply:
    """Send a request to this machine over a connection of its own."""
    content = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as line:
        line.sendall(request.content)
        left = request.body_bytes
        with suppress(OSError):  # it has enough
            while left > 0:
                left -= line.send(b"a" * min(left, _PART_BYTES))
        while b"\r\n\r\n" not in content and len(content) < _KEPT_BYTES:
            if not (part := line.recv(_PART_BYTES)):
                break
            content += part
    words = content.split(maxsplit=2)
    is_http = len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit()
    return Reply(request, int(words[1]) if is_http else CLOSED, content[:_KEPT_BYTES])


def in_a_process(work: Any, *arguments: Any) -> Any:
    """Run a function in a process of the lowest priority, because other machines would be theirs; its result."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_at_low_priority, args=(there, work, arguments), daemon=True)
    child.start()
    there.close()
    try:
        return here.recv()
    finally:
        child.join()


def _at_low_priority(answer: Any, work: Any, arguments: Sequence[Any]) -> None:
    os.nice(19)
    answer.send(work(*arguments))


def ask_all(port: int, requests: Sequence[Request], seconds: float) -> list[Reply]:
    """Send each request once, and then all of them again until the time is over; one reply for each that was sent."""
    waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
    replies: list[Reply] = []
    ends = time.monotonic() + seconds
    for request in requests:
        waiting.put(request)

    def work() -> None:
        number = 0
        while True:
            try:
                request = waiting.get_nowait()
            except queue.Empty:
                if time.monotonic() >= ends:
                    return
                number += 1
                request = requests[number % len(requests)]
            replies.append(ask(port, request))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def leave_idle(port: int, count: int, seconds: float) -> int:
    """Open connections, say nothing or half a request, and count those that are still open after so many seconds."""
    halves = (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
    return _held([_opened(port, halves[number % len(halves)]) for number in range(count)], seconds)


def never_read(port: int, request: bytes, count: int, seconds: float) -> int:
    """Ask for a stream and take nothing of it; how many are still connected after so many seconds."""
    lines = [_opened(port, request) for _ in range(count)]
    return _held(lines, seconds)


def _opened(port: int, said: bytes) -> socket.socket | None:
    with suppress(OSError):
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(TIMEOUT_S)
        line.connect(("127.0.0.1", port))
        line.sendall(said)
        return line
    return None


def _held(lines: Sequence[socket.socket | None], seconds: float) -> int:
    """Return the number of connections that are open after so many seconds."""
    time.sleep(seconds)
    held = Counter(_is_open(line) for line in lines if line is not None)
    for line in lines:
        if line is not None:
            line.close()
    return held[True]


def _is_open(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        while line.recv(_PART_BYTES):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
