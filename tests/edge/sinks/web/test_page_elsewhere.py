"""The page in a real Chromium: without its runner, below a proxy's path, in another site's frame; corrections there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import pytest

from edge.health import Health
from edge.sinks.addresses import PageMount
from tests.fixtures.browser import CONTRASTS, GREY, MARKS, TEXT, chromium, text
from tests.fixtures.path_proxy import PathProxy

pytestmark = MARKS
TOKEN = "correct-horse-battery"


def correcting(folder: Path) -> Any:
    """Corrections into a folder."""
    from edge.sinks.web.corrections import Corrections
    from edge.sinks.web.sink import encode_picture

    return Corrections(folder, ("Coat", "Shirt"), limit_bytes=10**6, model_sha256="ab" * 32, picture=encode_picture)


def correct(browser: Any) -> None:
    """Give the frame in view the class Shirt."""
    browser.wait_for("document.getElementById('correct')?.hidden === false")
    browser.evaluate("document.getElementById('correct').click()")
    browser.wait_for("document.getElementById('correction').open && document.getElementById('frozen').naturalWidth")
    browser.evaluate("document.querySelectorAll('#labels button')[1].click()")
    browser.wait_for(TEXT.format("'corrected'"), lambda words: "Shirt" in words)


@contextmanager
def other_site() -> Iterator[Any]:
    """A site http://localhost, while ours are 127.0.0.1, with one page, whose `html` a test sets."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(site.html.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = SimpleNamespace(html="", origin=f"http://localhost:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


def test_a_dead_runner_looks_dead_until_another_answers(browser: Any, play: Any) -> None:
    """Behind a proxy, whose 502 ends a browser's event stream for good."""
    page = play(60, "Shirt")
    proxy = PathProxy(page.address.port, path="/cam", has_path=False)
    browser.visit(proxy.url)
    browser.wait_for(TEXT.format("'age'"), lambda age: age.endswith("s"))
    browser.wait_for("document.title", lambda title: title == "Shirt · edge-classify")
    proxy.break_off(status=502)
    browser.wait_for(TEXT.format("'label'"), lambda label: label == "no connection")
    assert browser.evaluate("document.title") == "no connection · edge-classify"
    assert [text(browser, part) for part in ("state", "latency", "age")] == ["no connection"] * 3
    assert {text(browser, part) for part in ("probability", "since", "presence", "stages", "sinks")} == {""}
    assert "Shirt" in text(browser, "reason")
    counts = "[...document.querySelectorAll('#counts dd')].map((one) => one.textContent)"
    assert set(browser.evaluate(counts)) == {"\u2013"}
    for chart in ("#latency-chart", "#age-chart"):
        assert browser.evaluate(f"getComputedStyle(document.querySelector('{chart} path')).filter") == "grayscale(1)"
        assert "no connection" in browser.evaluate(f"document.querySelector('{chart}').ariaLabel")
    proxy.status = 0
    browser.wait_for(TEXT.format("'label'"), lambda label: label == "Shirt")
    assert [text(browser, part) for part in ("state", "veil")] == ["live", ""]
    browser.wait_for(GREY, lambda grey: abs(grey - 60) <= 3)
    page.close()
    browser.wait_for(TEXT.format("'label'"), lambda label: label == "no connection")
    proxy.close()


@pytest.fixture
def page(open_page: Any, frame: Any, prediction: Any, decision: Any, tmp_path: Path) -> Callable[[PageMount], Any]:
    """Open a page that takes corrections and shows a grey frame."""

    def start(mount: PageMount) -> Any:
        opened = open_page(token=TOKEN, health=Health(state="live"), corrections=correcting(tmp_path), mount=mount)
        opened.write(frame(7, height=240, width=320, grey=60), prediction("Coat"), decision("Coat"))
        return opened

    return start


@pytest.mark.parametrize("host", ["", "127.0.0.1:1"], ids=["Host", "another Host"])
@pytest.mark.parametrize("has_path", [False, True], ids=["stripped", "left"])
def test_below_a_proxy_s_path_everything_works_also_a_correction(
    *, browser: Any, page: Any, tmp_path: Path, has_path: bool, host: str
) -> None:
    opened = page(PageMount("/cam" if has_path else ""))
    proxy = PathProxy(opened.address.port, path="/cam", has_path=has_path, host=host)
    browser.call("Page.navigate", url=f"{proxy.url}?token={TOKEN}")
    browser.wait_for("document.title", lambda title: title == "Coat · edge-classify")
    browser.wait_for(GREY, lambda grey: abs(grey - 60) <= 3)
    assert browser.evaluate("location.pathname + location.search") == "/cam/"
    (cookie,) = browser.call("Network.getCookies")["cookies"]
    assert (cookie["path"], cookie["sameSite"], cookie["httpOnly"]) == ("/cam", "Strict", True)
    correct(browser)
    assert len(list(tmp_path.glob("Shirt/*-corrected.jpg"))) == 1
    proxy.close()


def test_a_site_of_the_list_shows_the_page_in_a_frame_and_corrects_there(
    browser: Any, page: Any, tmp_path: Path
) -> None:
    """The browser keeps the cookie from the frame, because the sites differ."""
    with other_site() as site:
        opened = page(PageMount(embed_from=(site.origin,)))
        site.html = f'<iframe src="{opened.address.url}?token={TOKEN}" width="900" height="600"></iframe>'
        browser.call("Page.navigate", url=f"{site.origin}/")
        with browser.in_frame(opened.address.url):
            browser.wait_for("document.title", lambda title: title == "Coat · edge-classify")
            browser.wait_for(GREY, lambda grey: abs(grey - 60) <= 3)
            assert TOKEN not in browser.evaluate("location.href")
            correct(browser)
        assert len(list(tmp_path.glob("Shirt/*-corrected.jpg"))) == 1


def test_a_page_that_allows_frames_still_has_a_plain_address_outside_of_one(browser: Any, page: Any) -> None:
    opened = page(PageMount(embed_from=("http://localhost:1",)))
    browser.call("Page.navigate", url=f"{opened.address.url}?token={TOKEN}")
    browser.wait_for("document.title", lambda title: title == "Coat · edge-classify")
    assert browser.evaluate("location.pathname + location.search") == "/"


@pytest.mark.parametrize("embed_from", [(), ("self",), ("http://localhost:1",)], ids=["closed", "self", "another"])
def test_a_site_that_is_not_on_the_list_shows_nothing(browser: Any, page: Any, embed_from: tuple[str, ...]) -> None:
    with other_site() as site:
        opened = page(PageMount(embed_from=embed_from))
        site.html = f'<iframe src="{opened.address.url}?token={TOKEN}"></iframe>'
        browser.events.clear()
        browser.call("Page.navigate", url=f"{site.origin}/")
        browser.wait_for("0", lambda _: any("frame-ancestors" in words for words in browser.complaints()))
        assert opened.broadcast.watching == {"picture": 0, "message": 0}


def test_the_page_s_own_site_may_show_it_as_home_assistant_s_ingress_does(browser: Any, page: Any) -> None:
    """The panel and the page have one origin, the proxy's."""
    opened = page(PageMount(embed_from=("self",)))
    proxy = PathProxy(opened.address.port, path="/api/hassio_ingress/abc", has_path=False)
    proxy.html = f'<iframe src="api/hassio_ingress/abc/?token={TOKEN}"></iframe>'
    browser.call("Page.navigate", url=proxy.origin)
    inner = "document.querySelector('iframe')?.contentDocument"
    browser.wait_for(f"{inner}?.title", lambda title: title == "Coat · edge-classify")
    assert browser.evaluate(f"{inner}.location.pathname") == "/api/hassio_ingress/abc/"
    proxy.close()


def test_a_wrong_answer_is_corrected_with_the_frame_that_was_seen(
    *, browser: Any, open_page: Any, frame: Any, prediction: Any, decision: Any, tmp_path: Path
) -> None:
    page = open_page(token=TOKEN, health=Health(state="live"), corrections=correcting(tmp_path))
    page.write(frame(7, height=240, width=320, grey=60), prediction("Coat"), decision("Coat"))
    browser.look(width=390, height=844)
    browser.call("Page.navigate", url=f"{page.address.url}?token={TOKEN}")
    browser.wait_for("document.getElementById('correct')?.hidden === false")
    browser.evaluate("document.getElementById('correct').click()")
    browser.wait_for("document.getElementById('correction').open && document.getElementById('frozen').naturalWidth")
    page.write(frame(8, height=240, width=320, grey=200), prediction("Coat"), decision("Coat"))
    buttons = "[...document.querySelectorAll('#labels button')]"
    assert browser.evaluate(f"{buttons}.map((one) => one.textContent)") == ["Coat", "Shirt", "unknown"]
    assert browser.evaluate(f"{buttons}.filter((one) => one.offsetHeight < 44).length") == 0
    assert [pair for pair in browser.evaluate(CONTRASTS) if pair[1] < 4.5] == []
    assert browser.evaluate("document.documentElement.scrollWidth") == 390
    browser.evaluate(f"{buttons}[1].click()")
    browser.wait_for(TEXT.format("'corrected'"), lambda words: "Shirt" in words)
    (image,) = tmp_path.glob("Shirt/*-corrected.jpg")
    assert abs(int(cv2.imread(str(image))[200, 300, 0]) - 60) <= 2  # type: ignore[index]  # not the newer one
    browser.evaluate("document.getElementById('undo-correction').click()")
    browser.wait_for("document.getElementById('undo-correction').hidden")
    assert list(tmp_path.glob("*/*")) == []
    browser.look(width=1280, height=820)


@pytest.mark.parametrize(
    "error", ["Cannot find default execution context", "Inspected target navigated or closed", "Cannot find context"]
)
def test_a_page_that_gives_way_to_another_is_waited_for(error: str) -> None:
    asked: list[str] = []

    class Replaced(chromium.Chromium):
        def __init__(self) -> None:
            """Start no browser."""

        def evaluate(self, expression: str) -> Any:
            """Find no page the first time."""
            asked.append(expression)
            if len(asked) == 1:
                raise RuntimeError(f"Runtime.evaluate: {error}")
            return "Coat"

    assert Replaced().wait_for("document.title") == "Coat"
    assert len(asked) == 2
