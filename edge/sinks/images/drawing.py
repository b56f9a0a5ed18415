"""Parts of annotated images: frames with outline and caption, the model's input, bars, and text that fits."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import vision
from edge.classify.results import KNOWN_STATE, Decision, Prediction
from edge.sources.frame import Frame

Image = NDArray[np.uint8]
"""uint8 BGR, shape (H, W, 3), 0-255."""
Colour = tuple[int, int, int]
"""BGR, 0-255."""

MARGIN = 16  # pixels
BACKGROUND: Colour = (34, 30, 28)
TEXT: Colour = (235, 235, 235)
MUTED: Colour = (150, 150, 150)
BAR: Colour = (200, 160, 90)
BAR_HEIGHT = 18  # pixels
_GROOVE: Colour = (60, 56, 54)
_MARK: Colour = (70, 220, 255)
_OUTLINE_DARK: Colour = (20, 20, 20)
_OUTLINE_BRIGHT: Colour = (70, 220, 255)  # over the dark line, visible on light and on dark
_DIMMED = 0.4  # share of the brightness outside the searched region
_FONT = cv2.FONT_HERSHEY_DUPLEX
_SMALLEST_SCALE = 0.36  # of the font: smaller text can't be read
_ENCODING = "utf-8" if int(cv2.__version__.split(".")[0]) >= 5 else "ascii"  # characters of the fonts
_ELLIPSIS = "..."
_CAPTION_HEIGHT = 56  # pixels
_LONGEST_EDGE = 1280  # pixels; larger frames are scaled down
_SHORTEST_EDGE = 240  # pixels; smaller frames are scaled up, so that the caption can be read
PAGE_EDGE = 960  # pixels: a phone's width twice over; larger frames would cost encoding and airtime
_PAGE_QUALITY = 80
_OTHER: Colour = (120, 180, 250)  # of decisions that name no class


@dataclass(frozen=True, slots=True)
class Canvas:
    """Size of the frame's area in an annotated frame, in pixels, without the caption below it."""

    height: int
    width: int

    @classmethod
    def of(cls, image: Image) -> Canvas:
        """Return the canvas for such frames; height and width are even, as most codecs need it."""
        rows, columns = image.shape[:2]
        scale = min(_LONGEST_EDGE / max(rows, columns), max(1.0, _SHORTEST_EDGE / max(rows, columns)))
        return cls(max(2, round(rows * scale / 2) * 2), max(_SHORTEST_EDGE, round(columns * scale / 2) * 2))

    def draw(self, frame: Frame, prediction: Prediction, decision: Decision) -> Image:
        """Draw a frame; one of another shape gets bars at its sides.

        Returns:
            uint8 BGR, shape (height + 56, width, 3).
        """
        picture = blank(self.height + _CAPTION_HEIGHT, self.width)
        paste_frame(picture[: self.height], frame.image, prediction.outline, region=prediction.region)
        self.caption(picture, decision)
        return picture

    def caption(self, picture: Image, decision: Decision) -> None:
        """Write the decision and its reason below a picture of this canvas."""
        below = picture[self.height :]
        below[:] = BACKGROUND
        is_known = decision.state == KNOWN_STATE
        answer = f"{decision.label}  {decision.probability:.0%}" if is_known else decision.label
        draw_text(below, answer, row=24, scale=0.7, colour=TEXT if is_known else _OTHER, left=MARGIN)
        draw_text(below, decision.reason, row=45, scale=0.42, colour=MUTED, left=MARGIN)


def blank(height: int, width: int) -> Image:
    """Return an empty image: uint8 BGR, shape (height, width, 3)."""
    return np.full((height, width, 3), BACKGROUND, np.uint8)


def paste_frame(
    area: Image, frame: Image, outline: NDArray[np.int32], *, region: tuple[int, int, int, int] | None = None
) -> None:
    """Scale a frame into the area, whole and centred, and draw the outline of what was found in it.

    The frame is uint8, grey (H, W), (H, W, 1), BGR or BGRA; the outline int32 x and y in its pixels, shape (N, 2).
    Beyond the region (left, top, width and height, pixels) the frame is dimmed.
    """
    image = vision.to_bgr(frame)
    scale = min(area.shape[0] / image.shape[0], area.shape[1] / image.shape[1])
    height, width = max(1, int(image.shape[0] * scale)), max(1, int(image.shape[1] * scale))
    top, left = (area.shape[0] - height) // 2, (area.shape[1] - width) // 2
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    place = area[top : top + height, left : left + width]
    place[:] = cv2.resize(image, (width, height), interpolation=interpolation)
    if region:
        _dim_around(place, region, scale)
    if len(outline):
        corners = np.rint(outline * scale).astype(np.int32)
        corners = np.clip(corners, 1, np.maximum(1, [width - 2, height - 2]), dtype=np.int32)
        for colour, thickness in ((_OUTLINE_DARK, 4), (_OUTLINE_BRIGHT, 2)):
            cv2.polylines(place, [corners], isClosed=True, color=colour, thickness=thickness, lineType=cv2.LINE_AA)


def encode_page_picture(
    frame: Image, outline: NDArray[np.int32], *, region: tuple[int, int, int, int] | None = None
) -> bytes:
    """Return a frame as a JPEG for a web page, at most 960 pixels long and never enlarged.

    The arguments are those of `paste_frame`.
    """
    height, width = frame.shape[:2]
    scale = min(1.0, PAGE_EDGE / max(height, width))
    picture = blank(max(1, round(height * scale)), max(1, round(width * scale)))
    paste_frame(picture, frame, outline, region=region)
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _PAGE_QUALITY])
    return bytes(encoded)


def _dim_around(place: Image, region: tuple[int, int, int, int], scale: float) -> None:
    left, top, right, bottom = np.rint(
        np.array([region[0], region[1], region[0] + region[2], region[1] + region[3]]) * scale
    ).astype(int)
    dimmed = (place * np.float32(_DIMMED)).astype(np.uint8)
    dimmed[top:bottom, left:right] = place[top:bottom, left:right]
    place[:] = dimmed


def paste_pixels(area: Image, pixels: NDArray[np.uint8]) -> None:
    """Scale the model's input, uint8, 0-255, grey (H, W) or BGR (H, W, 3), into the area's upper left corner."""
    scale = min(area.shape[0] / pixels.shape[0], area.shape[1] / pixels.shape[1])
    height, width = max(1, int(pixels.shape[0] * scale)), max(1, int(pixels.shape[1] * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    scaled = cv2.resize(pixels, (width, height), interpolation=interpolation)
    area[:height, :width] = scaled if scaled.ndim == 3 else scaled[:, :, np.newaxis]


def draw_bar(panel: Image, *, top: int, label: str, value: float, mark: float | None = None) -> None:
    """Draw a bar, value and mark 0-1, across the panel with its label on it; `top` is its upper row."""
    full = panel.shape[1] - 2 * MARGIN
    bottom = top + BAR_HEIGHT
    cv2.rectangle(panel, (MARGIN, top), (MARGIN + full, bottom), _GROOVE, cv2.FILLED)
    cv2.rectangle(panel, (MARGIN, top), (MARGIN + round(full * value), bottom), BAR, cv2.FILLED)
    if mark is not None:
        column = MARGIN + round(full * mark)
        cv2.line(panel, (column, top - 3), (column, bottom + 3), _MARK, 2)
    percent_left = panel.shape[1] - 62
    draw_text(panel, label, row=top + 14, scale=0.42, left=MARGIN + 6, right=percent_left - 6)
    draw_text(panel, f"{value:.0%}", row=top + 14, scale=0.42, left=percent_left)


def draw_text(
    panel: Image,
    text: str,
    *,
    row: int,
    scale: float,
    colour: Colour = TEXT,
    left: int = MARGIN,
    right: int | None = None,
) -> None:
    """Write one line that never leaves its place: long text becomes smaller, then shorter.

    OpenCV before 5 has no characters beyond ASCII and draws question marks. A scale of 1 is about 22 pixels high.
    """
    plain = _drawable(text)
    room = (panel.shape[1] - MARGIN // 2 if right is None else right) - left
    while scale > _SMALLEST_SCALE and text_width(plain, scale) > room:
        scale = max(_SMALLEST_SCALE, scale * 0.94)
    cv2.putText(panel, _shortened(plain, scale, room), (left, row), _FONT, scale, colour, 1, cv2.LINE_AA)


def wrapped(text: str, *, scale: float, room: int, most: int) -> list[str]:
    """Break a sentence into at most `most` lines no wider than `room` pixels; a cut one ends in dots."""
    lines: list[str] = []
    for word in _drawable(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, scale) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines[most - 1 :] = [lines[most - 1] + " " + _ELLIPSIS]
    return [_shortened(line, scale, room) for line in lines]


def text_width(text: str, scale: float) -> int:
    """Return the width of ASCII text in pixels."""
    return cv2.getTextSize(text, _FONT, scale, 1)[0][0]


def _shortened(text: str, scale: float, room: int) -> str:
    """Return as much of the text as fits into `room` pixels."""
    if text_width(text, scale) <= room:
        return text
    kept = text[:400]  # more never fits
    while kept and text_width(kept + _ELLIPSIS, scale) > room:
        kept = kept[:-1]
    return kept + _ELLIPSIS


def _drawable(text: str) -> str:
    """Return the text with question marks for what the fonts lack, and for what no encoding has."""
    return text.encode(_ENCODING, "replace").decode(_ENCODING)
