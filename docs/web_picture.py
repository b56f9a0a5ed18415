"""`python docs/web_picture.py`: screenshots of the page of `python -m export.web`, desk and phone, as docs/web.png.

A film of drawn garments before its camera, classified for real. Needs chromium and npm.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from chromium import Chromium, write_png
from numpy.typing import NDArray
from web_page import camera_flags, host, open_page, start_camera, write_film

from edge.demo import draw_frame
from export.web.__main__ import main as export_web

TARGET = Path(__file__).parent / "web.png"
_DESK, _PHONE = 2, 7  # drawn garments
_FRAMES = 20
_GROUND = (205, 209, 212)  # BGR, behind the screens
_GAP = 28  # pixels
_HEIGHT = 930
_SCALE = 0.7


def take(folder: Path, film: Path, *, garment: int, width: int, is_dark: bool) -> NDArray[np.uint8]:
    """Show a garment to the camera and return the screen as uint8 BGR, shape (height, width, 3)."""
    still = cv2.resize(draw_frame(garment).image, (640, 480), interpolation=cv2.INTER_AREA)
    write_film(film, [still] * _FRAMES)
    browser = Chromium(*camera_flags(film))
    try:
        with host(folder) as (url, _):
            browser.look(width=width, height=_HEIGHT, is_dark=is_dark)
            assert open_page(browser, url) == ""
            assert start_camera(browser) == ""
            browser.wait_for("document.getElementById('label').dataset.known === 'yes'")
            browser.wait_for("document.querySelectorAll('#counts dd').length === 3")
            browser.wait_for("document.getElementById('since').textContent === 'for 2 s'")
            return np.asarray(cv2.imdecode(np.frombuffer(browser.screenshot(), np.uint8), cv2.IMREAD_COLOR), np.uint8)
    finally:
        browser.close()


def main() -> None:
    """Put the two screens side by side."""
    with tempfile.TemporaryDirectory() as text:
        folder, film = Path(text) / "site", Path(text) / "film.y4m"
        assert export_web(["clothes", "--out", str(folder), "--name", "Clothes", "--quiet"]) == 0
        screens = [
            take(folder, film, garment=_DESK, width=1240, is_dark=False),
            take(folder, film, garment=_PHONE, width=390, is_dark=True),
        ]
    width = sum(screen.shape[1] for screen in screens) + _GAP * (len(screens) + 1)
    picture = np.full((_HEIGHT + 2 * _GAP, width, 3), _GROUND, np.uint8)
    left = _GAP
    for screen in screens:
        picture[_GAP:-_GAP, left : left + screen.shape[1]] = screen
        left += screen.shape[1] + _GAP
    small = cv2.resize(picture, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_AREA)
    write_png(TARGET, cv2.imencode(".png", small, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())


if __name__ == "__main__":
    main()
