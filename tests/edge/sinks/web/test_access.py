"""The page's token, and the guard with requests as a browser would send them."""

from __future__ import annotations

import asyncio
import base64
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigError
from edge.sinks.addresses import PageAddress, PageMount
from edge.sinks.web import access
from edge.sinks.web.access import Guard, read_token

TOKEN = "correct-horse-battery"


async def _app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", scope["path"].encode())]})
    await send({"type": "http.response.body", "body": b"page"})


def ask(
    guard: Guard, path: str = "/", *, method: str = "GET", query: str = "", host: str = "127.0.0.1:8080", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer; a header that comes twice is joined by a comma."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items() if value],
    }  # fmt: skip
    asyncio.run(guard(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    start, body = sent
    told: dict[str, str] = {}
    for name, value in start["headers"]:
        told[name.decode()] = ", ".join([*([told[name.decode()]] if name.decode() in told else []), value.decode()])
    return start["status"], told, body["body"].decode()


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


@pytest.mark.parametrize("token", ["", TOKEN], ids=["no token", "token"])
@pytest.mark.parametrize(
    ("path", "inner"),
    [("/cam/", "/"), ("/cam/page.js", "/page.js"), ("/page.js", "/page.js"), ("/camera", "/camera"),
     ("/cam//x", "//x"), ("/x/cam/", "/x/cam/")],
)  # fmt: skip
def test_the_base_path_of_a_proxy_is_taken_away_where_it_is_there(token: str, path: str, inner: str) -> None:
    guard = Guard(_app, token=token, host="127.0.0.1", mount=PageMount("/cam"))
    assert ask(guard, path, authorization=f"Bearer {token}")[1]["x-app"] == inner


def test_a_base_path_without_its_slash_leads_to_the_one_with_it() -> None:
    guard = Guard(_app, token=TOKEN, host="127.0.0.1", mount=PageMount("/a/cam"))
    status, headers, _ = ask(guard, "/a/cam", query=f"token={TOKEN}")
    assert (status, headers["location"]) == (307, f"cam/?token={TOKEN}")
    assert ask(guard, "/a/cam")[0] == 401


@pytest.mark.parametrize(
    ("sites", "ancestors", "option"),
    [
        ((), "'none'", "DENY"),
        (("self",), "'self'", "SAMEORIGIN"),
        (("http://ha.local:8123",), "http://ha.local:8123", None),
        (("self", "https://a.example"), "'self' https://a.example", None),
    ],
    ids=["closed", "self", "a site", "both"],
)
def test_only_sites_of_the_list_may_show_the_page_in_a_frame(
    sites: tuple[str, ...], ancestors: str, option: str | None
) -> None:
    guard = Guard(_app, token=TOKEN, host="0.0.0.0", mount=PageMount(embed_from=sites))
    for answer in (ask(guard), ask(guard, authorization=f"Bearer {TOKEN}"), ask(guard, origin="http://evil.example")):
        policy = dict(part.strip().split(" ", 1) for part in answer[1]["content-security-policy"].split(";"))
        assert (policy["frame-ancestors"], answer[1].get("x-frame-options")) == (ancestors, option)


@pytest.fixture
def framed() -> Guard:
    """With a token, and for one site's frames."""
    return Guard(_app, token=TOKEN, host="0.0.0.0", mount=PageMount(embed_from=("http://ha.local:8123",)))


def test_in_a_frame_without_cookies_a_secret_in_the_path_stands_for_the_token(framed: Guard) -> None:
    _, headers, body = ask(framed, query=f"token={TOKEN}&a=b")
    way = headers["refresh"].removeprefix("0; url=.")
    path = way.removesuffix("?a=b")
    assert way == path + "?a=b"
    assert path.startswith("/~")
    assert path.endswith("/")
    assert TOKEN not in str(headers) + body
    for inner in ("/", "/page.js", "/pictures"):
        assert ask(framed, path[:-1] + inner)[1]["x-app"] == inner
    own = "http://127.0.0.1:8080"
    assert ask(framed, f"{path}x", method="POST", origin=own)[0] == 200
    assert ask(framed, f"{path}x", method="POST")[0] == 401
    assert ask(framed, f"{path}x", method="POST", origin="http://ha.local:8123")[0] == 403
    for wrong in (
        path[:-2] + "/",
        "/~/",
        f"/~{'0' * 64}/",
        path[:-1],
        f"/~{headers['set-cookie'].partition('=')[2][:64]}/",
    ):
        assert ask(framed, wrong)[0] == 401


def test_a_browser_with_the_cookie_leaves_the_secret_path(framed: Guard) -> None:
    _, headers, _ = ask(framed, query=f"token={TOKEN}")
    path, cookie = headers["refresh"].removeprefix("0; url=."), headers["set-cookie"].split(";")[0]
    status, left, _ = ask(framed, path, query="a=b", cookie=cookie)
    assert (status, left["refresh"]) == (200, "0; url=../?a=b")
    assert ask(framed, path + "page.js", cookie=cookie)[1]["x-app"] == "/page.js"


def test_a_page_for_no_other_site_takes_no_secret_path(anywhere: Guard, framed: Guard) -> None:
    path = ask(framed, query=f"token={TOKEN}")[1]["refresh"].removeprefix("0; url=.")
    assert ask(anywhere, path)[0] == 401


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
