"""Malformed and unauthorised requests to the page, as bytes."""

from __future__ import annotations

import base64
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

BASE_PATH = "/cam"
"""Path of a proxy that the page was started for."""
SITE = "http://localhost:1"
"""Site that may show the page in a frame; it may not ask for anything itself."""
METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 999)
_HUGE_BODY_BYTES = 100_000_000
_TRAVERSALS = (
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..%252f..%252fetc%252fpasswd",
    "..%c0%af..%c0%afetc%c0%afpasswd", "..\\..\\etc\\passwd", "..%5c..%5cetc%5cpasswd", "....//....//etc/passwd",
    "server.py", "../server.py", "page.html%00.css", ";/../token", "./././", "//evil.example/", "%0d%0aX-A:%20b",
)  # fmt: skip
_CHANGE = "?class=ripe&press=1&frame=1&label=Coat"
_BARE = "GET {path} HTTP/1.1\r\nHost: {host}\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to send, over a connection of its own."""

    what: str
    """Name of the abuse."""
    content: bytes
    has_right: bool = False
    """Return whether a 200 is no leak, because the request is authorised and only unusual."""
    body_bytes: int = 0
    """Sent after it, until the other side has enough."""


def unauthorised_requests(
    paths: Sequence[str], *, token: str, host: str, seed: int, writing: Collection[str] = (), frame: str = ""
) -> list[Request]:
    """Everything for every path.

    Args:
        paths: of the page's routes.
        writing: those of them that change something; a POST with the token is none of these requests there.
        token: of the page; empty: it has none, and is for this machine alone.
        host: that a viewer with a right would name.
        seed: of what is random.
        frame: path that stands for the token in a frame, without a slash behind it; empty: the page has none.
    """
    made = [
        request if path not in writing or not request.content.startswith(b"POST") else replace(request, has_right=True)
        for path in paths
        for request in _of_path(path, token=token, host=host)
    ]
    made += [request for path in writing for request in _of_change(path, token=token, host=host, frame=frame)]
    made += [
        request for path in paths if token for request in _of_other_proofs(path, token=token, host=host, frame=frame)
    ]
    made += [Request(f"the way {path!r}", _get(f"/{path}", host, *_right(token))) for path in _TRAVERSALS]
    return made + list(_at_random(paths, host=host, has_right=not token, seed=seed))


def _of_path(path: str, *, token: str, host: str) -> Iterator[Request]:
    right = _right(token)
    for name in ("evil.example", "localhost.evil.example", "", "127.0.0.1@evil.example", "a" * 10_000):
        if not token:  # with one, any name will do
            yield Request("another host's name", _get(path, name))
    for header in ("Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
                   "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors"):  # fmt: skip
        yield Request("another site's page", _get(path, host, *right, header))
    for method in METHODS:
        yield Request("another method", _get(path, host, *right).replace(b"GET", method.encode(), 1))
    if token:
        yield from _without_token(path, token=token, host=host)
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
               "Sec-WebSocket-Version: 13", "Origin: http://evil.example")  # fmt: skip
    yield Request("a websocket", _get(path, host, *right, *upgrade))
    yield Request("64 kB of header", _get(path, host, *right, "X: " + "a" * 65_536))
    yield Request("5,000 headers", _get(path, host, *right, *("X: a" + "b" * 8 for _ in range(5000))))
    yield Request("64 kB of address", _get(path + "?" + "a" * 65_536, host, *right))
    both = ("Content-Length: 6", "Transfer-Encoding: chunked")
    for lengths in (both, both[::-1], ("Transfer-Encoding: chunked, identity",), ("Content-Length: 5, 6",),
                    ("Content-Length: -1",), ("Transfer-Encoding: chunked", "Transfer-Encoding: x")):  # fmt: skip
        smuggled = b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
        yield Request("a request inside a body", _get(path, host, *right, *lengths) + smuggled)
    yield Request("a chunk that is none", _get(path, host, *right, both[1]) + b"zz\r\nzz\r\n")
    long = f"Content-Length: {_HUGE_BODY_BYTES}"
    for method in ("GET", "POST"):
        head = _get(path, host, *right, long).replace(b"GET", method.encode(), 1)
        yield Request("a body of 100 MB", head, body_bytes=_HUGE_BODY_BYTES)
    yield Request("two hosts", _get(path, host, *right, "Host: evil.example"))
    yield Request("no host", f"GET {path} HTTP/1.1\r\n\r\n".encode())
    yield Request("a line that is folded", _get(path, host, *right, "X: a\r\n b"), has_right=True)


def _of_other_proofs(path: str, *, token: str, host: str, frame: str) -> Iterator[Request]:
    """Another site's requests with the token as a browser might hold it for the page: as password or in an address."""
    login = f"Authorization: {_basic(f':{token}')}"
    foreign = ("Origin: http://evil.example", f"Origin: {SITE}", "Origin: null", "Sec-Fetch-Site: cross-site",
               "Origin: http://evil.example\r\nX-Forwarded-Host: evil.example", "Sec-Fetch-Site: same-site",
               "Origin: null\r\nSec-Fetch-Site: same-origin")  # fmt: skip
    for header in foreign:
        yield Request("another site's page, with a password", _get(path, host, login, header))
        yield Request("another site's page, with an address", _get(f"{path}?token={token}", host, header))
        if frame:
            yield Request("another site's page, with a frame", _get(frame + path, host, header))


def _of_change(path: str, *, token: str, host: str, frame: str) -> Iterator[Request]:
    """Changes that somebody else asks for, or for a class and a frame that there aren't."""
    bearer, own = f"Authorization: Bearer {token}", f"Origin: http://{host}"
    login = f"Authorization: {_basic(f':{token}')}"
    path = path + _CHANGE

    def post(*headers: str, query: str = "", before: str = "") -> bytes:
        return _get(before + path + query, host, *headers).replace(b"GET", b"POST", 1)

    for headers in ((), (own,), ("Authorization: Bearer " + token[:-1], own), ("Cookie: edge-classify-00000000=a", own),
                    (f"Cookie: token={token}", own), ("X-HTTP-Method-Override: POST", own)):  # fmt: skip
        yield Request("a change without a right", post(*headers))
    for before in ("", BASE_PATH, f"/~{token}"):
        yield Request("a change without a right", post(own, query=f"&token={token}", before=before))
    yield Request("a change without an origin", post(login))
    if frame:
        yield Request("a change without an origin", post(before=frame))
    for origin in (
        SITE,
        "http://evil.example",
        "null",
        f"http://{host}1",  # another port; https would be the page itself behind a proxy with TLS
        f"http://{host}.evil.example",
        "http://localhost:1",
    ):
        forwarded = f"X-Forwarded-Host: {origin.rpartition('/')[2]}"
        for proof, before in ((bearer, ""), (login, ""), (login, BASE_PATH), ("X: a", frame or "/~")):
            yield Request("a change from another site", post(proof, f"Origin: {origin}", before=before))
            yield Request("a change from another site", post(proof, f"Origin: {origin}", forwarded, before=before))
    for kind in ("cross-site", "same-site"):
        yield Request("a change from another site", post(bearer, own, f"Sec-Fetch-Site: {kind}"))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"):
        form = post(bearer, own, f"Content-Type: {kind}", f"Content-Length: {len(_CHANGE)}")
        yield Request("a change in a form", form + _CHANGE.encode())
    for header in (bearer, f"{bearer}\r\nX-HTTP-Method-Override: POST"):
        yield Request("a change by GET", _get(path, host, header))


def changes_out_of_bounds(writing: Collection[str], *, token: str, host: str) -> list[Request]:
    """Changes by somebody with a right, for classes and frames that there aren't; nothing may be written."""
    names = (
        "..",
        "../../etc",
        "..%2f..%2fetc",
        "%00",
        "ripe%00",
        "ripe/../..",
        "a" * 5000,
        "CON",
        "nothing",
        "",
        "%ff",
        "\\..",
    )
    bearer = f"Authorization: Bearer {token}"
    queries = [f"class={name}&press=1&label={name}&frame=1" for name in names]
    queries += [f"class=ripe&press={'a' * 500}&label=Coat&frame={frame}" for frame in ("-1", "9" * 400, "x", "", "1e3")]
    return [
        Request("a class or frame that there isn't", _get(f"{path}?{query}", host, bearer).replace(b"GET", b"POST", 1),
                has_right=True)
        for path in writing
        for query in queries
    ]  # fmt: skip


def _without_token(path: str, *, token: str, host: str) -> Iterator[Request]:
    yield Request("no token", _get(path, host))
    wrong = (token[:-1], token + "x", token.swapcase(), "", "a" * 16, "a" * 10_000, "%s%n", "\x7f\xff")
    for given in wrong:
        yield Request("a wrong token", _get(path, host, f"Authorization: Bearer {given}"))
        yield Request("a wrong token", _get(f"{path}?token={given}".replace("\x7f\xff", "%7f%ff"), host))
    for given in (f":{token[:-1]}", f":{token}x", f"{token}:", token, ":", f":{'a' * 6000}", f":{token}\n"):
        yield Request("a wrong password", _get(path, host, f"Authorization: {_basic(given)}"))
    for value in ("Basic", "Basic ====", "Basic " + "a" * 10_001, f"Basic {_basic(f':{token}')}"):
        yield Request("a wrong password", _get(path, host, f"Authorization: {value}"))
    for key in ("", token, "0" * 64, "a" * 10_000, "%00", "..", "%2e%2e"):
        yield Request("a wrong key of a frame", _get(f"/~{key}{path}", host))
        yield Request("a wrong key of a frame", _get(f"{BASE_PATH}/~{key}{path}", host))
    for way in (BASE_PATH, BASE_PATH * 2, f"/{BASE_PATH}", f"{BASE_PATH}/.", f"{BASE_PATH}/..", f"{BASE_PATH}%2f"):
        yield Request("a way around", _get(way + path, host))
    for header in (f"Authorization: Basic {token}", f"Authorization: {token}", f"X-Token: {token}",
                   f"X-Ingress-Path: /~{token}", f"X-Forwarded-Prefix: {BASE_PATH}",
                   f"Cookie: token={token}", f"Cookie: edge-classify-00000000={token}", f"Referer: /?token={token}",
                   'Cookie: a="' + "\\" * 10_000, "X-Forwarded-For: 127.0.0.1"):  # fmt: skip
        yield Request("a token in another place", _get(path, host, header))


def _at_random(paths: Sequence[str], *, host: str, has_right: bool, seed: int) -> Iterator[Request]:
    """Requests with some bytes changed, cut, or put in."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    for path in paths:
        for _ in range(20):
            content = bytearray(_get(path, host, "Accept: */*"))
            for _ in range(chance.randint(1, 8)):
                place = chance.randrange(len(content))
                content[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 3))
            yield Request("changed at random", bytes(content) + b"\r\n\r\n", has_right=has_right)
        yield Request("noise", chance.randbytes(2000) + b"\r\n\r\n")


def _basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


def _right(token: str) -> tuple[str, ...]:
    return (f"Authorization: Bearer {token}",) if token else ()


def _get(path: str, host: str, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return (_BARE.format(path=path, host=host) + lines + "\r\n").encode("latin-1")
