"""The thread that serves the page, against strangers who send what nobody should, through a real socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from edge.errors import ToolkitError
from edge.sinks.addresses import PageAddress
from edge.sinks.web import connection_limits
from edge.sinks.web.thread import ServerThread

HEAD = b"Host: localhost\r\n"


@pytest.fixture
def page(open_page: Callable[..., Any], frame: Any, prediction: Any, decision: Any) -> Any:
    """A page that shows a frame."""
    opened = open_page()
    opened.write(frame(7), prediction(), decision())
    return opened


@pytest.fixture
def connect(page: Any) -> Callable[[], socket.socket]:
    """Connect to the page."""
    return lambda: socket.create_connection((page.address.host, page.address.port), timeout=30)


def all_of(connection: socket.socket) -> bytes:
    """What comes until the other side closes, politely or not."""
    said = b""
    try:
        while part := connection.recv(65_536):
            said += part
    except ConnectionResetError:
        pass
    return said


def test_a_port_that_is_taken_is_one_sentence(page: Any) -> None:
    with pytest.raises(ToolkitError, match=r"can't serve a page at http://\S+/ \(Address already in use\)"):
        ServerThread(page.app, page.broadcast, page.address)
    with pytest.raises(ToolkitError, match="can't serve a page at"):
        ServerThread(page.app, page.broadcast, PageAddress("192.0.2.1", 0))  # a documentation address: not ours


def test_one_thread_makes_all_pictures(page: Any, connect: Callable[[], socket.socket]) -> None:
    """Asyncio's own pool grows by one now and then, for as long as a service runs."""

    async def makers() -> set[int]:
        return set(await asyncio.gather(*(asyncio.to_thread(threading.get_ident) for _ in range(50))))

    with connect() as viewer:
        viewer.sendall(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HEAD + b"\r\n")
        assert all_of(viewer).startswith(b"HTTP/1.1 ")  # so it serves by now
    assert len(asyncio.run_coroutine_threadsafe(makers(), page._server._loop).result(timeout=30)) == 1


def test_the_end_sends_viewers_home_and_ends_the_thread(page: Any, connect: Callable[[], socket.socket]) -> None:
    with connect() as viewer:
        viewer.sendall(b"GET /messages HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert viewer.recv(15) == b"HTTP/1.1 200 OK"
        page.close()
        all_of(viewer)  # comes to an end
    assert not [thread for thread in threading.enumerate() if thread.name == "edge.page" and thread.is_alive()]


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\n" + HEAD], ids=["nothing", "half a request"])
def test_who_asks_for_nothing_is_sent_away(
    connect: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connection_limits, "REQUEST_S", 0.05)
    with connect() as idle:
        idle.sendall(said)
        assert all_of(idle) == b""


def test_hundreds_who_ask_for_nothing_keep_nobody_out(page: Any, connect: Callable[[], socket.socket]) -> None:
    crowd = [connect() for _ in range(3 * connection_limits.MOST_CONNECTIONS)]
    try:
        with connect() as viewer:
            viewer.sendall(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n")
            assert all_of(viewer).startswith(b"HTTP/1.1 200 OK")
        assert len(page.crowd) <= connection_limits.MOST_CONNECTIONS
    finally:
        for one in crowd:
            one.close()


@pytest.mark.parametrize(
    ("request_head", "more", "answer"),
    [
        (b"POST /healthz HTTP/1.1\r\n" + HEAD + b"Content-Length: 100000000\r\n\r\n", b"a" * 10**6, b"413"),
        (b"GET /messages HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", b"zz\r\n", b"413"),
        (b"GET / HTTP/1.1\r\n" + HEAD + 20_000 * b"a: b\r\n" + b"\r\n", b"", b"431"),
        (b"\x16\x03\x01" * 99 + b"\r\n\r\n", b"", b"400"),
        (b"GET / HTTP/1.1\r\n" + 2 * HEAD + b"\r\n", b"", b"400"),
        (b"GET /messages HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"", b"403"),
        (b"GET /healthz/ HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n", b"", b"404"),
    ],
    ids=["a body", "a chunk that is none", "two lengths", "many headers", "TLS", "two hosts", "other host", "a slash"],
)
@pytest.mark.parametrize("is_at_once", [True, False], ids=["at once", "in two parts"])
def test_what_nobody_should_send_is_refused_and_nothing_is_printed(
    *, connect: Callable[[], socket.socket], page: Any, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture, request_head: bytes, more: bytes, answer: bytes, is_at_once: bool,
) -> None:  # fmt: skip
    with connect() as stranger, suppress(BrokenPipeError, ConnectionResetError):
        stranger.sendall(request_head + more * is_at_once)
        status = stranger.recv(12)  # the system takes an answer back where more is unread
        assert status in (b"", b"HTTP/1.1 " + answer, b"HTTP/1.1 400")  # 400: h11 finds it odd first
        stranger.sendall(more * (not is_at_once))
        all_of(stranger)  # the connection ends
    with connect() as viewer:
        viewer.sendall(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n")
        assert all_of(viewer).startswith(b"HTTP/1.1 200 OK")
    assert "Traceback" not in capfd.readouterr().err + caplog.text


def test_an_error_of_the_page_is_said_once(page: Any, caplog: pytest.LogCaptureFixture) -> None:
    blame = page._server._blame
    for _ in range(5):
        blame(None, {"message": "a task fell over", "exception": ValueError("what a stranger wrote")})
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "live page: a task fell over (ValueError); it goes on"
    ]
    assert "what a stranger wrote" not in caplog.text


def test_a_viewer_has_little_waiting_in_the_system(page: Any) -> None:
    """Megabytes of it would be old pictures, and memory for strangers to fill."""
    assert page._server._socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * 128 * 1024  # Linux doubles it
