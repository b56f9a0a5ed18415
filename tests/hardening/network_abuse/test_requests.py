"""Requests for every route and of every kind are the same for a seed, and the real page refuses all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress, PageMount
from edge.sinks.web.corrections import Corrections
from edge.sinks.web.live_state import Identity
from edge.sinks.web.sink import PageSink
from tests.hardening.network_abuse.attack import PAGES, routes_of
from tests.hardening.network_abuse.exposed_runner import exchange
from tests.hardening.network_abuse.http_client import CLOSED, Reply, ask
from tests.hardening.network_abuse.requests import (
    BASE_PATH,
    SITE,
    Request,
    changes_out_of_bounds,
    unauthorised_requests,
)

TOKEN = "correct-horse-battery"
PATHS = ("/", "/page.css", "/page.js", "/events.js", "/corrections.js", "/icon.svg", "/pictures", "/messages",
         "/picture.jpg", "/healthz", "/metrics", "/corrections/picture.jpg")  # fmt: skip
CHANGES = {
    "run": {"/corrections/freeze", "/corrections/save", "/corrections/undo"},
    "collect": {"/collect/hold", "/collect/release", "/collect/undo", "/collect/next"},
}


@pytest.mark.parametrize("kind", PAGES)
def test_the_routes_are_those_of_the_page(kind: str) -> None:
    routes = routes_of(kind)
    assert {path for path, changes in routes.items() if changes} == CHANGES[kind]
    if kind == "run":
        assert {path for path, changes in routes.items() if not changes} == set(PATHS)


@pytest.mark.parametrize("kind", PAGES)
def test_a_change_is_asked_for_by_post_without_a_right_and_beyond_all_bounds(kind: str) -> None:
    made = unauthorised_requests((), token=TOKEN, host="localhost:1", seed=3, writing=CHANGES[kind])
    allowed = changes_out_of_bounds(CHANGES[kind], token=TOKEN, host="localhost:1")
    for path in CHANGES[kind]:
        assert (
            sum(request.content.startswith(f"POST {path}?".encode()) and not request.has_right for request in made) > 9
        )
        assert sum(request.content.startswith(f"POST {path}?".encode()) for request in allowed) > 9


@pytest.mark.parametrize("token", ["", TOKEN], ids=["no token", "token"])
def test_the_same_seed_sends_the_same_and_no_route_is_left_out(token: str) -> None:
    made = unauthorised_requests(PATHS, token=token, host="localhost:1", seed=3)
    assert made == unauthorised_requests(PATHS, token=token, host="localhost:1", seed=3)
    assert made != unauthorised_requests(PATHS, token=token, host="localhost:1", seed=4)
    for path in PATHS:
        assert sum(request.content.startswith(f"GET {path} ".encode()) for request in made) > 20


def test_only_who_has_a_right_is_no_leak() -> None:
    assert Reply(Request("a", b""), 200, b"").is_let_in
    assert Reply(Request("a", b""), 307, b"").is_let_in
    assert not Reply(Request("a", b""), 404, b"").is_let_in
    assert not Reply(Request("a", b""), CLOSED, b"").is_let_in
    assert not Reply(Request("a", b"", has_right=True), 200, b"").is_let_in
    assert Reply(Request("a", b"", has_right=True), 500, b"").is_error


@pytest.fixture(params=["", TOKEN], ids=["no token", "token"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A page, and the token that it wants; with one it takes corrections."""
    identity = Identity(file="a.tflite", sha256="ab", size_bytes=1, labels=("Coat",), quantization="int8", run_name="a",
                        dataset="a", runtime="fake 1", score="probability", threshold=0.7,
                        off_threshold=0.6, presence_threshold=0.5)  # fmt: skip
    corrections = Corrections(tmp_path, ("Coat",), limit_bytes=10**6, model_sha256="ab", picture=lambda _: b"")
    made = PageSink(PageAddress("127.0.0.1", 0), token=request.param, health=Health(state=LIVE), identity=identity,
                    stall_s=60.0, corrections=corrections if request.param else None,
                    mount=PageMount(BASE_PATH, (SITE,)))  # fmt: skip
    yield made, request.param
    made.close()


@pytest.mark.e2e
def test_the_page_refuses_all_of_it(page: tuple[Any, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Three routes here, one of which is a stream, and one that writes; the command takes them all."""
    sink, token = page
    port = sink.address.port
    writing, host = (("/corrections/save",) if token else ()), f"localhost:{port}"
    cookie, frame = exchange(port, token) if token else ("", "")
    paths = ("/", "/messages", "/metrics")
    requests = unauthorised_requests(paths, token=token, host=host, seed=0, writing=writing, frame=frame)
    for request in requests + changes_out_of_bounds(writing, token=token, host=host):
        reply = ask(port, request)
        assert not reply.is_let_in, (request, reply.content)
        assert not reply.is_error, (request, reply.content)
        assert not [secret for secret in (TOKEN, cookie, frame) if secret and secret.encode() in reply.content]
    assert not list(tmp_path.rglob("*"))
    assert "Traceback" not in capfd.readouterr().err
