"""The HTTP client against servers on this machine: which URLs and redirects it takes, its limits and its messages."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigError
from edge.system import http, http_login
from edge.system.connection import Access
from edge.system.http_login import Login

LONG_S = 30.0  # never waited for: a test that does has failed


def content(url: str, *, timeout_s: float = LONG_S) -> bytes:
    """The content behind a URL."""
    with http.open_url(url, timeout_s=timeout_s) as response:
        return b"".join(http.read_chunks(response, url))


def fetched(url: str, *, limit_bytes: int, total_s: float) -> bytes:
    """Fetch the content, as much of it as the limits let through."""
    with http.open_url(url, timeout_s=LONG_S) as response:
        return http.read_bytes(response, url, limit_bytes=limit_bytes, total_s=total_s)


@pytest.mark.parametrize(
    ("url", "fact"),
    [
        ("ftp://host/a", "expected an http"),
        ("file:///etc/passwd", "expected an http"),
        ("https:///a", "expected an http"),
        ("https://[::1/a", "IPv6"),
        ("http://ada:secret@127.0.0.1:port/a", "number"),
        ("http://ada:sec#ret@127.0.0.1/a", "%23"),
        ("http://127.0.0.1:9/a b?key=secret", "%20"),
    ],
)
def test_a_malformed_url_is_refused_without_its_secrets(url: str, fact: str) -> None:
    with pytest.raises(http.HttpError, match=fact) as caught:
        content(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("origin", "target", "is_followed"),
    [
        ("https://a/x", "https://b/x", True),
        ("http://a/x", "https://b/x", True),
        ("http://a/x", "http://b/x", True),
        ("https://a/x", "http://a/x", False),
        ("https://a/x", "ftp://a/x", False),
        ("http://a/x", "file:///etc/passwd", False),
    ],
)
def test_a_redirect_never_leads_to_a_weaker_scheme(origin: str, target: str, *, is_followed: bool) -> None:
    request = urllib.request.Request(origin)
    follow = lambda: http._Redirects().redirect_request(request, BytesIO(), 302, "Found", Message(), target)  # noqa: E731
    if is_followed:
        assert follow().full_url == target
    else:
        with pytest.raises(http.HttpError, match=f"{origin} leads to {target}: "):
            follow()


def test_a_redirect_is_followed_to_its_end(server: Any, answer: Callable[..., Any]) -> None:
    server.answers["/a"] = answer(status=302, Location="/b?key=secret")
    server.answers["/b"] = answer(b"model")
    with http.open_url(f"{server.url}/a", timeout_s=LONG_S) as response:
        assert http.content_length(response, server.url) == 5
        assert b"".join(http.read_chunks(response, server.url)) == b"model"


def test_a_login_goes_to_its_server_and_not_on_with_a_redirect(server: Any, answer: Callable[..., Any]) -> None:
    logins: list[str | None] = []

    def record(then: Callable[[BaseHTTPRequestHandler], None]) -> Callable[[BaseHTTPRequestHandler], None]:
        return lambda handler: (logins.append(handler.headers["Authorization"]), then(handler))[1]

    def ask(handler: BaseHTTPRequestHandler) -> None:
        challenge = answer(status=401, **{"WWW-Authenticate": 'Basic realm="a"'})
        (answer(status=302, Location="/b") if handler.headers["Authorization"] else challenge)(handler)

    server.answers["/a"] = record(ask)
    server.answers["/b"] = record(answer(b"model"))
    assert content(f"{server.url.replace('//', '//ada:se%40cret@')}/a") == b"model"
    assert logins == [None, "Basic YWRhOnNlQGNyZXQ=", None]


def test_a_password_goes_by_digest_and_never_in_the_clear_where_the_server_wants_that(
    server: Any, answer: Callable[..., Any]
) -> None:
    logins: list[str] = []

    def ask(handler: BaseHTTPRequestHandler) -> None:
        login = handler.headers["Authorization"]
        logins.append(login or "")
        challenge = 'Digest realm="cam", nonce="n", qop="auth", algorithm=MD5, Basic realm="cam"'
        expected = (
            http_login.answer(
                [challenge],
                Login("ada", "se@cret"),
                method="GET",
                uri="/a?x=1",
                nonce=login.rpartition('cnonce="')[2][:-1],
            )
            if login
            else ""
        )
        (answer(b"model") if login and login == expected else
         answer(status=401, **{"WWW-Authenticate": challenge}))(handler)  # fmt: skip

    server.answers["/a"] = ask
    assert content(f"{server.url.replace('//', '//ada:se%40cret@')}/a?x=1") == b"model"
    assert logins[0] == ""
    assert logins[1].startswith("Digest ")
    with pytest.raises(http.HttpError, match="401") as caught:
        content(f"{server.url.replace('//', '//ada:wrong@')}/a?x=1")
    assert caught.value.status == 401


def test_a_token_is_a_bearers(server: Any, answer: Callable[..., Any]) -> None:
    tokens: list[str | None] = []
    server.answers["/a"] = lambda handler: (tokens.append(handler.headers["Authorization"]), answer(b"x")(handler))
    http.open_url(f"{server.url}/a", timeout_s=LONG_S, access=Access(token="t0ken")).close()
    assert tokens == ["Bearer t0ken"]


def test_a_token_that_is_refused_is_said_to_be_one(server: Any, answer: Callable[..., Any]) -> None:
    server.answers["/a"] = answer(status=401, **{"WWW-Authenticate": "Bearer"})
    with pytest.raises(http.HttpError, match="401 .*token") as caught:
        http.open_url(f"{server.url}/a", timeout_s=LONG_S, access=Access(token="t0ken"))
    assert "t0ken" not in str(caught.value)


def test_a_closed_port_is_an_error_that_names_it() -> None:
    with socket.socket() as closed:  # bound, so that nobody else takes the port, and not listening
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(http.HttpError, match=rf"http://{re.escape(address)}/a: .*refused"):
            content(f"http://{address}/a")


@pytest.mark.parametrize("head", [b"HTTP/1.", b"HTTP/1.0 200 OK\r\nX-Long: "], ids=["before the status", "in a header"])
def test_a_head_that_drips_in_is_not_waited_for(server: Any, head: bytes) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        while not over.wait(0.01):
            handler.wfile.write(b"x")

    server.answers["/a"] = drip
    began_s = time.monotonic()
    with pytest.raises(http.HttpError, match=r"/a: .* 0\.1 s"):
        content(f"{server.url}/a", timeout_s=0.1)
    over.set()
    assert time.monotonic() - began_s < LONG_S / 2


def test_content_is_fetched_up_to_one_byte_above_the_limit(server: Any, answer: Callable[..., Any]) -> None:
    server.answers["/a"] = answer(bytes(100_000))
    url = f"{server.url}/a"
    for limit_bytes, count in ((200_000, 100_000), (100_000, 100_000), (99_999, 100_000), (10, 11)):
        assert len(fetched(url, limit_bytes=limit_bytes, total_s=LONG_S)) == count


def test_content_that_takes_longer_than_its_total_time_is_an_error(server: Any, answer: Callable[..., Any]) -> None:
    server.answers["/a"] = answer(bytes(100_000))
    with pytest.raises(http.HttpError, match="/a: .* 0 s"):
        fetched(f"{server.url}/a", limit_bytes=200_000, total_s=0.0)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl isn't here: apt install openssl")
def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: Any, answer: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # the client hangs up
    server.answers["/a"] = answer(b"model")
    url = f"{server.url.replace('http', 'https')}/a"
    with pytest.raises(http.HttpError, match=f"{url}: .*certificate.*--ca-file"):
        content(url)
    for access in (Access(ca_file=tmp_path / "certificate.pem"), Access(is_insecure=True)):
        http.open_url(url, timeout_s=LONG_S, access=access).close()
    for name in ("key.pem", "nowhere.pem"):
        with pytest.raises(ConfigError, match=name):
            http.open_url(url, timeout_s=LONG_S, access=Access(ca_file=tmp_path / name))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert content(url) == b"model"
