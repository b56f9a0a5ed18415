"""Access to the page: a token beyond this machine, and no access for other sites that the same browser has open.

Pure ASGI (asgi.readthedocs.io), so that every response passes here, also those of the framework itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from edge.errors import ConfigError
from edge.sinks.addresses import TOKEN_VARIABLE, PageAddress, PageMount
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
_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
           "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}")  # fmt: skip
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
PROGRAM_PATHS = ("/picture.jpg", "/pictures", "/healthz", "/metrics")
"""Paths that programs ask for, many of which log in by Basic alone and once they were told so."""
_FRAME_MARK = "/~"  # before the secret that stands for the token in a frame


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


class Guard:
    """ASGI application in front of the page: refuses requests, and adds security headers to every response.

    The token comes as Bearer, as the password of Basic, or in the query of a request that reads; `/` exchanges the
    last one for a cookie. A frame of another site gets no cookie, so that there a secret in the path stands for it,
    which all addresses of the page inherit, because they are relative.

    A request that changes something needs Bearer, which no other site can make a browser send, or another proof and
    the page's own origin.
    """

    def __init__(self, app: Asgi, *, token: str, host: str, mount: PageMount = PageMount()) -> None:  # noqa: B008
        """Wrap an application.

        An empty token is for a page that only this machine can reach: the Host header must hold `host` or a name of it.
        """
        self.app = app
        self._token = token.encode()
        self._names = {*_LOCAL_NAMES, host.lower(), f"[{host.lower()}]"}
        self._base_path = mount.base_path
        self._headers = (*_HEADERS, *_frame_headers(mount.embed_from))
        # A stolen cookie doesn't reveal the token; cookies of a host are shared by all its ports.
        self._cookie_value = self._derived(b"edge-classify page")
        self._cookie_name = "edge-classify-" + self._cookie_value[:8]
        self._frame_key = self._derived(b"edge-classify frame") if token and mount.embed_from else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            path, has_key = self._own_path(scope["path"])
            refusal = self._refusal(scope, path, has_key=has_key)
            if refusal is None:
                await self.app({**scope, "path": path}, receive, _with_headers(send, self._headers))
            else:
                await _send_refusal(refusal, _with_headers(send, self._headers))

    def _derived(self, purpose: bytes) -> str:
        return hmac.new(self._token, purpose, hashlib.sha256).hexdigest()

    def _own_path(self, path: str) -> tuple[str, bool]:
        """Return the page's own path, empty for a base path without a slash, and True if the key of a frame was in it.

        The base path may be missing: some proxies take it away.
        """
        if path == self._base_path or path.startswith(f"{self._base_path}/"):
            path = path[len(self._base_path) :]
        key, slash, rest = path.removeprefix(_FRAME_MARK).partition("/")
        if self._frame_key and slash and path.startswith(_FRAME_MARK) and _is_same(key, self._frame_key.encode()):
            return "/" + rest, True
        return path, False

    def _refusal(self, scope: Scope, path: str, *, has_key: bool) -> Refusal | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (refusal := _refuse_improper(scope, headers)) is not None:
            return refusal
        if not self._token:
            refusal = self._refuse_from_elsewhere(scope["method"], headers)
        elif scope["method"] in _READING:
            refusal = self._refuse_to_show(scope, headers, path, has_key=has_key)
        else:
            scheme = self._login(headers)
            has_right = bool(scheme) or has_key or self._has_cookie(headers)
            is_allowed = scheme == "bearer" or (has_right and "origin" in headers)
            refusal = None if is_allowed else _no_token(path)
        return self._with_slash(scope) if refusal is None and not path else refusal

    def _refuse_from_elsewhere(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """Refuse what another machine or site asks of a page without a token, and every change."""
        if method not in _READING:
            return Refusal(405, "nothing here can be changed\n", ((b"allow", ", ".join(_READING).encode()),))
        name = headers.get("host", "").lower().rsplit(":", 1)
        known = {name[0], ":".join(name)} & self._names  # an IPv6 address has colons of its own
        return None if known else Refusal(403, "this page is for its own machine: ask for it as localhost\n")

    def _refuse_to_show(self, scope: Scope, headers: Mapping[str, str], path: str, *, has_key: bool) -> Refusal | None:
        """Refuse to show something without the token, or exchange the token for a cookie; None: it may be shown."""
        has_login, has_cookie = bool(self._login(headers)), self._has_cookie(headers)
        rest = self._query_without_token(scope)
        if path == "/" and rest is not None and not (has_login or has_key):
            return self._exchange(rest)
        if path == "/" and has_key and has_cookie:  # no frame of another site, so the key can leave the address
            return _refresh("../", scope["query_string"].decode("latin-1"))
        return None if has_login or has_cookie or has_key or rest is not None else _no_token(path)

    def _login(self, headers: Mapping[str, str]) -> str:
        """Return the scheme by which the token is in the Authorization header, in lower case; empty: it isn't."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        scheme, value = scheme.lower(), value.strip()
        if scheme == "basic":
            try:
                _, _, password = base64.b64decode(value, validate=True).partition(b":")
            except ValueError:
                return ""
            return scheme if hmac.compare_digest(password, self._token) else ""
        return scheme if scheme == "bearer" and _is_same(value, self._token) else ""

    def _has_cookie(self, headers: Mapping[str, str]) -> bool:
        """Return True if our cookie is among them.

        Without http.cookies: another port's malformed cookie would hide ours, and some take it a second to parse.
        """
        prefix, expected = self._cookie_name + "=", self._cookie_value.encode()
        pairs = [pair.strip() for pair in headers.get("cookie", "").split(";")]
        return any(_is_same(pair[len(prefix) :], expected) for pair in pairs if pair.startswith(prefix))

    def _query_without_token(self, scope: Scope) -> str | None:
        """Return the query without the token; None if the token isn't in it."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in query if name == "token"]
        if not (tokens and _is_same(tokens[0], self._token)):
            return None
        return urlencode([pair for pair in query if pair[0] != "token"])

    def _exchange(self, rest: str) -> Refusal:
        """Exchange ?token= for a cookie, so that the token leaves the address bar and the history.

        Cookie and address are relative to the path that the browser knows, which a proxy may have changed.
        """
        cookie = (f"{self._cookie_name}={self._cookie_value}; Max-Age={_COOKIE_DAYS * 86_400}; HttpOnly; "
                  "SameSite=Strict")  # fmt: skip
        path = f".{_FRAME_MARK}{self._frame_key}/" if self._frame_key else "./"
        return _refresh(path, rest, (b"set-cookie", cookie.encode()))

    def _with_slash(self, scope: Scope) -> Refusal:
        """Redirect to the base path with its slash, which relative addresses need."""
        query = scope["query_string"].decode("latin-1")
        location = self._base_path.rpartition("/")[2] + "/" + (f"?{query}" if query else "")
        return Refusal(307, "one moment\n", ((b"location", location.encode("latin-1")),))


def _is_same(text: str, secret: bytes) -> bool:
    return hmac.compare_digest(text.encode("utf-8", "surrogateescape"), secret)


def _refresh(path: str, query: str, *headers: tuple[bytes, bytes]) -> Refusal:
    """Return a page that leads to another, not a redirect: a browser that came from elsewhere withholds the cookie."""
    location = path + ("?" + query if query else "")
    return Refusal(200, "one moment\n", (*headers, (b"refresh", b"0; url=" + location.encode("latin-1"))))


def _no_token(path: str) -> Refusal:
    """Return the demand for a token; a browser asks its user for a password only where programs need the demand."""
    text = ("this page needs its token: open it once as ?token=..., or send it as Authorization: Bearer ..., or as the "
            "password of Basic\n")  # fmt: skip
    basic = b'Basic realm="edge-classify", charset="UTF-8"'
    schemes = (basic, b"Bearer") if path in PROGRAM_PATHS else (b"Bearer",)
    return Refusal(401, text, tuple((b"www-authenticate", scheme) for scheme in schemes))


def _frame_headers(embed_from: Sequence[str]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers that say who may show the page in a frame; X-Frame-Options knows no list of sites."""
    ancestors = " ".join("'self'" if origin == "self" else origin for origin in embed_from) or "'none'"
    yield b"content-security-policy", _POLICY.format(ancestors=ancestors).encode()
    if set(embed_from) <= {"self"}:
        yield b"x-frame-options", b"SAMEORIGIN" if embed_from else b"DENY"


def _refuse_improper(scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
    """Refuse what no viewer sends, with or without a token; None: the request is proper."""
    head = (scope["path"].encode(), scope["query_string"], *(part for pair in scope["headers"] for part in pair))
    if sum(map(len, head)) > LARGEST_HEAD_BYTES:
        return Refusal(431, "too long an address, or too many headers\n", _CLOSE)
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        return Refusal(413, "nothing here takes a body\n", _CLOSE)
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin")
    # A browser sends an origin only if it isn't the page's own, or if the request changes something. Behind a proxy
    # that changes the host it still tells by Sec-Fetch-Site, which no page can set, that the origin is the page's own.
    is_own = origin is None or origin.partition("://")[2].lower() == headers.get("host", "").lower()
    is_own = is_own or (site == "same-origin" and origin != "null")
    is_embedded = site in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate"
    if not is_own or is_embedded:
        return Refusal(403, "another site asked for this, or a proxy that doesn't pass on the Host header\n")
    return None


def _with_headers(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return sending


async def _send_refusal(refusal: Refusal, send: Send) -> None:
    body = refusal.text.encode()
    plain = (b"content-type", b"text/plain; charset=utf-8")
    headers = [plain, (b"content-length", str(len(body)).encode()), *refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
