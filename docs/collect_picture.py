"""`python docs/collect_picture.py`: screenshots of the page of `edge-classify collect`, and of a correction.

Drawn garments alone. Needs chromium and the extra `web`.
"""

from __future__ import annotations

import tempfile
import threading
import time
from datetime import datetime, timezone
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np
from chromium import Chromium, write_png
from numpy.typing import NDArray

from edge.artifact.file import default_model
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.classify.classifier import Classifier
from edge.classify.decision import Decider
from edge.collect.page import CollectPage
from edge.collect.session import Session
from edge.demo import draw_frame
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress
from edge.sinks.images.class_folders import COLLECTED, ClassFolders
from edge.sinks.web.corrections import Corrections
from edge.sinks.web.live_state import Identity
from edge.sinks.web.sink import PageSink, encode_picture
from edge.sources.frame import Frame

TARGET = Path(__file__).parent / "collect.png"
_CLASSES = {"Bag": "bag", "Trouser": "trousers"}  # every other garment is unknown
_GARMENTS = 240  # drawn, each in one frame
_MORE = 60  # that come while a button is held
_SHOWN = 8  # a bag
_TOKEN = "a-token-for-a-picture"  # noqa: S105  # of a page that nobody else reaches
_GROUND = (205, 209, 212)  # BGR, behind the screens
_GAP = 28  # pixels
_HEIGHT = 844
_SCALE = 0.7


def frame(number: int) -> tuple[Frame, str]:
    """Return a drawn frame and its class."""
    drawn = draw_frame(number)
    name = _CLASSES.get(FASHION_MNIST_LABELS[drawn.label_index], "unknown")
    return Frame(drawn.image, number, "camera 0", datetime.now(timezone.utc)), name


def collect(folder: Path) -> tuple[CollectPage, threading.Event]:
    """Fill a session, and go on with one class held until the event is set."""
    session = Session(ClassFolders(folder / "things", limit_bytes=10**9, ending=COLLECTED),
                      {"bag": 0, "trousers": 0, "unknown": 0}, interval_s=0.0)  # fmt: skip
    for number in range(_GARMENTS):
        shown, name = frame(number)
        session.hold(name, f"{name} {number}")
        session.take(shown, moment_s=0.0)
    health = Health(state=LIVE, captured_s=time.monotonic())
    page = CollectPage(PageAddress(port=0), session, token=_TOKEN, health=health, source="camera 0",
                       folder=Path("things"), is_stepped=False, stall_s=60.0)  # fmt: skip
    is_over = threading.Event()
    more = [frame(number) for number in range(_GARMENTS, _GARMENTS + _MORE)]
    bags = [shown for shown, name in more if name == "bag"]

    def hold() -> None:
        for shown in cycle(bags):
            session.take(shown, moment_s=0.0)
            if is_over.wait(2.0):
                return

    threading.Thread(target=hold, daemon=True).start()
    return page, is_over


def classify(folder: Path) -> PageSink:
    """Show one classified frame on the live page, which takes corrections."""
    classifier = Classifier.load(default_model())
    corrections = Corrections(folder / "corrected", classifier.spec.labels, limit_bytes=10**9,
                              model_sha256=classifier.artifact.sha256, picture=encode_picture)  # fmt: skip
    page = PageSink(PageAddress(port=0), token=_TOKEN, health=Health(state=LIVE), identity=Identity.of(classifier),
                    stall_s=60.0, corrections=corrections)  # fmt: skip
    shown, _ = frame(_SHOWN)
    prediction = classifier.classify(shown.image, top_k=4)
    page.write(shown, prediction, Decider(classifier.spec, is_stream=False).decide(prediction, shown.time))
    return page


def screenshot(browser: Chromium) -> NDArray[np.uint8]:
    """Return the screen as uint8 BGR, shape (height, width, 3)."""
    return np.asarray(cv2.imdecode(np.frombuffer(browser.screenshot(), np.uint8), cv2.IMREAD_COLOR), np.uint8)


def take_collect(browser: Chromium, page: CollectPage, *, width: int, is_dark: bool) -> NDArray[np.uint8]:
    """Look at the session's page while a key is held."""
    browser.look(width=width, height=_HEIGHT, is_dark=is_dark)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=is_dark)
    browser.call("Page.navigate", url=f"{page.address.url}?token={_TOKEN}")
    browser.wait_for("document.getElementById('picture')?.naturalWidth")
    browser.wait_for("document.querySelectorAll('.classes button').length === 3")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="1", code="Digit1")
    browser.wait_for("!document.getElementById('saving').hidden")
    browser.wait_for("document.getElementById('message').textContent.endsWith('of bag saved')")
    browser.wait_for("document.getElementById('facts').childElementCount")
    picture = screenshot(browser)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key="1", code="Digit1")
    return picture


def take_correction(browser: Chromium, page: PageSink) -> NDArray[np.uint8]:
    """Look at the live page while a frame is corrected."""
    browser.look(width=390, height=_HEIGHT)
    browser.call("Page.navigate", url=f"{page.address.url}?token={_TOKEN}")
    browser.wait_for("document.getElementById('correct')?.hidden === false")
    browser.evaluate("document.getElementById('correct').click()")
    browser.wait_for("document.getElementById('frozen').naturalWidth")
    return screenshot(browser)


def main() -> None:
    """Look, and put the pictures side by side."""
    browser = Chromium()
    try:
        with tempfile.TemporaryDirectory() as name:
            page, is_over = collect(Path(name))
            pictures = [take_collect(browser, page, width=1240, is_dark=False),
                        take_collect(browser, page, width=390, is_dark=True)]  # fmt: skip
            is_over.set()
            page.close()
            live = classify(Path(name))
            pictures.append(take_correction(browser, live))
            live.close()
    finally:
        browser.close()
    ground = np.full((_HEIGHT, _GAP, 3), _GROUND, np.uint8)
    row = np.hstack([part for picture in pictures for part in (ground, picture)] + [ground])
    edge = np.full((_GAP, row.shape[1], 3), _GROUND, np.uint8)
    small = cv2.resize(np.vstack([edge, row, edge]), None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_AREA)
    write_png(TARGET, cv2.imencode(".png", small, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())


if __name__ == "__main__":
    main()
