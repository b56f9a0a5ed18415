"""`python docs/page_picture.py`: screenshots of the live page for the README, on a desktop and on a phone.

Drawn garments, classified for real; the two minutes of its charts are played in a few seconds. Needs chromium and the
extra `web`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
from chromium import Chromium, write_png
from numpy.typing import NDArray

from edge.artifact.file import default_model
from edge.classify.classifier import Classifier
from edge.classify.decision import Decider
from edge.demo import draw_frame
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress
from edge.sinks.web.live_state import Identity
from edge.sinks.web.sink import PageSink
from edge.sources.frame import Frame

TARGET = Path(__file__).parent / "page.png"
_SECONDS, _FPS = 118, 6
_HOLD = 300  # frames of a garment; the third is in view when the pictures are taken
_GROUND = (205, 209, 212)  # BGR, behind the two screens
_GAP = 28  # pixels
_SCALE = 0.75


class Clock:
    """A clock that can be advanced."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic() + self.ahead_s


def run(page: PageSink, classifier: Classifier, health: Health, clock: Clock) -> Iterator[None]:
    """Classify a frame at each step."""
    decider, started, number = Decider(classifier.spec), datetime.now(timezone.utc), 0
    while True:
        drawn = draw_frame(number, hold=_HOLD)
        health.captured_s = clock()
        prediction = classifier.classify(drawn.image, top_k=4)
        filmed = started + timedelta(seconds=number / _FPS)
        health.frames += 1
        page.write(Frame(drawn.image, number, "demo-video", filmed), prediction, decider.decide(prediction, filmed))
        number += 1
        yield


def go_on(frames: Iterator[None]) -> None:
    """Classify in real time while the browser takes its screenshots."""
    while True:
        next(frames)
        time.sleep(1 / _FPS)


def take(browser: Chromium, page: PageSink, *, width: int, height: int, is_dark: bool) -> NDArray[np.uint8]:
    """The screen as uint8 BGR, shape (height, width, 3)."""
    browser.look(width=width, height=height, is_dark=is_dark)
    browser.visit(page.address.url)
    browser.wait_for("document.getElementById('picture').naturalWidth")
    browser.wait_for("document.getElementById('label').dataset.known === 'yes'")
    browser.wait_for("Number(document.querySelector('.fill')?.getBoundingClientRect().width)")
    return np.asarray(cv2.imdecode(np.frombuffer(browser.screenshot(), np.uint8), cv2.IMREAD_COLOR), np.uint8)


def main() -> None:
    """Play, look, and put the two pictures side by side."""
    classifier, health, clock = Classifier.load(default_model()), Health(state=LIVE), Clock()
    classifier.classify(draw_frame(0).image)  # the first takes longer: memory is new
    page = PageSink(PageAddress(port=0), token="", health=health, identity=Identity.of(classifier), stall_s=2.0,
                    clock=clock)  # fmt: skip
    frames = run(page, classifier, health, clock)
    for _ in range(_SECONDS * _FPS):
        next(frames)
        clock.ahead_s += 1 / _FPS
    threading.Thread(target=go_on, args=(frames,), daemon=True).start()
    browser = Chromium()
    try:
        desk = take(browser, page, width=1240, height=930, is_dark=False)
        phone = take(browser, page, width=390, height=930, is_dark=True)
    finally:
        browser.close()
        page.close()
    picture = np.full((930 + 2 * _GAP, 1240 + 390 + 3 * _GAP, 3), _GROUND, np.uint8)
    picture[_GAP:-_GAP, _GAP : _GAP + 1240] = desk
    picture[_GAP:-_GAP, -_GAP - 390 : -_GAP] = phone
    small = cv2.resize(picture, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_AREA)
    write_png(TARGET, cv2.imencode(".png", small, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())


if __name__ == "__main__":
    main()
