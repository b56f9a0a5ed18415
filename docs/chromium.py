"""Debian's chromium, headless, controlled through its debugging pipe: for screenshots of the page and its tests."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")
_TIMEOUT_S = 30.0
_BETWEEN_PAGES = ("navigated", "execution context", "cannot find context")
"""Signs in the protocol's errors that one page is gone and the next one not there yet."""


class Chromium:
    """One tab (chromedevtools.github.io/devtools-protocol)."""

    def __init__(self, *flags: str) -> None:
        """Start the browser, with further flags of its command line."""
        self.events: list[dict[str, Any]] = []
        """Events of the tab, oldest first."""
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        # The pipe is file descriptors 3 and 4 by definition; bash puts ours there.
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", str(EXECUTABLE), "--headless=new",
             "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
             "--disable-extensions", "--disable-background-networking", "--remote-debugging-pipe",
             f"--user-data-dir={self._profile}", *flags],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._unread = b""
        self._calls = 0
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """End the browser."""
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._calls += 1
        request: dict[str, Any] = {"id": self._calls, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._to, json.dumps(request).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == self._calls:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])
            self.events.append(message)

    def look(self, *, width: int, height: int, is_dark: bool = False, is_still: bool = False, scale: float = 1) -> None:
        """Emulate a screen of this size in CSS pixels, dark or light, with or without motion."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=width < 600)  # fmt: skip
        features = {
            "prefers-color-scheme": "dark" if is_dark else "light",
            "prefers-reduced-motion": "reduce" if is_still else "no-preference",
        }
        self.call("Emulation.setEmulatedMedia", features=[{"name": n, "value": v} for n, v in features.items()])

    def visit(self, url: str) -> None:
        """Open a page and wait until its text is there; pictures may follow."""
        self.call("Page.navigate", url=url)
        self.wait_for(f"location.href === {json.dumps(url)} && document.readyState !== 'loading'")

    @contextmanager
    def in_frame(self, url: str) -> Iterator[None]:
        """Evaluate in the frame of another site, whose address begins so, instead of in the page around it."""
        page, found, until = self._session, [], time.monotonic() + _TIMEOUT_S
        while not found and time.monotonic() < until:
            targets = self.call("Target.getTargets", filter=[{"type": "iframe"}])["targetInfos"]
            found = [target["targetId"] for target in targets if target["url"].startswith(url)]
        if not found:
            raise TimeoutError(f"no frame shows {url}")
        self._session = self.call("Target.attachToTarget", targetId=found[0], flatten=True)["sessionId"]
        try:
            yield
        finally:
            self._session = page

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, or of its promise."""
        outcome = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in outcome:
            raise RuntimeError(json.dumps(outcome["exceptionDetails"])[:800])
        return outcome["result"].get("value")

    def wait_for(self, expression: str, wanted: Callable[[Any], bool] = bool) -> Any:
        """Evaluate until the value is accepted, and return it; TimeoutError after 30 s."""
        last = None
        until = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < until:
            try:
                last = self.evaluate(expression)
            except RuntimeError as error:
                if not any(sign in str(error).lower() for sign in _BETWEEN_PAGES):
                    raise
                time.sleep(0.01)
                continue
            if wanted(last):
                return last
        raise TimeoutError(f"{expression} is still {last!r}")

    def screenshot(self, *, is_whole: bool = False) -> bytes:
        """Return a PNG of the screen, or of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=is_whole, **(
            {"clip": {**self._whole(), "scale": 1}} if is_whole else {}))["data"])  # fmt: skip

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, exceptions, and violations of the content policy."""
        self.evaluate("0")  # what was reported before is read now
        messages = []
        for event in self.events:
            if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"):
                messages.append(event["params"]["entry"]["text"])
            elif event.get("method") == "Runtime.exceptionThrown":
                messages.append(event["params"]["exceptionDetails"]["text"])
            elif event.get("method") == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "warning"):
                messages.append(str(event["params"]["args"]))
        return messages

    def _whole(self) -> dict[str, float]:
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"]}

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            received = os.read(self._from, 1 << 20)
            if not received:
                raise RuntimeError("chromium ended")
            self._unread += received
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(message))


def write_png(path: Path, content: bytes) -> None:
    """Write a PNG file atomically."""
    from edge.system import atomic_file

    atomic_file.write_bytes(path, content)
