"""The session's page in a real Chromium: keys, fingers, undo, and everybody can read it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from edge.collect.page import CollectPage
from edge.collect.session import Session
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress
from edge.sinks.images.class_folders import COLLECTED, ClassFolders
from tests.fixtures.browser import CONTRASTS, MARKS, text
from tests.fixtures.path_proxy import PathProxy

TOKEN = "correct-horse-battery"
BUTTON = "document.querySelectorAll('#classes button')[{}]"

pytestmark = MARKS


@pytest.fixture
def visit(browser: Any, tmp_path: Path, scene: Callable[..., Any]) -> Iterator[Callable[..., Session]]:
    """Open the page of a session whose camera shows another scene ten times a second."""
    is_over, pages = threading.Event(), []

    def film(session: Session, health: Health) -> None:
        for number in count():
            health.captured_s = time.monotonic()
            session.take(scene(number, seconds=number / 10), moment_s=time.monotonic())
            if is_over.wait(0.1):
                return

    def start(*, limit_bytes: int = 10**7, is_stepped: bool = False, path: str = "") -> Session:
        folders = ClassFolders(tmp_path / "fruit", limit_bytes=limit_bytes, ending=COLLECTED)
        session = Session(folders, {"ripe": 0, "unripe": 0, "unknown": 0}, interval_s=0.1)
        health = Health(state=LIVE)
        threading.Thread(target=film, args=(session, health), daemon=True).start()
        page = CollectPage(PageAddress("127.0.0.1", 0), session, token=TOKEN, health=health, source="camera 0",
                           folder=Path("fruit"), is_stepped=is_stepped, stall_s=2.0)  # fmt: skip
        pages.append(page)
        if path:
            pages.append(PathProxy(page.address.port, path=path, has_path=False))
        url = pages[-1].url if path else page.address.url
        browser.call("Page.navigate", url=f"{url}?token={TOKEN}")
        browser.wait_for("document.querySelectorAll('#classes button:enabled').length === 3")
        browser.wait_for("document.getElementById('picture').naturalWidth")
        return session

    start.break_off = lambda status=502: pages[-1].break_off(status=status)  # type: ignore[attr-defined]
    yield start
    is_over.set()
    for page in pages:
        page.close()


def key(browser: Any, kind: str, name: str) -> None:
    browser.call("Input.dispatchKeyEvent", type=kind, key=name, code=f"Digit{name}" if name.isdecimal() else name)


def until(condition: Callable[[], Any]) -> None:
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_key_saves_as_long_as_it_is_held_and_backspace_takes_it_back(browser: Any, visit: Any) -> None:
    session = visit()
    browser.look(width=1240, height=800)
    key(browser, "keyDown", "2")
    until(lambda: session.state().classes[1].added >= 3)
    assert browser.wait_for(BUTTON.format(1) + ".getAttribute('aria-pressed')", lambda value: value == "true")
    key(browser, "keyUp", "2")
    until(lambda: session.state().held == "")
    added = session.added
    browser.wait_for("document.getElementById('undo').textContent", lambda text: str(added) in text)
    key(browser, "keyDown", "Backspace")
    until(lambda: session.added == 0)
    assert session.state().last is None


def test_a_finger_on_a_phone_neither_scrolls_nor_zooms_and_a_tap_saves_one(browser: Any, visit: Any) -> None:
    session = visit()
    browser.look(width=390, height=600)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    browser.evaluate(BUTTON.format(0) + ".scrollIntoView({ block: 'center' })")
    x, y, scrolled = browser.evaluate(
        f"(() => {{ const box = {BUTTON.format(0)}.getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2, scrollY]; })()"
    )
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    until(lambda: session.added >= 2)
    browser.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": x, "y": y - 150}])
    added = session.added
    until(lambda: session.added > added)
    assert session.state().held == "ripe"
    assert browser.evaluate("[scrollY, visualViewport.scale]") == [scrolled, 1]
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    until(lambda: session.state().held == "")
    before = session.added
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    until(lambda: session.added > before)
    until(lambda: session.state().held == "")
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)


def test_a_screen_reader_s_click_and_the_space_key_save_too(browser: Any, visit: Any) -> None:
    session = visit()
    browser.evaluate(BUTTON.format(2) + ".click()")
    until(lambda: session.state().classes[2].added == 1)
    browser.evaluate(BUTTON.format(0) + ".focus()")
    key(browser, "keyDown", " ")
    until(lambda: session.state().classes[0].added >= 1)
    key(browser, "keyUp", " ")
    until(lambda: session.state().held == "")


def test_a_limit_that_is_reached_is_said_on_the_page(browser: Any, visit: Any) -> None:
    session = visit(limit_bytes=1)
    key(browser, "keyDown", "1")
    browser.wait_for("document.getElementById('message').dataset.kind", lambda kind: kind == "bad")
    key(browser, "keyUp", "1")
    assert "limit" in browser.evaluate("document.getElementById('message').textContent")
    assert session.added == 0


def test_single_images_can_be_passed_on(browser: Any, visit: Any) -> None:
    session = visit(is_stepped=True)
    browser.wait_for("!document.getElementById('next').hidden")
    assert "Hold" not in browser.evaluate("document.getElementById('classes-title').textContent")
    browser.evaluate("document.getElementById('next').click()")
    until(session.was_passed)
    key(browser, "keyDown", "n")
    until(session.was_passed)


def test_below_a_proxy_s_path_a_button_saves_and_a_lost_connection_saves_nothing(browser: Any, visit: Any) -> None:
    session = visit(path="/api/hassio_ingress/abc")
    assert browser.evaluate("location.pathname + location.search") == "/api/hassio_ingress/abc/"
    browser.evaluate(BUTTON.format(0) + ".click()")
    until(lambda: session.added == 1)
    key(browser, "keyDown", "2")
    until(lambda: session.state().held == "unripe")
    visit.break_off()
    browser.wait_for("document.title", lambda title: title == "no connection · collect")
    key(browser, "keyUp", "2")
    assert browser.evaluate("document.getElementById('message').dataset.kind") == "bad"
    assert text(browser, "state") == "no connection"
    disabled = (
        "[...document.querySelectorAll('#classes button'), document.getElementById('undo')].map((b) => b.disabled)"
    )
    assert set(browser.evaluate(disabled)) == {True}
    until(lambda: session.state().held == "")  # by itself: the page is gone
    visit.break_off(status=0)
    browser.wait_for("document.getElementById('state').textContent", lambda state: state == "live")
    before = session.added
    browser.evaluate(BUTTON.format(0) + ".click()")
    until(lambda: session.added > before)


@pytest.mark.parametrize("width", [390, 1240], ids=["phone", "desk"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_texts_have_contrast_parts_have_names_and_nothing_sticks_out(
    *, browser: Any, visit: Any, width: int, is_dark: bool
) -> None:
    visit()
    browser.look(width=width, height=800, is_dark=is_dark)
    key(browser, "keyDown", "1")
    browser.wait_for(BUTTON.format(0) + ".getAttribute('aria-pressed')", lambda value: value == "true")
    contrasts = browser.evaluate(CONTRASTS)
    key(browser, "keyUp", "1")
    assert len(contrasts) > 15
    assert [pair for pair in contrasts if pair[1] < 4.5 and not pair[0].startswith("Undo")] == []
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('button')].filter((one) => !one.hidden && one.offsetHeight < 44).length"
        )
        == 0
    )
    browser.call("Accessibility.enable")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    browser.call("Accessibility.disable")
    asked = ("button", "image", "img", "region", "heading", "meter")
    named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
             if not node["ignored"] and "role" in node and node["role"]["value"] in asked]  # fmt: skip
    assert [role for role, name in named if not name] == []
    assert any(name.startswith("ripe, ") for _, name in named)
