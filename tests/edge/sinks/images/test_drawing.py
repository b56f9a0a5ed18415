"""Parts of annotated images: nothing leaves its place, whatever the text, the frame or the outline; and the canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edge.sinks.images import drawing
from edge.sinks.images.drawing import (
    BACKGROUND,
    BAR,
    Canvas,
    blank,
    draw_bar,
    draw_text,
    paste_frame,
    paste_pixels,
    text_width,
    wrapped,
)

BLUE = (255, 0, 0)


def touched(picture: np.ndarray) -> np.ndarray:
    """Return a mask of the pixels that aren't background, bool (H, W)."""
    return (picture != BACKGROUND).any(axis=2)


@pytest.mark.parametrize(
    "text", ["Coat", "W" * 30, "W" * 3000, "Müħle " * 20, ""], ids=["short", "30", "3000", "ü", "none"]
)
def test_a_line_never_leaves_its_place(text: str) -> None:
    panel = blank(60, 300)
    draw_text(panel, text, row=40, scale=1.2, left=20, right=200)
    columns = np.flatnonzero(touched(panel).any(axis=0))
    assert not len(columns) or (columns.min() >= 18 and columns.max() <= 202)  # anti-aliasing takes a pixel or two
    assert bool(len(columns)) == bool(text)


def test_labels_of_any_script_are_drawn_where_the_fonts_have_it() -> None:
    drawn = []
    for text in ("Äpfel", "苹果", "x\udcff", "?"):
        panel = blank(40, 200)
        draw_text(panel, text, row=30, scale=0.7)
        drawn.append(panel.tobytes())
    assert len({blank(40, 200).tobytes(), *drawn}) == 5


def test_what_is_a_little_too_long_becomes_smaller_not_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, float]] = []
    monkeypatch.setattr(drawing.cv2, "putText", lambda panel, text, at, font, scale, *_: written.append((text, scale)))
    room = text_width("Ankle boot", 0.8)
    draw_text(blank(60, 400), "Ankle boot", row=40, scale=1.0, left=0, right=room)
    draw_text(blank(60, 400), "Ankle boot " * 9, row=40, scale=1.0, left=0, right=room)
    assert written[0][0] == "Ankle boot"
    assert 0.7 < written[0][1] < 0.85
    assert written[1][0].startswith("Ankle boot")
    assert written[1][0].endswith("...")


def test_a_sentence_is_broken_between_words() -> None:
    room = text_width("top1 0.62 below", 0.5)
    assert wrapped("top1 0.62 below threshold 0.70", scale=0.5, room=room, most=4) == [
        "top1 0.62 below",
        "threshold 0.70",
    ]
    assert wrapped("", scale=0.5, room=room, most=4) == []


def test_a_sentence_that_is_too_long_says_so() -> None:
    lines = wrapped("word " * 200, scale=0.5, room=200, most=3)
    assert len(lines) == 3
    assert lines[-1].endswith("...")
    (line,) = wrapped("W" * 300, scale=0.5, room=200, most=3)
    assert line.endswith("W...")
    assert all(text_width(line, 0.5) <= 200 for line in [*lines, line])


@pytest.mark.parametrize(("value", "length"), [(0.0, 0), (0.25, 57), (1.0, 228)])
def test_a_bar_is_as_long_as_its_value(value: float, length: int) -> None:
    panel = blank(40, 260)  # full is 260 - 2 * 16 pixels
    draw_bar(panel, top=10, label="Coat", value=value)
    assert (panel[11, 16:244] == BAR).all(axis=1).sum() == pytest.approx(length, abs=1)


def test_a_threshold_is_marked_across_the_bar() -> None:
    plain, marked = blank(40, 260), blank(40, 260)
    draw_bar(plain, top=10, label="Coat", value=0.25)
    draw_bar(marked, top=10, label="Coat", value=0.25, mark=0.5)
    columns = np.flatnonzero((plain != marked).any(axis=(0, 2)))
    assert columns.tolist() == pytest.approx([16 + 114 - 1, 16 + 114, 16 + 114 + 1], abs=1)
    assert touched(marked)[8, columns].any()  # a little longer than the bar


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (1, 500, 3), (500, 1, 3), (28, 28), (20, 30, 1), (20, 30, 4), (3000, 4000, 3)], ids=str
)
@pytest.mark.parametrize("outline", [[], [(0, 0), (1, 1)], [(-900, 5), (9000, 9000), (3, -7)]], ids=["", "two", "far"])
def test_any_frame_and_outline_can_be_pasted(shape: tuple[int, ...], outline: list[tuple[int, int]]) -> None:
    area = blank(90, 120)
    paste_frame(area, np.full(shape, 90, np.uint8), np.asarray(outline, np.int32).reshape(-1, 2))
    assert touched(area).any()


def test_an_outline_lies_where_the_garment_is_and_shows_on_light_and_on_dark() -> None:
    corners = np.array([(2, 2), (8, 2), (8, 8), (2, 8)], np.int32)
    for grey in (0, 255):
        area = blank(100, 200)
        paste_frame(area, np.full((10, 10, 3), grey, np.uint8), corners)  # ten times as large, from column 50 on
        line = area[50, 50:150].astype(int)
        changed = np.flatnonzero((line != grey).any(axis=1))
        assert set(changed) <= set(range(16, 25)) | set(range(76, 85))
        assert abs(line - grey).max() > 150


def test_what_was_not_searched_is_dimmed() -> None:
    area = blank(20, 40)
    paste_frame(area, np.full((10, 20, 3), 100, np.uint8), np.zeros((0, 2), np.int32), region=(5, 0, 10, 8))

    bright = (area == 100).all(axis=2)
    assert np.array_equal(np.argwhere(bright).min(axis=0), [0, 10])  # twice as large
    assert np.array_equal(np.argwhere(bright).max(axis=0), [15, 29])
    assert (area[~bright] == 40).all()


def test_what_the_network_saw_is_enlarged_pixel_by_pixel() -> None:
    area = blank(60, 60)
    paste_pixels(area, np.array([[255, 0], [0, 255], [0, 0]], np.uint8))  # 20 times as large
    assert (area[:20, :20] == 255).all()
    assert (area[20:40, :20] == 0).all()
    assert not touched(area)[:, 40:].any()


STALE_REASON = "no frame for more than 2 s"


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


def test_the_caption_holds_the_decision_and_its_reason(
    frame: Any, prediction: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(drawing, "draw_text", lambda panel, text, **_: written.append(text))
    picture = Canvas(240, 320).draw(frame(), prediction(), decision())
    Canvas(240, 320).caption(picture, decision("stale", reason=STALE_REASON))
    assert written == ["Coat  88%", decision().reason, "stale", STALE_REASON]


def test_a_colour_input_is_pasted_in_its_colours_and_shrunk_where_it_is_larger() -> None:
    area = np.zeros((4, 4, 3), np.uint8)
    drawing.paste_pixels(area, np.array([[[9, 8, 7], [1, 2, 3]]], np.uint8))
    assert area[0, :, 0].tolist() == [9, 9, 1, 1]
    assert area[1, 3].tolist() == [1, 2, 3]
    drawing.paste_pixels(area, np.full((8, 8, 3), (10, 20, 30), np.uint8))
    assert (area == (10, 20, 30)).all()
