"""HTTP(S) client of the standard library, with limits: verified certificates, few redirects, a head that comes in time.

Credentials in a URL go to that server alone, as a header. No message holds a secret of a URL.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPMessage
from typing import IO, Any, cast

from edge import __version__
from edge.errors import ToolkitError
from edge.system import http_login
from edge.system.connection import Access, reason, status
from edge.system.http_login import Login
from edge.system.urls import redact_url, require_plain_login

TRANSPORT_ERRORS = (OSError, ValueError, http.client.HTTPException)
"""Exceptions that reading a response raises."""
NO_HTTP = "what answers there doesn't speak HTTP"
"""End of a sentence about such a server."""

_CHUNK_BYTES = 64 * 1024
_FIELD, _FIELD_BYTES = rb"[A-Za-z][A-Za-z0-9-]*:[ \t]*[^\s/]", 64  # of a head without a status; no address
_HTTP, _ICY = b"HTTP/", b"ICY "  # that an answer begins with; the second is SHOUTcast's


class HttpError(ToolkitError):
    """A request that failed; the message names the URL, without its secrets."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        """Code of the server's answer; 0: it gave none."""


def open_url(
    url: str,
    *,
    timeout_s: float,
    access: Access = Access(),  # noqa: B008
    byte_range: str = "",
    needs_head: bool = True,
) -> Response:
    """Send a GET request and return the response, whose content is still to be read.

    At most five redirects are followed, to http or https, and from https to https alone. The timeout in seconds is for
    connecting, for the whole head of the response, and between two pieces of its content. A login in the URL is sent as
    the server wants it, by Digest or Basic; over TLS, Basic is sent at once. `byte_range` is the header Range, such as
    bytes=0-99; empty: all of it. An answer without a head is refused unless `needs_head` is False.

    Raises:
        HttpError: the URL is malformed, the server is out of reach or too slow, or it refuses.
        ConfigError: the file of certificates holds none.
    """
    shown, opener = redact_url(url), _opener(access)
    if url.startswith("https:"):
        access.context()  # raises what is wrong with the file, and not with the URL
    try:
        request, login = _request(url, access.token)
        if byte_range:
            request.add_header("Range", byte_range)
        try:
            response = cast(Response, opener.open(request, timeout=timeout_s))
        except urllib.error.HTTPError as error:
            if login is None or not _answer(request, login, error):
                raise
            error.close()
            response = cast(Response, opener.open(request, timeout=timeout_s))
    except urllib.error.HTTPError as error:
        with error:  # an open connection too
            hint = ", a redirect that isn't followed" if 300 <= error.code < 400 else ""
            message = f"{shown}: {status(error.code, has_login=login is not None, has_token=access.token != '')}{hint}"
            raise HttpError(message, status=error.code) from error
    except TRANSPORT_ERRORS as error:
        is_malformed = type(error) in (http.client.BadStatusLine, http.client.UnknownProtocol)
        raise HttpError(f"can't fetch {shown}: {NO_HTTP if is_malformed else reason(error)}") from error
    if needs_head and not response.has_head:
        response.close()
        raise HttpError(f"can't fetch {shown}: {NO_HTTP}")
    return response


def content_length(response: http.client.HTTPResponse, url: str) -> int | None:
    """Return the number of bytes that the server announces; None where it announces none.

    Raises:
        HttpError: it announces something else.
    """
    length = response.headers.get("Content-Length")
    if length is not None and not length.isdecimal():
        raise HttpError(f"{redact_url(url)} has a length of {length!r}: expected a number of bytes")
    return None if length is None else int(length)


def read_chunks(response: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    """Yield the content of a response as it comes.

    Raises:
        HttpError: it broke off, or the server fell silent.
    """
    while True:
        try:
            chunk = response.read1(_CHUNK_BYTES)
        except TRANSPORT_ERRORS as error:
            raise HttpError(f"{redact_url(url)} was cut short ({error}): try again") from error
        if not chunk:
            return
        yield chunk


def read_bytes(response: http.client.HTTPResponse, url: str, *, limit_bytes: int, total_s: float) -> bytes:
    """Read a response, and no more of it than one byte above the limit, which the caller refuses.

    `total_s` limits all of it: a server may send a byte every nine seconds.

    Raises:
        HttpError: it can't be read, or not in time.
    """
    content, until_s = bytearray(), time.monotonic() + total_s
    for chunk in read_chunks(response, url):
        content += chunk
        if len(content) > limit_bytes:
            break
        if time.monotonic() > until_s:
            raise HttpError(f"can't fetch {redact_url(url)}: not done after {total_s:g} s")
    return bytes(content[: limit_bytes + 1])


class Response(http.client.HTTPResponse):
    """Response whose whole head must come within the socket's timeout, however steadily its bytes drip in.

    A head may begin with ICY for HTTP/1.0, or with its fields. What begins otherwise has no head: all of it is content.
    """

    def __init__(self, connection: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(connection, *arguments, **options)
        self.has_head = True
        """False if the content came alone, as from some cameras."""
        self._connection = connection
        self._is_late = False

    def begin(self) -> None:
        """Read the head."""
        timeout_s = self._connection.gettimeout()
        assert timeout_s is not None
        timer = threading.Timer(timeout_s, self._disconnect)
        timer.start()
        try:
            self._read_beginning()
            super().begin()
        finally:
            timer.cancel()
            if self._is_late:
                raise TimeoutError(f"no complete answer for {timeout_s:g} s")

    def _read_beginning(self) -> None:
        """Make a head of HTTP of what begins otherwise, after empty lines; no answer at all stays none."""
        beginning = b""
        while (missing := len(_HTTP) - len(beginning)) and (more := self.fp.read(missing)):
            beginning = (beginning + more).lstrip(b"\r\n")
        if beginning.startswith(_ICY):
            beginning = b"HTTP/1.0 " + beginning[len(_ICY) :]
        elif beginning and beginning != _HTTP:
            beginning += self.fp.readline(_FIELD_BYTES)
            self.has_head = re.match(_FIELD, beginning) is not None
            beginning = b"HTTP/1.0 200\r\n" + (b"" if self.has_head else b"\r\n") + beginning
        self.fp = io.BufferedReader(_Rejoined(beginning, self.fp))

    def _disconnect(self) -> None:
        self._is_late = True
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # ends the read in the other thread


class _Rejoined(io.RawIOBase):
    """Bytes that were read of a stream, and its rest."""

    def __init__(self, beginning: bytes, rest: io.BufferedReader) -> None:
        super().__init__()
        self._beginning = beginning
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._beginning:
            return self._rest.readinto1(buffer)
        size = min(len(buffer), len(self._beginning))
        buffer[:size], self._beginning = self._beginning[:size], self._beginning[size:]
        return size

    def close(self) -> None:
        self._rest.close()
        super().close()


class _HttpConnection(http.client.HTTPConnection):
    response_class = Response


class _HttpsConnection(http.client.HTTPSConnection):
    response_class = Response


class _HttpHandler(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpConnection, request)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def __init__(self, access: Access) -> None:
        super().__init__()
        self._access = access

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpsConnection, request, context=self._access.context())


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, none from https to anything else."""

    max_redirections = 5

    def redirect_request(  # noqa: PLR0917  # as urllib has it
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Make the next request, or refuse where it leads."""
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if urllib.parse.urlsplit(newurl).scheme not in allowed:
            raise HttpError(
                f"{redact_url(req.full_url)} leads to {redact_url(newurl)}: only {' and '.join(allowed)} is followed"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(access: Access) -> urllib.request.OpenerDirector:
    """Return an opener for http and https alone; `urllib.request.build_opener` would add files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _HttpHandler(),
        _HttpsHandler(access),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _request(url: str, token: str) -> tuple[urllib.request.Request, Login | None]:
    """Return a request and the login; urllib takes a user name and a password as a header only, not in the URL."""
    require_plain_login(url)
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("expected an http:// or https:// URL")
    if re.search(r"[\x00-\x20\x7f]", url):  # http.client's own message would show the whole path
        raise ValueError("it holds a space or a control character: write %20 for a space")
    written, at, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(  # noqa: S310  # checked above
        parts._replace(netloc=host).geturl(), headers={"User-Agent": f"edge-classify/{__version__}"}
    )
    if not at:
        if token:
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        return request, None
    user, _, password = written.partition(":")
    login = Login(urllib.parse.unquote(user), urllib.parse.unquote(password))
    if parts.scheme == "https":
        request.add_unredirected_header("Authorization", http_login.basic(login))
    return request, login


def _answer(request: urllib.request.Request, login: Login, refused: urllib.error.HTTPError) -> bool:
    """Put the login into the request as the server's refusal wants it; return False if it wants another thing."""
    before = request.unredirected_hdrs.get("Authorization", "")
    if refused.code != HTTPStatus.UNAUTHORIZED or refused.url != request.full_url:
        return False
    header = http_login.answer(
        refused.headers.get_all("WWW-Authenticate") or [], login, method="GET", uri=request.selector
    )
    if header is None or header == before:
        return False
    request.add_unredirected_header("Authorization", header)
    return True
