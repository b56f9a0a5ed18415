"""The page's thread through a real socket: limits, improper requests, errors, and its share of a core."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from edge.errors import ToolkitError
from edge.sinks.addresses import PageAddress
from edge.sinks.web import thread
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
    """Bytes that arrive until the other side closes or resets the connection."""
    said = b""
    try:
        while part := connection.recv(65_536):
            said += part
    except ConnectionResetError:
        pass
    return said


def test_an_address_that_can_not_be_served_is_an_error_that_names_it(page: Any) -> None:
    with pytest.raises(ToolkitError, match=rf"{page.address.url} \({os.strerror(errno.EADDRINUSE)}\)"):
        ServerThread(page.app, page.broadcast, page.address)
    with pytest.raises(ToolkitError, match=r"http://192\.0\.2\.1:0/"):
        ServerThread(page.app, page.broadcast, PageAddress("192.0.2.1", 0))  # a documentation address: not ours


def test_one_thread_encodes_all_images(page: Any, connect: Callable[[], socket.socket]) -> None:
    """Asyncio's own pool grows by one now and then, for as long as a service runs."""

    async def makers() -> set[int]:
        return set(await asyncio.gather(*(asyncio.to_thread(threading.get_ident) for _ in range(50))))

    with connect() as viewer:
        viewer.sendall(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HEAD + b"\r\n")
        assert all_of(viewer).startswith(b"HTTP/1.1 ")  # so it serves by now
    assert len(asyncio.run_coroutine_threadsafe(makers(), page._server._loop).result(timeout=30)) == 1


def test_the_end_closes_all_connections_and_ends_the_thread(page: Any, connect: Callable[[], socket.socket]) -> None:
    with connect() as viewer:
        viewer.sendall(b"GET /messages HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert viewer.recv(15) == b"HTTP/1.1 200 OK"
        page.close()
        all_of(viewer)  # comes to an end
    assert not [thread for thread in threading.enumerate() if thread.name == "edge.page" and thread.is_alive()]


HEALTH = b"GET /healthz HTTP/1.1\r\n" + HEAD
SILENCE = pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n" + HEAD], ids=["nothing", "half a request"])


@SILENCE
def test_a_connection_without_a_request_is_closed(
    connect: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(thread, "REQUEST_S", 0.05)
    with connect() as silent:
        silent.sendall(sent)
        assert all_of(silent) == b""


@SILENCE
def test_a_connection_without_a_second_request_is_closed(
    connect: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(thread, "REQUEST_S", 0.5)
    with connect() as silent:
        silent.sendall(HEALTH + b"\r\n" + sent)
        assert all_of(silent).count(b"HTTP/1.1 200 OK") == 1


def test_a_response_may_last_longer_than_a_request(
    connect: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "REQUEST_S", 0.2)
    with connect() as viewer:
        viewer.sendall(b"GET /messages HTTP/1.1\r\n" + HEAD + b"\r\n")
        ends = time.monotonic() + 1.0
        while time.monotonic() < ends:
            assert viewer.recv(65_536)  # an update comes at least twice a second


def test_a_viewer_that_takes_nothing_is_closed(
    *, page: Any, connect: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch,
    frame: Any, prediction: Any, decision: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr(thread, "STUCK_S", 0.3)
    monkeypatch.setattr(page.broadcast, "_make_picture", lambda _: bytes(10**6))
    with connect() as stuck:
        stuck.sendall(b"GET /pictures HTTP/1.1\r\n" + HEAD + b"\r\n")
        ends, number = time.monotonic() + 30.0, 0
        stuck.recv(1)
        while page.broadcast.watching["picture"] or not number:
            assert time.monotonic() < ends
            page.write(frame(number), prediction(), decision())
            number += 1
            time.sleep(0.05)


def test_hundreds_of_silent_connections_keep_nobody_out(page: Any, connect: Callable[[], socket.socket]) -> None:
    silent = [connect() for _ in range(3 * thread.MOST_CONNECTIONS)]
    try:
        with connect() as viewer:
            viewer.sendall(HEALTH + b"Connection: close\r\n\r\n")
            assert all_of(viewer).startswith(b"HTTP/1.1 200 OK")
        assert page._server.connections.count() <= thread.MOST_CONNECTIONS
    finally:
        for connection in silent:
            connection.close()


def test_a_newcomer_is_closed_if_all_others_are_served(
    page: Any, connect: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "MOST_CONNECTIONS", 2)
    with connect() as first, connect() as second:
        for viewer in (first, second):
            viewer.sendall(b"GET /messages HTTP/1.1\r\n" + HEAD + b"\r\n")
            assert viewer.recv(15) == b"HTTP/1.1 200 OK"
        with connect() as newcomer:
            assert all_of(newcomer) == b""
        assert page._server.connections.count() == 2
        assert first.recv(1)
        assert second.recv(1)


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
def test_improper_requests_are_refused_and_nothing_is_printed(
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


def test_errors_of_the_page_are_logged_once_without_their_text(page: Any, caplog: pytest.LogCaptureFixture) -> None:
    log_error = page._server._log_error
    for _ in range(5):
        log_error(None, {"message": "a task fell over", "exception": ValueError("what a stranger wrote")})
    (message,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "fell over (ValueError)" in message
    assert "stranger" not in caplog.text


def test_the_kernel_buffers_little_for_a_viewer(page: Any) -> None:
    """Megabytes of it would be old images, and memory for clients to fill."""
    assert (
        page._server.connections.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * 128 * 1024
    )  # Linux doubles it


class _Over(BaseException):
    """The scene is over."""


def rests(work_s: list[float], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds of rest after each piece of work, for a thread that may work a tenth of the time."""
    now, worked = 0.0, 0.0
    left, rested = iter(work_s), []

    async def look(seconds: float) -> None:
        nonlocal now, worked
        work = next(left, None)
        if work is None:
            raise _Over
        now, worked = now + max(seconds, work), worked + work
        rested.append(0.0)

    def rest(seconds: float) -> None:
        nonlocal now
        now += seconds
        rested[-1] = seconds

    monkeypatch.setattr(asyncio, "sleep", look)
    with pytest.raises(_Over):
        asyncio.run(thread.throttle_event_loop(share=0.1, clock=lambda: now, processor_clock=lambda: worked, rest=rest))
    return rested


def test_a_thread_within_its_share_never_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rests([0.001, 0.002, 0.0], monkeypatch) == [0.0, 0.0, 0.0]


def test_work_beyond_its_share_is_paid_with_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """10 ms of work at a tenth of the time are 100 ms, of which 20 have passed."""
    assert rests([0.01, 0.0], monkeypatch) == pytest.approx([0.08, 0.0])


def test_a_long_debt_is_paid_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 ms of work at a tenth are 1 s: 0.1 s has passed, 0.5 s is rest, then a look of 0.02 s."""
    assert rests([0.1, 0.0, 0.0], monkeypatch) == pytest.approx([0.5, 0.38, 0.0])
