"""The session's page over a real socket of this machine: its routes, and who may write."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from edge.collect.page import CollectPage
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress

TOKEN = "correct-horse-battery"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ACTIONS = ("/collect/hold", "/collect/release", "/collect/undo", "/collect/next")


@pytest.fixture
def session(open_session: Callable[..., Any]) -> Any:
    return open_session(interval_s=0.0)


@pytest.fixture
def page(session: Any, clock: Any) -> Iterator[CollectPage]:
    """The page of a session of two classes."""
    health = Health(state=LIVE, captured_s=0.0)
    made = CollectPage(PageAddress("127.0.0.1", 0), session, token=TOKEN, health=health, source="camera 0",
                       folder=Path("my fruit"), is_stepped=False, stall_s=2.0, clock=clock)  # fmt: skip
    yield made
    made.close()


def ask(
    page: CollectPage, path: str, method: str = "POST", *, headers: Any = BEARER, **parameters: str
) -> tuple[int, Any]:
    """Status, and body as JSON or text."""
    connection = http.client.HTTPConnection(page.address.host, page.address.port, timeout=30)
    try:
        connection.request(method, f"{path}?{urlencode(parameters)}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        is_json = (answer.getheader("content-type") or "").startswith("application/json")
        return answer.status, json.loads(body) if is_json else body.decode(errors="replace")
    finally:
        connection.close()


def cookie_of(page: CollectPage) -> str:
    """Cookie that a browser gets for the token."""
    connection = http.client.HTTPConnection(page.address.host, page.address.port, timeout=30)
    try:
        connection.request("GET", f"/?token={TOKEN}")
        return str(connection.getresponse().getheader("set-cookie")).split(";")[0]
    finally:
        connection.close()


def test_a_button_is_held_saves_and_is_undone(page: Any, session: Any, scene: Any) -> None:
    assert ask(page, "/collect/hold", **{"class": "ripe", "press": "a"}) == (200, {"held": "ripe"})
    assert session.take(scene(0), moment_s=0)
    assert ask(page, "/collect/release", press="a")[0] == 200
    assert session.state().held == ""
    assert ask(page, "/collect/undo") == (200, {"undone": {"class": "ripe", "images": 1}})
    assert ask(page, "/collect/undo")[0] == 409
    assert ask(page, "/collect/next")[0] == 200
    assert session.was_passed()


@pytest.mark.parametrize(
    "parameters",
    [{}, {"class": "ripe"}, {"press": "a"}, {"class": "rotten", "press": "a"}, {"class": "../ripe", "press": "a"},
     {"class": "ripe", "press": "a" * 65}],
)  # fmt: skip
def test_a_class_that_there_is_not_or_a_missing_press_is_refused(
    page: Any, session: Any, parameters: dict[str, str]
) -> None:
    status, body = ask(page, "/collect/hold", **parameters)
    assert status == 400
    assert body["error"]
    assert session.state().held == ""
    if "press" not in parameters:
        assert ask(page, "/collect/release")[0] == 400


@pytest.mark.parametrize("path", ACTIONS)
def test_writing_needs_the_token_post_and_the_page_s_own_origin(page: Any, session: Any, path: str) -> None:
    parameters = {"class": "ripe", "press": "a"}
    own = f"http://{page.address.host}:{page.address.port}"
    cookie = {"Cookie": cookie_of(page)}
    refused = [
        ({}, 401), ({"Origin": own}, 401), ({"Authorization": "Bearer wrong-horse-battery"}, 401), (cookie, 401),
        ({**cookie, "Origin": "http://evil.example"}, 403), ({**cookie, "Origin": "null"}, 403),
        ({**BEARER, "Origin": "http://evil.example"}, 403),
        ({**cookie, "Origin": own, "Sec-Fetch-Site": "same-site"}, 403),
    ]  # fmt: skip
    for headers, status in refused:
        assert ask(page, path, headers=headers, **parameters)[0] == status, headers
    assert ask(page, path, headers={}, token=TOKEN, **parameters)[0] == 401  # not by the address either
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert ask(page, path, method, **parameters)[0] == 405
    assert session.state().held == ""
    assert not session.was_passed()
    assert ask(page, path, headers={**cookie, "Origin": own}, **parameters)[0] in (200, 409)


def test_every_file_of_the_page_is_served_and_loads_nothing_from_elsewhere(page: Any) -> None:
    for path in ("/", "/collect.css", "/collect.js", "/events.js", "/page.css", "/icon.svg"):
        status, text = ask(page, path, "GET")
        assert status == 200
        assert "https:" not in text
    assert ask(page, "/metrics", "GET")[0] == 404


def test_the_events_hold_the_session_s_state(page: Any, session: Any, scene: Any) -> None:
    session.hold("ripe", "a")
    session.take(scene(0), moment_s=0)
    connection = http.client.HTTPConnection(page.address.host, page.address.port, timeout=30)
    try:
        connection.request("GET", "/messages", headers=BEARER)
        answer = connection.getresponse()
        lines = [answer.readline().decode() for _ in range(5)]
    finally:
        connection.close()
    initial, update = (json.loads(lines[index].removeprefix("data: ")) for index in (1, 4))
    assert (initial["classes"], initial["stepped"], initial["folder"]) == (["ripe", "unripe"], False, "my fruit")
    assert initial["next"].endswith(" 'my fruit'")  # ready to be copied into a shell
    assert update["classes"] == [["ripe", 4, 1], ["unripe", 0, 0]]
    assert (update["held"], update["last"]) == ("ripe", {"class": "ripe", "images": 1})
    assert ask(page, "/picture.jpg", "GET")[0] == 200


def test_healthz_is_503_once_frames_stay_away(page: Any, clock: Any) -> None:
    assert ask(page, "/healthz", "GET")[0] == 200
    clock.now = 2.1
    assert ask(page, "/healthz", "GET")[0] == 503
