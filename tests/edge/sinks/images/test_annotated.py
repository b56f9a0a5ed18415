"""The annotated frame: one size whatever comes, and what stands below it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edge.sinks.images import annotated
from edge.sinks.images.annotated import Canvas


@pytest.mark.parametrize(
    ("height", "width", "canvas"),
    [
        (480, 640, Canvas(480, 640)),
        (1080, 1920, Canvas(720, 1280)),
        (481, 641, Canvas(480, 640)),
        (28, 28, Canvas(240, 240)),
        (1000, 4, Canvas(1000, 240)),
    ],
    ids=["as it is", "too large", "odd", "too small", "narrow"],
)
def test_the_size_is_even_and_neither_huge_nor_tiny(height: int, width: int, canvas: Canvas) -> None:
    assert Canvas.of(np.zeros((height, width, 3), np.uint8)) == canvas


def test_frames_of_another_shape_get_bars(frame: Any, prediction: Any, decision: Any) -> None:
    canvas = Canvas(240, 320)
    wide = canvas.draw(frame(height=100, width=400), prediction(), decision())
    assert wide.shape == (296, 320, 3)
    assert (wide[120, [0, -1]] == 90).all()
    assert not (wide[10] == 90).any()


def test_the_caption_says_what_and_why(
    frame: Any, prediction: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(annotated.drawing, "draw_text", lambda panel, text, **_: written.append(text))
    picture = Canvas(240, 320).draw(frame(), prediction(), decision())
    Canvas(240, 320).caption(picture, decision("stale", reason="no frame for more than 2 s"))
    assert written == ["Coat  88%", "Coat held 3 of 3 frames", "stale", "no frame for more than 2 s"]
