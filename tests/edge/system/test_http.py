"""Which addresses are trusted, and what of them others may read."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Callable
from email.message import Message
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from edge.errors import UpdateError
from edge.system import http


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("models/a?b.tflite", "models/a?b.tflite"),
        ("https://host/door.tflite", "https://host/door.tflite"),
        ("https://host:8443/a/door.tflite?X-Signature=secret#x", "https://host:8443/a/door.tflite"),
        ("https://me:secret@host/a@b", "https://host/a@b"),
        ("https://me:secret@host", "https://host"),
        ("https://host?token=secret/x", "https://host"),
    ],
)
def test_secrets_are_not_shown(source: str, name: str) -> None:
    assert http.shown(source) == name


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "http://host/a",
            "http://host/a: over http anybody on the way could put another model in its place: use https",
        ),
        ("ftp://host/a", "expected a file, or an http:// or https:// URL, got ftp://host/a"),
        ("file:///etc/passwd", "expected a file, or an http:// or https:// URL"),
        ("https:///a", "expected a file, or an http:// or https:// URL"),
        ("https://me:secret@host/a", "a user name and a password don't belong into the URL.*: https://host/a"),
        ("https://[::1/a", "expected a file, or an http:// or https:// URL"),
    ],
)
def test_what_is_not_even_asked(url: str, sentence: str) -> None:
    with pytest.raises(UpdateError, match=sentence) as caught, http.get(url, is_pinned=False):
        pass
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
def test_redirections(origin: str, target: str, *, is_followed: bool) -> None:
    request = urllib.request.Request(origin)
    follow = lambda: http._Redirects().redirect_request(request, BytesIO(), 302, "Found", Message(), target)  # noqa: E731
    if is_followed:
        assert follow().full_url == target
    else:
        with pytest.raises(UpdateError, match=f"{origin} leads to {target}: "):
            follow()


def test_a_redirection_is_followed_to_its_end(server: Any, answer: Callable[..., Any]) -> None:
    server.answers["/a"] = answer(status=302, Location="/b?key=secret")
    server.answers["/b"] = answer(b"model")
    with http.get(f"{server.url}/a", is_pinned=True) as (total, pieces):
        assert (total, b"".join(pieces)) == (5, b"model")


def test_nobody_listens(server: Any) -> None:
    server.server_close()
    with (
        pytest.raises(UpdateError, match=r"can't fetch http://127\.0\.0\.1:\d+/a: .*refused"),
        http.get(f"{server.url}/a", is_pinned=True),
    ):
        pass


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
    with (
        pytest.raises(UpdateError, match=f"can't fetch {url}: .*CERTIFICATE_VERIFY_FAILED"),
        http.get(url, is_pinned=True),
    ):
        pass
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with http.get(url, is_pinned=False) as (_, pieces):
        assert b"".join(pieces) == b"model"


@pytest.mark.parametrize(
    ("source", "signature"),
    [
        ("a/new.tflite", "a/new.tflite.minisig"),
        ("https://host/new.tflite?key=x", "https://host/new.tflite.minisig?key=x"),
    ],
)
def test_where_a_signature_lies(source: str, signature: str) -> None:
    assert http.beside(source, ".minisig") == signature
