"""The page's token, and the guard with requests as a browser would send them."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigError
from edge.sinks.addresses import PageAddress
from edge.sinks.web import access
from edge.sinks.web.access import Guard, read_token

TOKEN = "correct-horse-battery"


async def _app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"yes")]})
    await send({"type": "http.response.body", "body": b"page"})


def ask(
    guard: Guard, path: str = "/", *, query: str = "", host: str = "127.0.0.1:8080", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items() if value],
    }  # fmt: skip
    asyncio.run(guard(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"].decode()


@pytest.fixture
def here() -> Guard:
    """For this machine alone."""
    return Guard(_app, token="", host="127.0.0.1")


@pytest.fixture
def anywhere() -> Guard:
    """With a token."""
    return Guard(_app, token=TOKEN, host="0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "[::1]"])
def test_this_machines_own_names_are_accepted(here: Guard, host: str) -> None:
    assert ask(here, host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8080", "", "10.0.0.1:8080", "localhost:1:2"])
def test_a_host_header_of_another_name_is_refused(here: Guard, host: str) -> None:
    """DNS rebinding: the browser believes that it talks to another site."""
    status, _, body = ask(here, host=host)
    assert status == 403
    assert "localhost" in body


@pytest.mark.parametrize("kind", ["cross-site", "same-site"])
def test_another_site_can_link_to_the_page_but_not_embed_it(here: Guard, kind: str) -> None:
    assert ask(here, "/pictures", sec_fetch_site=kind, sec_fetch_mode="no-cors")[0] == 403
    assert ask(here, sec_fetch_site=kind, sec_fetch_mode="navigate")[0] == 200
    assert ask(here, "/pictures", sec_fetch_site="same-origin", sec_fetch_mode="no-cors")[0] == 200


@pytest.mark.parametrize("path", ["/", "/page.js", "/pictures", "/messages", "/picture.jpg", "/healthz", "/metrics"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong-horse-battery"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": "Bearer ä"},
        {"cookie": f"edge-classify-00000000={TOKEN}"},
        {"cookie": "\x01=;;="},
    ],
    ids=["none", "wrong", "Basic", "cut", "not ASCII", "cookie", "no cookie"],
)  # fmt: skip
def test_nothing_is_seen_without_the_token(anywhere: Guard, path: str, headers: dict[str, str]) -> None:
    status, sent, body = ask(anywhere, path, **headers)
    assert (status, sent["www-authenticate"]) == (401, "Bearer")
    assert "x-app" not in sent
    assert TOKEN not in body


@pytest.mark.parametrize(
    "query", ["token=", "token=wrong", f"token={TOKEN}x", f"Token={TOKEN}", f"token=x&token={TOKEN}"]
)
def test_a_wrong_token_in_the_address_is_no_token(anywhere: Guard, query: str) -> None:
    assert ask(anywhere, query=query)[0] == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_program_sends_the_token_as_bearer(anywhere: Guard, scheme: str) -> None:
    status, headers, body = ask(anywhere, host="pi.local", authorization=f"{scheme} {TOKEN}")
    assert (status, headers["x-app"], body) == (200, "yes", "page")


def test_a_browser_sends_the_token_once_and_gets_a_cookie(anywhere: Guard) -> None:
    status, headers, body = ask(anywhere, "/", query=f"token={TOKEN}&a=b+c")
    assert (status, headers["refresh"]) == (200, "0; url=/?a=b+c")
    assert "x-app" not in headers
    cookie = headers["set-cookie"]
    assert cookie.split("; ")[1:] == ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Strict"]
    assert TOKEN not in cookie + body + headers["refresh"]
    (morsel,) = SimpleCookie(cookie).values()
    assert ask(anywhere, cookie=f"other=1; {morsel.key}={morsel.value}")[0] == 200
    assert ask(anywhere, cookie=f"{morsel.key}={morsel.value[:-1]}")[0] == 401


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("//evil.example/", "/evil.example/"),
        ("/\\evil.example/", "/%5Cevil.example/"),
        ("/a\r\nSet-Cookie: b=c", "/a%0D%0ASet-Cookie%3A%20b%3Dc"),
        ("/ä; url=//evil.example", "/%C3%A4%3B%20url%3D//evil.example"),
    ],
    ids=["slashes", "backslash, a slash to browsers", "a line of its own", "another address"],
)
def test_the_refresh_never_leads_to_another_host(anywhere: Guard, path: str, location: str) -> None:
    assert ask(anywhere, path, query=f"token={TOKEN}")[1]["refresh"] == f"0; url={location}"


def test_another_ports_malformed_cookie_does_not_hide_ours(anywhere: Guard) -> None:
    """Cookies of a host are shared by all its ports; http.cookies reads none where it can't read one."""
    cookie = ask(anywhere, query=f"token={TOKEN}")[1]["set-cookie"].split(";")[0]
    assert ask(anywhere, cookie=f'a[b]={{"c": 1}}; \x01; {cookie}')[0] == 200


def test_a_request_with_another_sites_origin_is_refused(here: Guard) -> None:
    assert ask(here, "/messages", origin="http://evil.example")[0] == 403
    assert ask(here, "/messages", origin="null")[0] == 403
    assert ask(here, "/messages", origin="http://127.0.0.1:1")[0] == 403  # another port is another site
    assert ask(here, "/messages", origin="http://127.0.0.1:8080")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [{"content-length": "5"}, {"content-length": "5", "transfer-encoding": "chunked"}, {"transfer-encoding": "gzip"}],
    ids=["a body", "two lengths", "an unknown length"],
)
def test_a_request_with_a_body_is_refused(here: Guard, headers: dict[str, str]) -> None:
    status, sent, _ = ask(here, **headers)
    assert (status, sent["connection"]) == (413, "close")
    assert ask(here, **{"content-length": "0"})[0] == 200


def test_path_query_and_headers_are_limited(here: Guard, anywhere: Guard) -> None:
    assert ask(here, cookie="a" * 16_384)[0] == 431
    assert ask(anywhere, query="token=" + "a" * 16_384)[0] == 431
    assert ask(here, "/" + "a" * 16_384)[0] == 431
    assert ask(here, cookie="a" * 16_000)[0] == 200


def test_tokens_are_compared_in_constant_time(anywhere: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, token: bytes) -> bool:
        compared.append((given, token))
        return given == token

    monkeypatch.setattr(access.hmac, "compare_digest", compare)
    assert ask(anywhere, authorization="Bearer a")[0] == 401
    assert ask(anywhere, query="token=b")[0] == 401
    assert compared == [(b"a", TOKEN.encode()), (b"b", TOKEN.encode())]


def test_every_response_has_the_security_headers(here: Guard, anywhere: Guard) -> None:
    for _, headers, _ in (ask(here), ask(here, host="evil.example"), ask(anywhere)):
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_a_websocket_gets_no_response(here: Guard) -> None:
    asyncio.run(here({"type": "websocket", "headers": []}, None, None))  # type: ignore[arg-type]


HERE, ANYWHERE = PageAddress(), PageAddress("0.0.0.0")


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGE_CLASSIFY_TOKEN", raising=False)


def test_a_page_for_this_machine_needs_no_token() -> None:
    assert read_token(HERE, None) == ""


@pytest.mark.parametrize("address", [HERE, ANYWHERE], ids=["here", "anywhere"])
def test_the_token_of_a_file_wins_over_the_environments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: PageAddress
) -> None:
    monkeypatch.setenv("EDGE_CLASSIFY_TOKEN", TOKEN)
    assert read_token(address, None) == TOKEN
    (tmp_path / "token").write_text(f"  {TOKEN}2\n")
    assert read_token(address, tmp_path / "token") == f"{TOKEN}2"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "pi.local"])
def test_a_page_that_others_can_reach_needs_a_token(host: str) -> None:
    with pytest.raises(ConfigError, match=f"{host}.* 16 .*EDGE_CLASSIFY_TOKEN"):
        read_token(PageAddress(host), None)


@pytest.mark.parametrize("token", ["short", "a" * 15, "äöü" * 9, "a" * 16 + "\n" + "b"])
def test_a_short_or_non_ascii_token_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("EDGE_CLASSIFY_TOKEN", token)
    with pytest.raises(ConfigError, match="at least 16, all ASCII") as caught:
        read_token(HERE, None)
    assert token not in str(caught.value)


def test_an_empty_or_missing_token_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        read_token(HERE, tmp_path / "token")
    with pytest.raises(ConfigError, match="none"):
        read_token(HERE, tmp_path / "none")
