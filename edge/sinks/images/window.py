"""A window with the live frames: the only file that needs OpenCV's user interface, which headless builds lack."""

from __future__ import annotations

import logging
import os
import signal
import sys

import cv2

from edge.classify.results import Decision, Prediction
from edge.errors import ConfigError, RuntimeMissingError
from edge.sinks.images.drawing import Canvas, Image
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame

_LOGGER = logging.getLogger(__name__)
_TITLE = "edge-classify"
_QUIT_KEYS = (ord("q"), 27)  # 27: Escape


class WindowSink(Sink):
    """Shows every frame; all its calls must come from the main thread.

    q or Escape ends the run like Ctrl-C. Closing the window closes only the window.
    """

    def __init__(self) -> None:
        """Check that a window can be opened.

        Raises:
            RuntimeMissingError: this OpenCV has no user interface.
            ConfigError: there is no screen.
        """
        if _framework() in ("", "NONE"):
            raise RuntimeMissingError(
                "--display needs an OpenCV with a window, this one is headless: pip uninstall opencv-python-headless, "
                "then pip install 'edge-classify[display]'; or look at it in a browser with --serve"
            )
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            # Checked here, because OpenCV's toolkit would end the whole process.
            raise ConfigError("--display needs a screen, and there is none (DISPLAY isn't set): use --serve")
        self._canvas: Canvas | None = None
        self._picture: Image | None = None
        self._is_open = False
        self._is_dismissed = False

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Show a frame."""
        self._canvas = self._canvas or Canvas.of(frame.image)
        self._picture = self._canvas.draw(frame, prediction, decision)
        self._show(self._picture)

    def idle(self, decision: Decision) -> None:
        """Write a new caption below the last frame, and read the keyboard."""
        if self._canvas is not None and self._picture is not None:
            self._canvas.caption(self._picture, decision)
            self._show(self._picture)

    def close(self) -> None:
        """Close the window."""
        if self._is_open:
            self._is_open = False
            cv2.destroyWindow(_TITLE)

    def _show(self, picture: Image) -> None:
        if self._is_dismissed:
            return
        if self._is_open and cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) < 1:
            self._is_open, self._is_dismissed = False, True
            _LOGGER.info("the window was closed; classification goes on, Ctrl-C ends it")
            return
        if not self._is_open:
            cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
            cv2.resizeWindow(_TITLE, picture.shape[1], picture.shape[0])
            self._is_open = True
        cv2.imshow(_TITLE, picture)
        if cv2.pollKey() & 0xFF in _QUIT_KEYS:
            signal.raise_signal(signal.SIGINT)


def _framework() -> str:
    """Return the user interface that OpenCV was built with; NONE or empty if there is none."""
    try:
        return str(cv2.currentUIFramework())
    except cv2.error:
        return ""
