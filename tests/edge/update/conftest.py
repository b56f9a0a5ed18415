"""Stores in a temporary folder, models made of files that pass for such, and a server on the loopback interface."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edge.update import state as states
from edge.update.state import Model
from edge.update.store import Store

MakeModel = Callable[[str], Model]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that nobody has written to."""
    return Store(tmp_path / "store")


@pytest.fixture
def install(store: Store, tmp_path: Path) -> MakeModel:
    """Install what begins like a TFLite file; its name makes its content. No runtime can run it."""

    def make(name: str) -> Model:
        content = b"\0\0\0\0TFL3" + name.encode()
        model = Model(hashlib.sha256(content).hexdigest(), "tflite", name, "2026-01-02T03:04:05Z")
        with store.updating() as folder:
            (folder / "model.tflite").write_bytes(content)
            store.keep(folder / "model.tflite", model, lambda state: states.installed(state, model))
        return model

    return make


class Server(ThreadingHTTPServer):
    """A server on this machine; what it answers is said by `answers`, path -> what to do with the handler."""

    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]]

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with suppress(ConnectionError):  # the client went away: that is the test
            self.server.answers[self.path.partition("?")[0]](self)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    """It listens on the loopback interface alone."""
    with Server(("127.0.0.1", 0), _Handler) as listener:
        listener.answers, listener.daemon_threads = {}, True
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield listener
        listener.shutdown()


def answer(content: bytes = b"", *, status: int = 200, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer with these headers (underscores stand for dashes) and, unless they say otherwise, the right length."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(content)), **headers}.items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    return send


@pytest.fixture(name="answer")
def answer_fixture() -> Callable[..., Any]:
    """See `answer`."""
    return answer
