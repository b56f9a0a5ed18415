"""The guard of the page: which hosts, sites and frames it lets in, and what it limits."""

from __future__ import annotations

import asyncio

import pytest

from edge.sinks.addresses import PageMount
from edge.sinks.web.access import Guard
from tests.edge.sinks.web.conftest import TOKEN, _app, ask


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
