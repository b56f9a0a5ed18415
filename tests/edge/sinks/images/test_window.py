"""The window, with OpenCV's user interface replaced: what is shown, keys, closing, and where there can be none."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from edge.errors import RuntimeMissingError, ToolkitError
from edge.sinks.images import window
from edge.sinks.images.window import WindowSink


class FakeScreen:
    """OpenCV's user interface, with the calls that it received."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.key = -1
        self.visible = 1.0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cv2 = window.cv2
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(cv2, "currentUIFramework", lambda: "QT5", raising=False)
        for name in ("namedWindow", "resizeWindow", "imshow", "destroyWindow"):
            monkeypatch.setattr(cv2, name, lambda *_, name=name: self.calls.append(name))
        monkeypatch.setattr(cv2, "pollKey", lambda: self.key)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: self.visible)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> FakeScreen:
    """A screen."""
    fake = FakeScreen()
    fake.install(monkeypatch)
    return fake


def test_every_frame_and_what_became_of_the_last_are_shown(
    screen: FakeScreen, frame: Any, prediction: Any, decision: Any
) -> None:
    sink = WindowSink()
    sink.idle(decision("stale"))  # nothing to show yet
    sink.write(frame(), prediction(), decision())
    sink.write(frame(), prediction(), decision())
    sink.idle(decision("stale"))
    sink.close()
    sink.close()
    assert screen.calls == ["namedWindow", "resizeWindow", "imshow", "imshow", "imshow", "destroyWindow"]


@pytest.mark.parametrize("key", [ord("q"), 27, 0x100000 + ord("q")], ids=["q", "Escape", "q with Num Lock"])
def test_q_is_ctrl_c(
    *, screen: FakeScreen, frame: Any, prediction: Any, decision: Any, monkeypatch: pytest.MonkeyPatch, key: int
) -> None:
    raised: list[int] = []
    monkeypatch.setattr(window.signal, "raise_signal", raised.append)
    screen.key = key
    WindowSink().write(frame(), prediction(), decision())
    assert raised == [signal.SIGINT]


def test_a_closed_window_stays_closed(screen: FakeScreen, frame: Any, prediction: Any, decision: Any) -> None:
    sink = WindowSink()
    sink.write(frame(), prediction(), decision())
    screen.visible = 0.0
    for _ in range(3):
        sink.write(frame(), prediction(), decision())
    assert screen.calls.count("imshow") == 1


def test_where_there_can_be_no_window_it_says_what_to_do(screen: FakeScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ToolkitError, match="needs a screen"):
        WindowSink()
    monkeypatch.setattr(window.cv2, "currentUIFramework", lambda: "", raising=False)
    with pytest.raises(RuntimeMissingError, match=r"pip install 'edge-classify\[display\]'"):
        WindowSink()
