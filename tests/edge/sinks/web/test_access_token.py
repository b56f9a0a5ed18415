"""The page's token: where it comes from, and what a browser or a program shows instead of it."""

from __future__ import annotations

import base64
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.sinks.addresses import PageAddress
from edge.sinks.web import access
from edge.sinks.web.access import Guard, read_token
from tests.edge.sinks.web.conftest import TOKEN, _app, ask


@pytest.mark.parametrize("path", ["/", "/page.js", "/pictures", "/messages", "/picture.jpg", "/healthz", "/metrics"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong-horse-battery"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode()},
        {"authorization": "Basic " + base64.b64encode(TOKEN.encode()).decode()},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": "Bearer ä"},
        {"cookie": f"edge-classify-00000000={TOKEN}"},
        {"cookie": "\x01=;;="},
    ],
    ids=["none", "wrong", "Basic", "as user", "no colon", "cut", "not ASCII", "cookie", "no cookie"],
)  # fmt: skip
def test_nothing_is_seen_without_the_token(anywhere: Guard, path: str, headers: dict[str, str]) -> None:
    status, sent, body = ask(anywhere, path, **headers)
    basic = 'Basic realm="edge-classify", charset="UTF-8", ' if path in access.PROGRAM_PATHS else ""
    assert (status, sent["www-authenticate"]) == (401, f"{basic}Bearer")
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
    assert (status, headers["x-app"], body) == (200, "/", "page")


def basic(password: str = TOKEN, *, user: str = "anybody") -> str:
    """Value of the Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("path", access.PROGRAM_PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_program_gets_the_thing_itself_with_the_token_in_the_address_or_as_password(
    anywhere: Guard, path: str, method: str
) -> None:
    proofs: tuple[dict[str, str], ...] = (
        {"query": f"token={TOKEN}"}, {"query": f"a=b&token={TOKEN}"}, {"authorization": basic()},
        {"authorization": basic(user="")}, {"authorization": basic().replace("Basic", "BASIC")},
    )  # fmt: skip
    for proof in proofs:
        status, headers, _ = ask(anywhere, path, method=method, **proof)
        assert (status, headers["x-app"]) == (200, path)
        assert "refresh" not in headers
        assert "set-cookie" not in headers


def test_the_password_of_basic_may_hold_colons() -> None:
    guard = Guard(_app, token="correct:horse:battery", host="0.0.0.0")
    assert ask(guard, "/metrics", authorization=basic("correct:horse:battery"))[0] == 200
    assert ask(guard, "/metrics", authorization=basic("horse:battery", user="correct"))[0] == 401


def test_a_change_needs_bearer_or_the_pages_own_origin_and_never_the_address(anywhere: Guard) -> None:
    own, other = "http://127.0.0.1:8080", "http://evil.example"
    cookie = ask(anywhere, query=f"token={TOKEN}")[1]["set-cookie"].split(";")[0]
    assert ask(anywhere, "/x", method="POST", authorization=f"Bearer {TOKEN}")[0] == 200
    for proof in ({"authorization": basic()}, {"cookie": cookie}):
        assert ask(anywhere, "/x", method="POST", **proof)[0] == 401
        assert ask(anywhere, "/x", method="POST", origin=own, **proof)[0] == 200
        assert ask(anywhere, "/x", method="POST", origin=other, **proof)[0] == 403
    assert ask(anywhere, "/x", method="POST", query=f"token={TOKEN}", origin=own)[0] == 401


def test_behind_a_proxy_that_changes_the_host_the_browser_says_whose_page_asks(anywhere: Guard) -> None:
    """No page can set Sec-Fetch-Site; https://www.w3.org/TR/fetch-metadata/."""
    cookie = ask(anywhere, query=f"token={TOKEN}")[1]["set-cookie"].split(";")[0]
    sent = {"method": "POST", "host": "127.0.0.1:8080", "cookie": cookie}
    origin = "https://ha.example"
    assert ask(anywhere, "/x", origin=origin, **sent)[0] == 403
    assert ask(anywhere, "/x", origin=origin, sec_fetch_site="same-origin", **sent)[0] == 200
    assert ask(anywhere, "/x", origin="null", sec_fetch_site="same-origin", **sent)[0] == 403
    for site in ("same-site", "cross-site", "none"):
        assert ask(anywhere, "/x", origin=origin, sec_fetch_site=site, **sent)[0] == 403


def test_a_browser_sends_the_token_once_and_gets_a_cookie(anywhere: Guard) -> None:
    status, headers, body = ask(anywhere, "/", query=f"token={TOKEN}&a=b+c")
    assert (status, headers["refresh"]) == (200, "0; url=./?a=b+c")
    assert "x-app" not in headers
    cookie = headers["set-cookie"]
    # Without a path the browser takes the folder of the address that it knows: RFC 6265, 5.1.4.
    assert cookie.split("; ")[1:] == ["Max-Age=2592000", "HttpOnly", "SameSite=Strict"]
    assert TOKEN not in cookie + body + headers["refresh"]
    (morsel,) = SimpleCookie(cookie).values()
    assert ask(anywhere, cookie=f"other=1; {morsel.key}={morsel.value}")[0] == 200
    assert ask(anywhere, cookie=f"{morsel.key}={morsel.value[:-1]}")[0] == 401


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "/a\r\nSet-Cookie: b=c", "/ä; url=//evil"])
def test_the_refresh_never_leads_to_another_host(anywhere: Guard, path: str) -> None:
    """Only the page's own address has one, and that is relative; other paths are the application's."""
    _, headers, _ = ask(anywhere, path, query=f"token={TOKEN}")
    assert "refresh" not in headers
    assert "set-cookie" not in headers
    assert ask(anywhere, query=f"token={TOKEN}&//evil.example/\r\nx")[1]["refresh"].startswith("0; url=./?")


def test_the_token_leaves_the_address_of_a_browser_that_has_the_cookie_too(anywhere: Guard) -> None:
    cookie = ask(anywhere, query=f"token={TOKEN}")[1]["set-cookie"].split(";")[0]
    assert ask(anywhere, query=f"token={TOKEN}", cookie=cookie)[1]["refresh"] == "0; url=./"


def test_another_ports_malformed_cookie_does_not_hide_ours(anywhere: Guard) -> None:
    """Cookies of a host are shared by all its ports; http.cookies reads none where it can't read one."""
    cookie = ask(anywhere, query=f"token={TOKEN}")[1]["set-cookie"].split(";")[0]
    assert ask(anywhere, cookie=f'a[b]={{"c": 1}}; \x01; {cookie}')[0] == 200


def test_tokens_are_compared_in_constant_time(anywhere: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, token: bytes) -> bool:
        compared.append((given, token))
        return given == token

    monkeypatch.setattr(access.hmac, "compare_digest", compare)
    assert ask(anywhere, authorization="Bearer a")[0] == 401
    assert ask(anywhere, query="token=b")[0] == 401
    assert compared == [(b"a", TOKEN.encode()), (b"b", TOKEN.encode())]


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
