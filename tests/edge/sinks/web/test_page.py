"""The page in a real Chromium: the picture moves, the answer changes, nothing complains, everybody can read it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.health import Health

_SPECIFICATION = importlib.util.spec_from_file_location("chromium", Path(__file__).parents[4] / "docs" / "chromium.py")
assert _SPECIFICATION is not None
assert _SPECIFICATION.loader is not None
chromium = importlib.util.module_from_spec(_SPECIFICATION)
_SPECIFICATION.loader.exec_module(chromium)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="no browser here: apt install chromium"),
]

SEES = "document.getElementById('picture').naturalWidth"
TEXT = "document.getElementById({}).textContent"
# What the picture shows in its lower right, where no outline is.
GREY = """
(() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 240];
  const pen = canvas.getContext("2d");
  pen.drawImage(document.getElementById("picture"), 0, 0);
  return pen.getImageData(300, 220, 1, 1).data[0];
})()
"""
# What axe-core calls color-contrast, on what the browser computed: WCAG 2.2, 1.4.3.
CONTRASTS = """
(() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a), a: 1 });
  const light = ({ r, g, b }) => [r, g, b].map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => element === null ? { r: 255, g: 255, b: 255, a: 1 }
    : over(parse(getComputedStyle(element).backgroundColor), ground(element.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .filter((element) => element.checkVisibility() && element.tagName !== "NOSCRIPT")
    .map((element) => {
      const behind = ground(element);
      const [one, other] = [light(behind), light(over(parse(getComputedStyle(element).color), behind))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return [element.textContent.trim().slice(0, 30), Math.round(ratio * 100) / 100];
    });
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all of them."""
    running = chromium.Chromium()
    yield running
    running.close()


@pytest.fixture
def play(open_page: Callable[..., Any], frame: Any, prediction: Any, decision: Any) -> Callable[..., Any]:
    """A page with a scripted run: play(grey, label) shows a grey frame with this decision."""
    health = Health(state="live", captured_s=0.0)
    page = open_page(health=health)

    def show(grey: int, label: str = "Coat", *, state: str = "live", reason: str = "") -> Any:
        health.state, health.reason = state, reason
        health.frames += 1
        page.write(frame(health.frames, height=240, width=320, grey=grey), prediction(label), decision(label))
        return page

    return show


def text(browser: Any, part: str) -> str:
    """Text of a part of the page."""
    return str(browser.evaluate(TEXT.format(json.dumps(part))))


def test_the_image_moves_and_the_answer_changes_without_errors(browser: Any, play: Any) -> None:
    page = play(60)
    browser.look(width=1280, height=820)
    browser.visit(page.address.url)
    browser.wait_for(SEES, lambda width: width == 320)
    browser.wait_for(TEXT.format("'label'"), lambda label: label == "Coat")
    browser.wait_for(GREY, lambda grey: abs(grey - 60) <= 3)
    play(200, "Shirt")
    browser.wait_for(TEXT.format("'label'"), lambda label: label == "Shirt")
    browser.wait_for(GREY, lambda grey: abs(grey - 200) <= 3)
    assert text(browser, "reason") == "Coat held 3 of 3 frames"
    assert text(browser, "probability") == "88 %"
    assert [text(browser, part) for part in ("state", "veil")] == ["live", ""]
    assert "ab" * 32 in text(browser, "model")
    sinks = text(browser, "sinks")
    assert "broker:1883" in sinks
    assert "3 answers" in sinks
    eye = browser.evaluate("[...document.getElementById('eye').getContext('2d').getImageData(0, 0, 2, 2).data]")
    assert eye == [0, 0, 0, 255, 1, 1, 1, 255, 2, 2, 2, 255, 3, 3, 3, 255]
    widths = browser.evaluate("[...document.querySelectorAll('.fill')].map((bar) => bar.style.width)")
    assert widths[0] == "90%"
    assert browser.complaints() == []


def test_an_old_image_and_a_lost_connection_are_marked(browser: Any, play: Any) -> None:
    page = play(60)
    browser.visit(page.address.url)
    browser.wait_for(SEES)
    play(60, "stale", state="stale", reason="no frame for more than 2 s")
    browser.wait_for(TEXT.format("'veil'"), lambda words: words == "no frame for more than 2 s")
    assert browser.evaluate("document.getElementById('frame').className") == "frame old"
    page.close()
    browser.wait_for(TEXT.format("'veil'"), lambda words: words.startswith("No connection"))
    assert text(browser, "state") == "no connection"


@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desk"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_texts_have_contrast_and_fit_the_width(*, browser: Any, play: Any, width: int, is_dark: bool) -> None:
    page = play(60, "unknown")
    browser.look(width=width, height=844, is_dark=is_dark)
    browser.visit(page.address.url)
    browser.wait_for(TEXT.format("'label'"), lambda label: label == "unknown")
    contrasts = browser.evaluate(CONTRASTS)
    assert len(contrasts) > 30
    assert [pair for pair in contrasts if pair[1] < 4.5] == []
    ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(18, 20, 22)") == is_dark
    assert browser.evaluate("document.documentElement.scrollWidth") == width  # nothing sticks out


def test_every_part_has_an_accessible_name_and_the_label_is_read_out(browser: Any, play: Any) -> None:
    page = play(60)
    browser.visit(page.address.url)
    browser.wait_for(SEES)
    browser.call("Accessibility.enable")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    browser.call("Accessibility.disable")
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and "role" in node
    ]
    asked = ("button", "image", "img", "graphics-document", "link", "region", "heading", "list", "Canvas")
    named = [(role, name) for role, name in told if role in asked]
    assert [role for role, name in named if not name] == []
    names = {name.capitalize() for _, name in named}  # headings are shown in capitals
    parts = ("Pause picture", "Live picture", "network's input", "Likeliest classes", "Sinks", "Answer", "Model",
             "Frame to decision", "Age of the frame")  # fmt: skip
    assert [part for part in parts if not any(part in name for name in names)] == []
    assert browser.evaluate("document.getElementById('label').ariaLive") == "polite"
    assert browser.evaluate("document.documentElement.lang") == "en"
    shown = "[...document.querySelectorAll('button')].filter((one) => one.checkVisibility())"
    assert browser.evaluate(f"{shown}.map((one) => one.id)") == ["pause"]  # without corrections
    small = f"{shown}.filter((one) => one.offsetHeight < 44).length"
    assert browser.evaluate(small) == 0


def test_with_reduced_motion_the_image_is_still_and_can_be_started(browser: Any, play: Any) -> None:
    page = play(60)
    browser.look(width=1280, height=820, is_still=True)
    browser.visit(page.address.url)
    browser.wait_for(SEES)
    source = "new URL(document.getElementById('picture').src).pathname"
    assert (browser.evaluate(source), text(browser, "pause")) == ("/picture.jpg", "Play picture")
    browser.evaluate("document.getElementById('pause').click()")
    assert (browser.evaluate(source), text(browser, "pause")) == ("/pictures", "Pause picture")
    browser.look(width=1280, height=820)


def test_the_token_opens_the_page_and_leaves_the_address(browser: Any, open_page: Any) -> None:
    page = open_page(token="correct-horse-battery")
    browser.visit(page.address.url)
    assert "needs its token" in browser.evaluate("document.body.textContent")
    browser.call("Page.navigate", url=f"{page.address.url}?token=correct-horse-battery")
    browser.wait_for("document.title", lambda title: title == "edge-classify")
    assert browser.evaluate("location.search + document.cookie") == ""
    browser.wait_for("document.getElementById('model').childElementCount")


def test_the_jpeg_has_the_frames_size_up_to_a_limit_and_the_outline(play: Any) -> None:
    """The encoder's own bytes: as large as the frame, with the outline in it."""
    from edge.sinks.images.drawing import PAGE_EDGE
    from edge.sinks.web.live_state import LiveFrame
    from edge.sinks.web.sink import encode_picture

    page = play(60)
    live_frame = page._live_state.newest
    image = cv2.imdecode(np.frombuffer(encode_picture(live_frame), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (240, 320, 3)
    assert (image[10, 10:50, 1] > 150).any()
    large = LiveFrame(1, type(live_frame.frame)(np.zeros((1080, 1920, 3), np.uint8), 0, "x", live_frame.frame.time),
                  live_frame.prediction, live_frame.decision)  # fmt: skip
    image = cv2.imdecode(np.frombuffer(encode_picture(large), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert max(image.shape) == PAGE_EDGE


def test_a_wrong_answer_is_corrected_with_the_frame_that_was_seen(
    *, browser: Any, open_page: Any, frame: Any, prediction: Any, decision: Any, tmp_path: Path
) -> None:
    from edge.sinks.web.corrections import Corrections
    from edge.sinks.web.sink import encode_picture

    made = Corrections(tmp_path, ("Coat", "Shirt"), limit_bytes=10**6, model_sha256="ab" * 32, picture=encode_picture)
    page = open_page(token="correct-horse-battery", health=Health(state="live"), corrections=made)
    page.write(frame(7, height=240, width=320, grey=60), prediction("Coat"), decision("Coat"))
    browser.look(width=390, height=844)
    browser.call("Page.navigate", url=f"{page.address.url}?token=correct-horse-battery")
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
