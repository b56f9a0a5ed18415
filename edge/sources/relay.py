"""Relay between FFmpeg and a server over HTTP: FFmpeg asks this machine, and our own client asks the server.

FFmpeg checks no certificates of a playlist's parts, and sends a token to every host that a playlist or a redirect
names.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import urllib.parse
from collections.abc import Iterator, Mapping
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any, cast

from edge.errors import SourceError, ToolkitError
from edge.system import http
from edge.system.connection import Access, reason
from edge.system.process import BackgroundThread
from edge.system.urls import redact_url

_MOST_OF_PLAYLIST = 2**23  # bytes: ten hours in parts of six seconds, with long addresses
_PLAYLIST, _PLAYLIST_TYPE = b"#EXTM3U", "application/vnd.apple.mpegurl"
_PASSED_ON = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges")
_URI = re.compile(r'URI=(?:"([^"]+)"|([^",\s]+))')  # FFmpeg takes both
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}")  # by which FFmpeg knows a part's format
_POLL_S = 0.1


class Relay:
    """Serves one URL, and what a playlist there names, to FFmpeg on this machine until `close`."""

    def __init__(self, url: str, *, timeout_s: float, access: Access) -> None:
        """Listen.

        Args:
            url: http:// or https://, with the login that is sent to its server alone, like the token.
            timeout_s: seconds without a byte after which a request has failed.
            access: of the URL, whose certificates count for every server.

        Raises:
            SourceError: nothing can listen on this machine.
        """
        self.failure = ""
        """Sentence on the newest request if it failed."""
        self._is_secure = url.startswith("https:") and not access.is_insecure
        self._server_of_login = _server(url)
        self._login = urllib.parse.urlsplit(url).netloc.rpartition("@")[0]
        self.timeout_s = timeout_s
        """Seconds without a byte after which a request has failed."""
        self._access = access
        self._key = secrets.token_urlsafe(16)  # other users of this machine reach the port too
        try:
            self._listener = _Listener(("127.0.0.1", 0), _Handler)
        except OSError as error:
            raise SourceError(f"can't open {redact_url(url)}: {reason(error)}") from error
        self._listener.relay = self
        self.url = self._local(url)
        """URL for FFmpeg."""
        self._thread = BackgroundThread(lambda: self._listener.serve_forever(_POLL_S), name="edge.relay")
        self._thread.start()

    def close(self) -> None:
        """Stop listening; requests under way end with FFmpeg's connections."""
        self._listener.shutdown()
        self._listener.server_close()

    def _local(self, url: str) -> str:
        suffix = PurePosixPath(urllib.parse.urlsplit(url).path).suffix
        name = base64.urlsafe_b64encode(url.encode()).decode() + (suffix if _SUFFIX.fullmatch(suffix) else "")
        return f"http://127.0.0.1:{self._listener.server_port}/{self._key}/{name}"

    def localised(self, playlist: str, base: str) -> str:
        """Return a playlist whose parts are asked of the relay; `base` is what its addresses are relative to."""

        def local(uri: str) -> str:
            url = urllib.parse.urljoin(base, uri.strip())
            return uri if url.startswith("data:") else self._local(url)

        def lines() -> Iterator[str]:
            for line in playlist.splitlines():
                if line.startswith("#"):
                    yield _URI.sub(lambda match: f'URI="{local(match[1] or match[2])}"', line)
                else:
                    yield local(line) if line.strip() else ""

        return "\n".join(lines()) + "\n"

    def fetch(self, path: str, byte_range: str) -> HTTPResponse:
        """Ask a server for what FFmpeg asked for: a path of this relay, and a range as in `http.open_url`.

        Raises:
            HttpError: it can't be had, or must not.
        """
        _, key, name = path.split("/", 2) if path.count("/") == 2 else ("", "", "")
        if not hmac.compare_digest(key.encode(), self._key.encode()):
            raise http.HttpError("an address that nobody gave FFmpeg", status=404)
        url = base64.urlsafe_b64decode(name.partition(".")[0]).decode()
        if urllib.parse.urlsplit(url).scheme not in ("", "http", "https"):
            raise http.HttpError(
                f"the playlist leads to {redact_url(url)}: only http and https are followed", status=403
            )
        if self._is_secure and not url.startswith("https://"):
            message = f"the playlist leads from https to {redact_url(url)}: only https is followed, or take --insecure"
            raise http.HttpError(message, status=403)
        parts, access = urllib.parse.urlsplit(url), self._access
        if _server(url) != self._server_of_login:
            access = access._replace(token="")
        elif self._login and "@" not in parts.netloc:
            url = parts._replace(netloc=f"{self._login}@{parts.netloc}").geturl()
        return http.open_url(url, timeout_s=self.timeout_s, access=access, byte_range=byte_range)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    relay: Relay

    def handle_error(self, *_: Any) -> None:
        """Say nothing: FFmpeg hangs up in the middle whenever it has enough."""


class _Handler(BaseHTTPRequestHandler):
    """Connection of FFmpeg."""

    protocol_version = "HTTP/1.1"  # it asks for many parts over one connection

    def do_GET(self) -> None:
        """Answer with what the server answers."""
        relay = cast(_Listener, self.server).relay
        is_begun = False
        try:
            with relay.fetch(self.path, self.headers.get("Range", "")) as response:
                for piece in self._answer(relay, response):
                    is_begun = True
                    self.wfile.write(piece)
        except ToolkitError as error:
            relay.failure = str(error)
            self.close_connection = True
            if not is_begun:
                self.send_error(getattr(error, "status", 0) or 502)
        except OSError:
            self.close_connection = True  # FFmpeg has hung up

    def _answer(self, relay: Relay, response: HTTPResponse) -> Iterator[bytes]:
        """Yield the body after the head was sent."""
        chunks = http.read_chunks(response, response.url)
        first = b""
        while len(first) < len(_PLAYLIST) and (chunk := next(chunks, b"")):
            first += chunk
        if first.startswith(_PLAYLIST):
            rest = http.read_bytes(response, response.url, limit_bytes=_MOST_OF_PLAYLIST, total_s=relay.timeout_s)
            if len(rest) > _MOST_OF_PLAYLIST:
                raise http.HttpError(f"{redact_url(response.url)} is no playlist: it has no end")
            content = relay.localised((first + rest).decode("utf-8", "replace"), response.url).encode()
            self._send_head(200, {"Content-Type": _PLAYLIST_TYPE, "Content-Length": str(len(content))})
            yield content
            return
        self._send_head(
            response.status, {name: response.headers[name] for name in _PASSED_ON if name in response.headers}
        )
        yield first
        yield from chunks

    def _send_head(self, status: int, headers: Mapping[str, str]) -> None:
        cast(_Listener, self.server).relay.failure = ""  # before FFmpeg can have the answer's end
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing: addresses hold passwords."""


def _server(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port."""
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
