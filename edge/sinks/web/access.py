"""Who may see the page: a token beyond this machine, and on it no other site that a browser has open.

Pure ASGI (asgi.readthedocs.io), so that every answer passes here, also those of the framework itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Asgi = Callable[[_Scope, _Receive, _Send], Awaitable[None]]
_COOKIE_DAYS = 30
_LARGEST_HEAD_BYTES = 16 * 1024  # names and values; a browser sends less than one
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_CLOSE = ((b"connection", b"close"),)  # what comes after isn't read
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets in place of the page."""

    status: int
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Guard:
    """Lets through what may pass, and adds the headers that keep a browser careful."""

    def __init__(self, app: _Asgi, *, token: str, host: str) -> None:
        """Remember what to protect.

        Args:
            app: an ASGI application.
            token: what a visitor must know; empty for a page that only this machine can reach.
            host: that the page listens on; without a token a browser must have asked for this name or a usual one.
        """
        self.app = app
        self._token = token.encode()
        self._names = {*_LOCAL_NAMES, host.lower(), f"[{host.lower()}]"}
        # Whoever steals the cookie doesn't learn the token; cookies of a host are shared by all its ports.
        self._cookie_value = hmac.new(self._token, b"edge-classify page", hashlib.sha256).hexdigest()
        self._cookie_name = "edge-classify-" + self._cookie_value[:8]

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer a request or hand it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self.refusal(scope)
            if answer is None:
                await self.app(scope, receive, _with_headers(send))
            else:
                await _send_answer(answer, _with_headers(send))

    def refusal(self, scope: _Scope) -> Answer | None:
        """What a request gets instead of what it asked for; None: it may pass."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (answer := _improper(scope, headers)) is not None:
            return answer
        if not self._token:
            name = headers.get("host", "").lower().rsplit(":", 1)
            known = {name[0], ":".join(name)} & self._names  # an IPv6 address has colons of its own
            return None if known else Answer(403, "this page is for its own machine: ask for it as localhost\n")
        if self._is_bearer(headers) or self._has_cookie(headers):
            return None
        return self._exchange(scope)

    def _is_bearer(self, headers: dict[str, str]) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._is_token(given.strip())

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._token)

    def _has_cookie(self, headers: dict[str, str]) -> bool:
        """Not by http.cookies: an odd cookie of a neighbour would hide ours, and some take it a second to read."""
        ours, wanted = self._cookie_name + "=", self._cookie_value.encode()
        given = [pair.strip() for pair in headers.get("cookie", "").split(";")]
        return any(hmac.compare_digest(pair[len(ours) :].encode(), wanted) for pair in given if pair.startswith(ours))

    def _exchange(self, scope: _Scope) -> Answer:
        """Take a ?token= once: a cookie replaces it, and it is gone from the address and from the history."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if not (given and self._is_token(given[0])):
            return Answer(401, "this page needs its token: open it once as /?token=..., or send it as "
                          "Authorization: Bearer ...\n", ((b"www-authenticate", b"Bearer"),))  # fmt: skip
        rest = urlencode([pair for pair in query if pair[0] != "token"])
        path = "/" + quote(scope["path"].lstrip("/"))  # two slashes would be the name of another host
        place = path + ("?" + rest if rest else "")
        cookie = (f"{self._cookie_name}={self._cookie_value}; Path=/; Max-Age={_COOKIE_DAYS * 86_400}; HttpOnly; "
                  "SameSite=Strict")  # fmt: skip
        # Not a redirection: a browser that came from another site would leave a strict cookie out.
        headers = ((b"set-cookie", cookie.encode()), (b"refresh", b"0; url=" + place.encode()))
        return Answer(200, "one moment\n", headers)


def _improper(scope: _Scope, headers: dict[str, str]) -> Answer | None:
    """What a request gets that nobody should send, whoever it is; None: it is proper."""
    head = (scope["path"].encode(), scope["query_string"], *(part for pair in scope["headers"] for part in pair))
    if sum(map(len, head)) > _LARGEST_HEAD_BYTES:
        return Answer(431, "too long an address, or too many headers\n", _CLOSE)
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        return Answer(413, "nothing here takes a body\n", _CLOSE)
    # A browser names an origin only where it isn't the page's own, or where something is to be changed.
    is_foreign = headers.get("origin", "").partition("://")[2].lower() != headers.get("host", "").lower()
    is_embedded = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if ("origin" in headers and is_foreign) or (is_embedded and headers.get("sec-fetch-mode") != "navigate"):
        return Answer(403, "another site asked for this\n")
    return None


def _with_headers(send: _Send) -> _Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sending


async def _send_answer(answer: Answer, send: _Send) -> None:
    body = answer.text.encode()
    plain = (b"content-type", b"text/plain; charset=utf-8")
    headers = [plain, (b"content-length", str(len(body)).encode()), *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
