"""The page in a real Chromium: the picture moves, the answer changes, nothing complains, everybody can read it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from edge.sinks.web.live_state import initial_event
from tests.fixtures.browser import CONTRASTS, GREY, MARKS, SEES, TEXT, text

pytestmark = MARKS
TOKEN = "correct-horse-battery"


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
    assert text(browser, "probability") == "88\xa0%"
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


def test_an_old_image_is_marked(browser: Any, play: Any) -> None:
    page = play(60)
    browser.visit(page.address.url)
    browser.wait_for(SEES)
    browser.wait_for(TEXT.format("'latency'"), lambda figure: figure.endswith(" ms"))
    play(60, "stale", state="stale", reason="no frame for more than 2 s")
    browser.wait_for(TEXT.format("'veil'"), lambda words: words == "no frame for more than 2 s")
    assert browser.evaluate("document.getElementById('frame').className") == "frame old"
    browser.wait_for(TEXT.format("'latency'"), lambda figure: figure == "\u2013")  # the last second had no frame
    assert text(browser, "stages") == ""


@pytest.mark.parametrize("width", [900, 1000, 1199, 1280])
def test_there_is_no_blank_field_under_the_picture(browser: Any, play: Any, width: int) -> None:
    page = play(60)
    browser.look(width=width, height=844)
    browser.visit(page.address.url)
    browser.wait_for(SEES)
    ends = [f"document.querySelector('{part}').getBoundingClientRect().bottom" for part in (".stage", ".under")]
    assert browser.evaluate(" - ".join(ends)) <= 70


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
    page = open_page(token=TOKEN)
    browser.visit(page.address.url)
    assert "needs its token" in browser.evaluate("document.body.textContent")
    browser.call("Page.navigate", url=f"{page.address.url}?token={TOKEN}")
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


@pytest.mark.parametrize("score", ["probability", "energy"])
def test_the_reason_is_in_a_viewer_s_words(browser: Any, play: Any, monkeypatch: Any, score: str) -> None:
    page = play(60)
    limits = {"score": score, "threshold": 0.22517766058444977, "off_threshold": 0.13}
    monkeypatch.setattr("edge.sinks.web.sink.initial_event", lambda state, identity, **more: initial_event(
        state, replace(identity, **limits), **more))  # fmt: skip
    browser.visit(page.address.url)
    browser.wait_for("document.getElementById('model').childElementCount")
    for label in ("Coat", "unknown", "nothing"):
        play(60, label)
        browser.wait_for(TEXT.format("'label'"), lambda shown, label=label: shown == label)
        shown = text(browser, "reason") + text(browser, "model")
        assert "threshold" not in shown
        assert "0.22517" not in shown
        assert ("23\xa0%" in shown) == (score == "probability")


def test_a_thousand_labels_are_a_line(browser: Any, play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page, labels = play(60), tuple(f"class {number}" for number in range(1000))
    monkeypatch.setattr("edge.sinks.web.sink.initial_event", lambda state, identity, **more: initial_event(
        state, replace(identity, labels=labels), **more))  # fmt: skip
    browser.visit(page.address.url)
    browser.wait_for("document.getElementById('model').childElementCount")
    shown = text(browser, "model")
    assert all(part in shown for part in ("1000", "class 0,", "class 999"))
    assert len(shown) < 600
