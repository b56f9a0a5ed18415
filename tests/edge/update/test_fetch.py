"""A file from the disk and from a server: whole, or a sentence; never more than the limit, never longer than asked."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigError, UpdateError
from edge.update.fetch import fetch

CONTENT = bytes(range(256)) * 1000
Answer = Callable[..., Any]


def get(source: object, into: Path, **more: Any) -> bytes:
    """Content of the fetched file."""
    fetch(str(source), into, **{"is_pinned": True, "timeout_s": 60.0, **more})
    return into.read_bytes()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Path of the fetched file."""
    return tmp_path / "model"


def test_a_file_comes_whole_with_its_progress_and_not_above_the_limit(tmp_path: Path, into: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    calls: list[tuple[int, int | None]] = []
    assert get(tmp_path / "a", into, limit_bytes=256_000, progress=lambda *call: calls.append(call)) == CONTENT
    assert calls == [(65536, 256000), (131072, 256000), (196608, 256000), (256000, 256000)]
    with pytest.raises(UpdateError, match=r"256,000 bytes: .* 255,999"):
        get(tmp_path / "a", into, limit_bytes=255_999)


def test_missing_files_folders_and_endless_devices_are_refused(tmp_path: Path, into: Path) -> None:
    with pytest.raises(FileNotFoundError):
        get(tmp_path / "a", into)
    with pytest.raises(IsADirectoryError):
        get(tmp_path, into)
    with pytest.raises(UpdateError, match="has more than 1,000 bytes"):
        get("/dev/zero", into, limit_bytes=1000)
    assert into.stat().st_size <= 1000


@pytest.mark.parametrize(
    ("url", "fact"),
    [
        ("http://host/a", "--require-sha256 or --require-signature"),
        ("ftp://host/a", "got ftp://host/a"),
        ("file:///etc/passwd", "expected a file, or .*file:///etc/passwd"),
        ("https:///a", "https:///a: .*"),
        ("https://me:secret@host/a", r"https://\*\*\*@host/a"),
        ("https://[::1/a", "https://"),
    ],
)
def test_a_url_that_can_not_be_trusted_is_refused(into: Path, url: str, fact: str) -> None:
    with pytest.raises((ConfigError, UpdateError), match=fact) as caught:
        get(url, into, is_pinned=False)
    assert "secret" not in str(caught.value)


def test_a_file_comes_whole_from_a_server(server: Any, answer: Answer, into: Path) -> None:
    server.answers["/a"] = answer(CONTENT)
    assert get(f"{server.url}/a", into) == CONTENT


def test_the_total_is_unknown_if_the_server_does_not_announce_it(server: Any, answer: Answer, into: Path) -> None:
    server.answers["/a"] = answer(CONTENT, Content_Length="", Connection="close")
    assert get(f"{server.url}/a", into) == CONTENT
    totals: list[Any] = []
    get(f"{server.url}/a", into, progress=lambda count, total: totals.append(total))
    assert set(totals) == {None}


def test_chunked_content_is_joined(server: Any, answer: Answer, into: Path) -> None:
    server.answers["/a"] = answer(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", Content_Length="", Transfer_Encoding="chunked")
    assert get(f"{server.url}/a", into) == b"abcde"


@pytest.mark.parametrize(
    ("content", "headers", "sentence"),
    [
        (CONTENT, {"Content_Length": "300000"}, "/a was cut short, 256,000 of 300,000 bytes"),
        (b"3\r\nabc\r\n5\r\nde", {"Content_Length": "", "Transfer_Encoding": "chunked"}, "/a was cut short"),
        (b"zz\r\nabc", {"Content_Length": "", "Transfer_Encoding": "chunked"}, "/a was cut short"),
        (b"", {"Content_Length": "999999999999"}, "/a has 999,999,999,999 bytes: .* 268,435,456"),
        (b"", {"Content_Length": "-1"}, "/a has a length of '-1'"),
        (b"", {"Content_Length": "many"}, "/a has a length of 'many'"),
        (b"", {"status": 404}, "/a: the server answers 404 Not Found"),
        (b"", {"status": 503}, "/a: the server answers 503 Service Unavailable"),
        (b"", {"status": 599}, "/a: the server answers 599"),
        (b"", {"status": 302}, "/a: the server answers 302"),
        (b"", {"status": 302, "Location": "/a"}, "/a: the server answers 302"),
        (b"", {"status": 302, "Location": "file:///etc/passwd"}, "/a: the server answers 302"),
        (b"", {"status": 302, "Location": "ftp://127.0.0.1/x"}, "/a leads to ftp://127.0.0.1/x: only http"),
    ],
)
def test_a_fault_of_the_server_is_an_update_error(  # noqa: PLR0917  # a table's columns
    server: Any, answer: Answer, into: Path, content: bytes, headers: dict[str, Any], sentence: str
) -> None:
    server.answers["/a"] = answer(content, **headers)
    with pytest.raises(UpdateError, match=sentence):
        get(f"{server.url}/a", into)


def test_endless_content_ends_at_the_limit(server: Any, into: Path) -> None:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(CONTENT)

    server.answers["/a"] = send
    with pytest.raises(UpdateError, match="/a .* more than 1,000,000"):
        get(f"{server.url}/a", into, limit_bytes=1_000_000)
    assert into.stat().st_size <= 1_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\n\r\nabc"],
                         ids=["silence", "header", "body"])  # fmt: skip
def test_a_server_that_is_too_slow_is_an_update_error(server: Any, into: Path, begin: bytes) -> None:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        os.kill(os.getpid(), signal.SIGALRM)  # the time is over
        handler.rfile.read()  # until the client has gone

    server.answers["/a"] = send
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(UpdateError, match="/a .* 60 s: .* --timeout"):
        get(f"{server.url}/a", into)
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_full_disk_is_an_error_of_the_disk_and_not_of_the_server(server: Any, answer: Answer) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    server.answers["/a"] = answer(CONTENT)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        fetch(f"{server.url}/a", Path("/dev/full"), is_pinned=True, timeout_s=60.0)
