"""The routes, through the framework's own client and through a real socket of this machine."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from edge.health import Health
from edge.sinks.web.broadcast import MOST_VIEWERS

TOKEN = "correct-horse-battery"
ROUTES = (
    "/",
    "/page.css",
    "/page.js",
    "/events.js",
    "/corrections.js",
    "/icon.svg",
    "/pictures",
    "/messages",
    "/picture.jpg",
    "/healthz",
    "/metrics",
)
JPEG = b"\xff\xd8\xff"
SVG_NAMESPACE = "http://www.w3.org/2000/svg"


@contextmanager
def asking(page: Any, path: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
    """An answer over a real socket; what goes on for ever is left in the middle."""
    connection = http.client.HTTPConnection(page.address.host, page.address.port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        yield connection.getresponse()
    finally:
        connection.close()


def ask(page: Any, path: str, **headers: str) -> tuple[int, bytes]:
    """Status and body."""
    with asking(page, path, **headers) as answer:
        return answer.status, answer.read()


@pytest.fixture
def pinned(open_page: Callable[..., Any], frame: Any, prediction: Any, decision: Any) -> Any:
    """A page that shows a frame."""
    page = open_page()
    page.write(frame(7), prediction(), decision())
    return page


def test_every_route_over_the_client_of_the_framework(pinned: Any) -> None:
    pytest.importorskip("httpx2", reason="Starlette's client needs httpx2")
    from starlette.testclient import TestClient

    client = TestClient(pinned.app, base_url="http://localhost")
    types = {path: client.get(path).headers["content-type"].split(";")[0] for path in ROUTES if path[-1] != "s" or
             path in ("/page.css", "/page.js", "/corrections.js", "/events.js", "/metrics")}  # fmt: skip
    assert types == {
        "/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript",
        "/corrections.js": "text/javascript", "/events.js": "text/javascript", "/icon.svg": "image/svg+xml",
        "/picture.jpg": "image/jpeg", "/healthz": "application/json", "/metrics": "text/plain",
    }  # fmt: skip
    assert client.head("/pictures").headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
    assert client.head("/messages").headers["content-type"] == "text/event-stream; charset=utf-8"
    assert client.get("/nothing").status_code == 404
    assert client.post("/").status_code == 405
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_needs_the_token(open_page: Callable[..., Any], path: str) -> None:
    page = open_page(token=TOKEN)
    assert ask(page, path)[0] == 401
    assert ask(page, path, Authorization="Bearer wrong-horse-battery")[0] == 401
    with asking(page, path, Authorization=f"Bearer {TOKEN}") as answer:
        assert answer.status in (200, 503)  # 503: there is no frame yet


def test_the_page_loads_nothing_from_other_hosts(pinned: Any) -> None:
    for path in ("/", "/page.css", "/page.js", "/events.js", "/corrections.js"):
        text = ask(pinned, path)[1].decode()
        assert "//" not in text.replace("// ", "").replace(SVG_NAMESPACE, "")


def test_images_and_messages_stream(pinned: Any) -> None:
    with asking(pinned, "/pictures") as pictures, asking(pinned, "/messages") as messages:
        lines = [pictures.readline() for _ in range(4)]
        assert lines[:2] == [b"--frame\r\n", b"Content-Type: image/jpeg\r\n"]
        picture = pictures.read(int(lines[2].split()[1]))
        assert picture.startswith(JPEG)
        heard = [messages.readline() for _ in range(5)]
        assert heard[0::3] == [b"event: initial\n", b"event: update\n"]
        assert json.loads(heard[1].removeprefix(b"data: "))["model"]["sha256"] == "ab" * 32
        assert json.loads(heard[4].removeprefix(b"data: "))["answer"]["label"] == "Coat"
    assert ask(pinned, "/picture.jpg")[1].startswith(JPEG)


def test_a_viewer_that_never_reads_delays_nobody(pinned: Any, frame: Any, prediction: Any, decision: Any) -> None:
    """Its socket fills up; the others go on, and the run doesn't notice."""
    with socket.create_connection((pinned.address.host, pinned.address.port), timeout=30) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(b"GET /pictures HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with asking(pinned, "/pictures") as answer:
            answer.readline()
            for number in range(12):
                pinned.write(frame(number, height=480, width=640, grey=10 * number), prediction(), decision())
                head = [answer.readline() for _ in range(3)]
                answer.read(int(head[1].split()[1]) + 2)
                assert answer.readline() == b"--frame\r\n"


def test_too_many_viewers_get_503_and_when_to_retry(pinned: Any) -> None:
    pinned.broadcast.watching["picture"] = MOST_VIEWERS
    with asking(pinned, "/pictures") as answer:
        assert (answer.status, answer.getheader("retry-after")) == (503, "5")
    assert ask(pinned, "/healthz")[0] == 200


@pytest.mark.parametrize(
    ("state", "stall_s", "is_pinned", "status"),
    [("live", 60.0, True, 200), ("live", 60.0, False, 503), ("stale", 60.0, True, 503), ("live", -1.0, True, 503)],
    ids=["well", "no frame yet", "stale", "too long ago"],
)
def test_healthz_is_503_unless_a_fresh_frame_was_classified(
    *, open_page: Callable[..., Any], frame: Any, prediction: Any, decision: Any,
    state: str, stall_s: float, is_pinned: bool, status: int,
) -> None:  # fmt: skip
    page = open_page(health=Health(state=state, reason="why", frames=7), stall_s=stall_s)
    if is_pinned:
        page.write(frame(), prediction(), decision())
    code, body = ask(page, "/healthz")
    told = json.loads(body)
    assert (code, told["ok"], told["state"], told["frames"]) == (status, status == 200, state, 7)
    assert (told["classified_ago_s"] is not None) == is_pinned


def test_the_token_is_never_logged(open_page: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    page = open_page(token=TOKEN)
    ask(page, f"/?token={TOKEN}")
    ask(page, "/?token=wrong-horse-battery")
    assert "live page: http://127.0.0.1:" in caplog.text
    assert "(needs its token)" in caplog.text
    assert "horse" not in caplog.text
