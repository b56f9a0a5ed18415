"""The page of `python -m export.web` in a real Chromium: a host for its folder, a film before its camera, its figures.

Used by its tests, by `web_figures.py` and by `web_picture.py`.
"""

from __future__ import annotations

import base64
import functools
import http.server
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FILM_FPS = 30
STATE = "document.getElementById('state').dataset.state"
TROUBLE = "document.getElementById('trouble').textContent"
# Classify image files of the same host, as the page does with a dropped one.
CLASSIFY = """
(async () => {
  const { classifier, decodeImage } = await import(new URL("page.js", location.href));
  const answers = [];
  for (const url of URLS) {
    const frame = await decodeImage(await (await fetch(url)).blob());
    const { label, top } = classifier.classify(frame);
    answers.push({ label, top1: top[0]?.label ?? "", width: frame.width, height: frame.height });
  }
  return answers;
})()
"""
# Pixels that the page decoded last and the input that it made of them, in base64.
LAST = """
(async () => {
  const { classifier, last } = await import(new URL("page.js", location.href));
  const text = (bytes) => {
    let binary = "";
    for (let i = 0; i < bytes.length; i += 32768) binary += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(binary);
  };
  const { label, pixels, top } = classifier.classify(last);
  const input = new Uint8Array(classifier.fill(pixels).buffer);
  const { width, height, data } = last;
  return { width, height, rgba: text(data), input: text(input), label, top1: top[0]?.label ?? "" };
})()
"""


class Host(http.server.ThreadingHTTPServer):
    """Server that counts what it sends."""

    sent_bytes = 0
    """Bytes of all files that were sent, without headers."""
    unpacks = False
    """True to say of .gz files that they are encoded so, which makes the browser unpack them."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Host as simple as they come: it compresses nothing."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file and count its bytes."""
        content = source.read()
        outputfile.write(content)
        self.server.sent_bytes += len(content)

    def end_headers(self) -> None:
        """End the headers, with the encoding where it is asked for."""
        if self.server.unpacks and self.path.endswith(".gz"):
            self.send_header("Content-Encoding", "gzip")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Stay silent."""


@contextmanager
def host(folder: Path) -> Iterator[tuple[str, Host]]:
    """Serve a folder on localhost; yield its address and the server, which a test may stop."""
    server = Host(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_film(path: Path, frames: Iterable[NDArray[np.uint8]]) -> None:
    """Write frames, uint8 BGR of one size and even edges, as the film that Chromium's camera shows again and again."""
    with path.open("wb") as file:
        for number, frame in enumerate(frames):
            height, width = frame.shape[:2]
            if not number:
                file.write(f"YUV4MPEG2 W{width} H{height} F{FILM_FPS}:1 Ip A1:1 C420jpeg\n".encode())
            file.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())


def camera_flags(film: Path) -> tuple[str, ...]:
    """Return Chromium's flags for a camera that shows the film, and that pages may use unasked."""
    return ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}")  # fmt: skip


def open_page(browser: Any, url: str) -> str:
    """Visit the page and return its trouble once it is ready or has stopped; empty: none."""
    browser.visit(url)
    browser.wait_for(f"{STATE} === 'ready' || {TROUBLE}")
    return str(browser.evaluate(TROUBLE))


def start_camera(browser: Any) -> str:
    """Press the button and return the trouble once the camera is live or has failed; empty: none."""
    browser.evaluate("document.getElementById('start').click()")
    browser.wait_for(f"{STATE} === 'live' || {TROUBLE}")
    return str(browser.evaluate(TROUBLE))


def classify_urls(browser: Any, urls: Sequence[str]) -> list[dict[str, Any]]:
    """Classify images of the page's host: label, likeliest class, width and height of each."""
    return list(browser.evaluate(CLASSIFY.replace("URLS", json.dumps(list(urls)))))


def last_frame(browser: Any) -> tuple[NDArray[np.uint8], bytes, dict[str, Any]]:
    """Return the pixels that the page saw last, uint8 BGR, the input tensor that it made, and its answer."""
    seen = browser.evaluate(LAST)
    rgba = np.frombuffer(base64.b64decode(seen["rgba"]), np.uint8).reshape(seen["height"], seen["width"], 4)
    return np.ascontiguousarray(rgba[..., 2::-1]), base64.b64decode(seen["input"]), seen
