"""A page with a fixed model and two sinks, one of which has trouble; guards, and requests as a browser sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress
from edge.sinks.delivery import FailureLog
from edge.sinks.web.access import Guard
from edge.sinks.web.live_state import Identity

TOKEN = "correct-horse-battery"
IDENTITY = Identity(
    file="edge.tflite", sha256="ab" * 32, size_bytes=156_700, labels=("Coat", "Shirt"), quantization="int8",
    run_name="edge", dataset="fashion-mnist", runtime="fake 1", score="probability", threshold=0.7,
    off_threshold=0.6, presence_threshold=0.5,
)  # fmt: skip


@pytest.fixture
def identity() -> Identity:
    """Identity of a model with two labels."""
    return IDENTITY


@pytest.fixture
def monitored() -> list[SimpleNamespace]:
    """A sink that is well and one that isn't."""
    well, ill = FailureLog("csv"), FailureLog("mqtt")
    ill.message, ill.dropped = "no broker at broker:1883", 3
    return [SimpleNamespace(failures=well), SimpleNamespace(failures=ill)]


@pytest.fixture
def open_page(monitored: list[SimpleNamespace]) -> Iterator[Callable[..., Any]]:
    """Start a page on a free port; closed at the end."""
    pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")
    from edge.sinks.web.sink import PageSink

    pages = []

    def start(*, token: str = "", health: Health | None = None, **options: Any) -> PageSink:
        health = health or Health(state=LIVE, frames=7, dropped=2)
        page = PageSink(PageAddress("127.0.0.1", 0), token=token, health=health, identity=IDENTITY,
                        **{"stall_s": 60.0, "monitored": monitored, **options})  # fmt: skip
        pages.append(page)
        return page

    yield start
    for page in pages:
        page.close()


@pytest.fixture
def play(open_page: Callable[..., Any], frame: Any, prediction: Any, decision: Any) -> Callable[..., Any]:
    """A page with a scripted run: play(grey, label) shows a grey frame with this decision."""
    health = Health(state="live", captured_s=0.0)
    page = open_page(health=health)

    def show(grey: int, label: str = "Coat", *, state: str = "live", reason: str = "") -> Any:
        health.state, health.reason = state, reason
        health.frames += 1
        page.write(frame(health.frames, height=240, width=320, grey=grey), prediction(label), decision(label))
        return page

    return show


async def _app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", scope["path"].encode())]})
    await send({"type": "http.response.body", "body": b"page"})


def ask(
    guard: Guard, path: str = "/", *, method: str = "GET", query: str = "", host: str = "127.0.0.1:8080", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer; a header that comes twice is joined by a comma."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items() if value],
    }  # fmt: skip
    asyncio.run(guard(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    start, body = sent
    told: dict[str, str] = {}
    for name, value in start["headers"]:
        told[name.decode()] = ", ".join([*([told[name.decode()]] if name.decode() in told else []), value.decode()])
    return start["status"], told, body["body"].decode()


@pytest.fixture
def here() -> Guard:
    """For this machine alone."""
    return Guard(_app, token="", host="127.0.0.1")


@pytest.fixture
def anywhere() -> Guard:
    """With a token."""
    return Guard(_app, token=TOKEN, host="0.0.0.0")
