"""Access to the page: a token beyond this machine, and no access for other sites that the same browser has open.

Pure ASGI (asgi.readthedocs.io), so that every response passes here, also those of the framework itself.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from edge.errors import ConfigError
from edge.sinks.addresses import TOKEN_VARIABLE, PageAddress
from edge.system.unit import file_hint

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
LARGEST_HEAD_BYTES = 16 * 1024
"""Bytes of a request's path, query and headers; a browser sends less than one kB."""
_SHORTEST_TOKEN = 16  # characters: of random ones, more than can be guessed over a network
_COOKIE_DAYS = 30
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_READING = ("GET", "HEAD")
_CLOSE = ((b"connection", b"close"),)  # the rest of the request isn't read
_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
     b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)  # fmt: skip


def read_token(address: PageAddress, file: Path | None, *, writes: bool = False) -> str:
    """Return the token from a file, or from the environment; empty for a page without one.

    A page that `writes` files needs one on this machine too: every program and user of it can reach the page.

    Raises:
        ConfigError: there is no token where one is needed, it is too short, or its file can't be read.
    """
    token = configured_token(file)
    if not token and (writes or not address.is_loopback):
        reach = "writes files" if address.is_loopback else "can be reached by others"
        raise ConfigError(_need_of_token(f"the page at {address.host}:{address.port} {reach}"))
    return token


def configured_token(file: Path | None) -> str:
    """Return the token from a file, or from the environment; empty where neither is given.

    Raises:
        ConfigError: the file is empty or can't be read, or the token is too short.
    """
    token = _token_in(file) if file else os.environ.get(TOKEN_VARIABLE, "").strip()
    if file and not token:
        raise ConfigError(_need_of_token(f"{file} is empty"))
    if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise ConfigError(
            f"the page's token has {len(token)} characters: expected at least {_SHORTEST_TOKEN}, all ASCII"
        )
    return token


def _need_of_token(reason: str) -> str:
    return (
        f"{reason}, so it needs a token of at least {_SHORTEST_TOKEN} characters: set {TOKEN_VARIABLE}, or write one "
        "with `python3 -c 'import secrets; print(secrets.token_urlsafe())' > FILE` and give --serve-token-file FILE"
    )


def _token_in(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        hint = file_hint(error) if isinstance(error, OSError) else ""
        reason = getattr(error, "strerror", None) or "it isn't text"
        raise ConfigError(f"--serve-token-file {file} can't be read ({reason}){hint}") from error


@dataclass(frozen=True, slots=True)
class Refusal:
    """Response in place of the page."""

    status: int
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


_NO_TOKEN = Refusal(
    401,
    "this page needs its token: open it once as /?token=..., or send it as Authorization: Bearer ...\n",
    ((b"www-authenticate", b"Bearer"),),
)


class Guard:
    """ASGI application in front of the page: refuses requests, and adds security headers to every response.

    A request that changes something needs the token by cookie and the page's own origin, or by the Authorization
    header, which no other site can make a browser send.
    """

    def __init__(self, app: Asgi, *, token: str, host: str) -> None:
        """Wrap an application.

        An empty token is for a page that only this machine can reach: the Host header must hold `host` or a name of it.
        """
        self.app = app
        self._token = token.encode()
        self._names = {*_LOCAL_NAMES, host.lower(), f"[{host.lower()}]"}
        # A stolen cookie doesn't reveal the token; cookies of a host are shared by all its ports.
        self._cookie_value = hmac.new(self._token, b"edge-classify page", hashlib.sha256).hexdigest()
        self._cookie_name = "edge-classify-" + self._cookie_value[:8]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal is None:
                await self.app(scope, receive, _with_headers(send))
            else:
                await _send_refusal(refusal, _with_headers(send))

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (refusal := _refuse_improper(scope, headers)) is not None:
            return refusal
        is_reading = scope["method"] in _READING
        if not self._token:
            if not is_reading:
                return Refusal(405, "nothing here can be changed\n", ((b"allow", ", ".join(_READING).encode()),))
            name = headers.get("host", "").lower().rsplit(":", 1)
            known = {name[0], ":".join(name)} & self._names  # an IPv6 address has colons of its own
            return None if known else Refusal(403, "this page is for its own machine: ask for it as localhost\n")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        is_bearer = scheme.lower() == "bearer" and self._is_token(token.strip())
        if is_bearer:
            return None
        if not is_reading:
            return None if "origin" in headers and self._has_cookie(headers) else _NO_TOKEN
        return None if self._has_cookie(headers) else self._exchange(scope)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "surrogateescape"), self._token)

    def _has_cookie(self, headers: dict[str, str]) -> bool:
        """Return True if our cookie is among them.

        Without http.cookies: another port's malformed cookie would hide ours, and some take it a second to parse.
        """
        prefix, expected = self._cookie_name + "=", self._cookie_value.encode()
        pairs = [pair.strip() for pair in headers.get("cookie", "").split(";")]
        values = [pair[len(prefix) :].encode() for pair in pairs if pair.startswith(prefix)]
        return any(hmac.compare_digest(value, expected) for value in values)

    def _exchange(self, scope: Scope) -> Refusal:
        """Exchange ?token= for a cookie, so that the token leaves the address bar and the history."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in query if name == "token"]
        if not (tokens and self._is_token(tokens[0])):
            return _NO_TOKEN
        rest = urlencode([pair for pair in query if pair[0] != "token"])
        path = "/" + quote(scope["path"].lstrip("/"))  # two slashes would be the name of another host
        location = path + ("?" + rest if rest else "")
        cookie = (f"{self._cookie_name}={self._cookie_value}; Path=/; Max-Age={_COOKIE_DAYS * 86_400}; HttpOnly; "
                  "SameSite=Strict")  # fmt: skip
        # A page that refreshes, not a redirect: a browser that came from another site withholds a strict cookie.
        headers = ((b"set-cookie", cookie.encode()), (b"refresh", b"0; url=" + location.encode()))
        return Refusal(200, "one moment\n", headers)


def _refuse_improper(scope: Scope, headers: dict[str, str]) -> Refusal | None:
    """Refuse what no viewer sends, with or without a token; None: the request is proper."""
    head = (scope["path"].encode(), scope["query_string"], *(part for pair in scope["headers"] for part in pair))
    if sum(map(len, head)) > LARGEST_HEAD_BYTES:
        return Refusal(431, "too long an address, or too many headers\n", _CLOSE)
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        return Refusal(413, "nothing here takes a body\n", _CLOSE)
    # A browser sends an origin only if it isn't the page's own, or if the request changes something.
    is_foreign = headers.get("origin", "").partition("://")[2].lower() != headers.get("host", "").lower()
    is_embedded = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if ("origin" in headers and is_foreign) or (is_embedded and headers.get("sec-fetch-mode") != "navigate"):
        return Refusal(403, "another site asked for this\n")
    return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sending


async def _send_refusal(refusal: Refusal, send: Send) -> None:
    body = refusal.text.encode()
    plain = (b"content-type", b"text/plain; charset=utf-8")
    headers = [plain, (b"content-length", str(len(body)).encode()), *refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
