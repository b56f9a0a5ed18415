"""Fixtures that call the runner, in this process or as a child; a made-up runtime, a spliced spec, and a server."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import edge
from edge.artifact.spec import ModelSpec, TensorSpec
from edge.run.main import main


@dataclass(frozen=True)
class Outcome:
    """Result of a call."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on stderr, without its "error: "; fails if there is more or less than that."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: "), self.err
        return lines[0].removeprefix("error: ")


@pytest.fixture
def edge_classify(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run `edge-classify` in this process; native code's output is captured too."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert "unexpected" not in err
        return Outcome(code, out, err)

    return run


@pytest.fixture(autouse=True)
def _children_are_a_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes find `edge`, installed or not, and buffer stdout: what is buffered is what goes wrong at exit."""
    monkeypatch.setenv("PYTHONPATH", str(Path(edge.__file__).parents[1]))
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start this Python in a child process; whatever still runs at the end is killed."""
    children: list[subprocess.Popen[str]] = []

    def start(*arguments: str, stdout: object = subprocess.PIPE) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=stdout,  # type: ignore[arg-type]  # as subprocess has it
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream:
                stream.close()
        child.wait()


@pytest.fixture
def respec(tmp_path: Path) -> Callable[..., Path]:
    """Copy a TFLite file with another spec in it (text or spec), or with none."""

    def copy(model: Path, spec: ModelSpec | str | None) -> Path:
        content = model.read_bytes()
        content = content[: content.index(b"PK\x03\x04")]
        path = tmp_path / f"respec_{model.name}"
        buffer = io.BytesIO(content)
        if spec is not None:
            with zipfile.ZipFile(buffer, "a") as archive:
                archive.writestr("model_spec.json", spec if isinstance(spec, str) else spec.to_json())
        path.write_bytes(buffer.getvalue())
        return path

    return copy


class FakeRuntime:
    """Answers every image with the same scores; remembers what it was fed."""

    name, version = "fake", "1"

    def __init__(
        self,
        scores: list[float],
        *,
        grid: TensorSpec | None = None,
        shape: tuple[int, ...] = (1, 2, 2, 1),
        takes: TensorSpec | None = None,
    ) -> None:
        self.input_tensor = takes or TensorSpec("x", "uint8", shape, scale=1 / 255)
        self.output_tensor = grid or TensorSpec("y", "float32", (1, len(scores)))
        self.scores = np.array([scores], self.output_tensor.dtype)
        self.fed: NDArray[Any] | None = None

    def resize_input(self, shape: tuple[int, ...]) -> None:
        self.input_tensor = replace(self.input_tensor, shape=shape)

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        self.fed = input_tensor
        return self.scores


@pytest.fixture
def fake_runtime() -> type[FakeRuntime]:
    """The class of a runtime that needs no file."""
    return FakeRuntime


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests of a file."""
    from tests.fixtures.browser import chromium

    running = chromium.Chromium()
    yield running
    running.close()
