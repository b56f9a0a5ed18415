"""Annotated images that are written once: the last frames of a run, and the explanation of one frame."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.artifact.decision_spec import DecisionSpec
from edge.classify.results import Decision, Prediction
from edge.errors import ConfigError
from edge.sinks.images import drawing
from edge.sinks.images.drawing import MARGIN, MUTED, Colour, Image
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame
from edge.system import atomic_file

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_TILE_HEIGHT, _TILE_FRAME_WIDTH, _TILE_PANEL_WIDTH = 300, 400, 260  # pixels; 4:3 frames fill their part
_TILE_EYE_EDGE = 140  # pixels of the model's input, enlarged: five times 28
_RIGHT: Colour = (120, 190, 90)
_WRONG: Colour = (90, 90, 230)
_FRAME_HEIGHT, _FRAME_WIDTH, _PANEL_WIDTH = 560, 720, 420  # pixels of an explanation
_EYE_EDGE = 224  # pixels of the model's input, enlarged: eight times 28
_LINE = 22  # pixels from one line of a sentence to the next
_BAR_STEP = drawing.BAR_HEIGHT + 8
_MOST_BARS = 10


class PictureSink(Sink):
    """Keeps the last frames and draws them into one image at the end."""

    def __init__(self, path: Path, *, frames: int = 10) -> None:
        """Check the path, whose suffix sets the format; the last `frames` frames are drawn.

        Raises:
            ToolkitError: OpenCV can't write such a format.
            OSError: the folder can't be made or written to.
        """
        _require_writable(path)
        self._path = path
        self._latest: deque[tuple[Frame, Prediction, Decision]] = deque(maxlen=frames)

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Keep the frame."""
        self._latest.append((frame, prediction, decision))

    def close(self) -> None:
        """Draw and write the image, unless there was no frame."""
        if not self._latest:
            return
        sheet = draw_sheet([draw_tile(*kept) for kept in self._latest])
        self._latest.clear()
        _write(self._path, sheet)


class ExplainSink(Sink):
    """Explains the first frame and ignores the others."""

    def __init__(self, path: Path, *, rule: DecisionSpec) -> None:
        """Check the path, whose suffix sets the format.

        Raises:
            ToolkitError: OpenCV can't write such a format.
            OSError: the folder can't be made or written to.
        """
        _require_writable(path)
        self._path = path
        self._rule = rule
        self._is_written = False

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Draw and write the first frame."""
        if not self._is_written:
            _write(self._path, draw_explanation(frame, prediction, decision, rule=self._rule))
            self._is_written = True


def draw_tile(frame: Frame, prediction: Prediction, decision: Decision) -> Image:
    """Draw one frame with its decision: uint8 BGR, shape (300, 660, 3)."""
    tile = drawing.blank(_TILE_HEIGHT, _TILE_FRAME_WIDTH + _TILE_PANEL_WIDTH)
    drawing.paste_frame(tile[:, :_TILE_FRAME_WIDTH], frame.image, prediction.outline, region=prediction.region)
    panel = tile[:, _TILE_FRAME_WIDTH:]
    drawing.draw_text(panel, decision.label, row=34, scale=0.68, colour=_label_colour(frame, decision))
    drawing.draw_text(panel, f"{decision.probability:.1%}", row=58, scale=0.5)
    drawing.paste_pixels(panel[74 : 74 + _TILE_EYE_EDGE, MARGIN : MARGIN + _TILE_EYE_EDGE], prediction.pixels)
    for row, words in enumerate(("what the", "network", "sees")):
        drawing.draw_text(
            panel, words, row=92 + 18 * row, scale=0.42, colour=drawing.MUTED, left=MARGIN + _TILE_EYE_EDGE + 12
        )
    for row, (label, probability) in enumerate(prediction.top_k[:3]):
        drawing.draw_bar(panel, top=226 + 24 * row, label=label, value=probability)
    return tile


def draw_sheet(tiles: Sequence[Image]) -> Image:
    """Arrange tiles of one size in two columns (one, for a single tile): uint8 BGR."""
    columns = 1 if len(tiles) == 1 else 2
    rows = -(-len(tiles) // columns)
    height, width = tiles[0].shape[:2]
    sheet = np.full((rows * height + (rows - 1) * MARGIN, columns * width + (columns - 1) * MARGIN, 3), 255, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + MARGIN), index % columns * (width + MARGIN)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def _label_colour(frame: Frame, decision: Decision) -> Colour:
    """Return green or red if the true label is known, else the colour of plain text."""
    if frame.true_label is None:
        return drawing.TEXT
    return _RIGHT if frame.true_label == decision.label else _WRONG


def draw_explanation(frame: Frame, prediction: Prediction, decision: Decision, *, rule: DecisionSpec) -> Image:
    """Draw one frame with all that led to its decision: uint8 BGR, shape (at least 560, 1140, 3)."""
    bars = prediction.top_k[:_MOST_BARS]
    sentence = drawing.wrapped(decision.reason, scale=0.5, room=_PANEL_WIDTH - 2 * MARGIN, most=4)
    eye_top = 70 + _LINE * len(sentence)
    bars_top = eye_top + _EYE_EDGE + 30
    height = max(_FRAME_HEIGHT, bars_top + _BAR_STEP * (1 + len(bars)) + 2 * _LINE)
    picture = drawing.blank(height, _FRAME_WIDTH + _PANEL_WIDTH)
    drawing.paste_frame(picture[:, :_FRAME_WIDTH], frame.image, prediction.outline, region=prediction.region)
    panel = picture[:, _FRAME_WIDTH:]
    drawing.draw_text(panel, decision.label, row=44, scale=1.2)
    for number, words in enumerate(sentence):
        drawing.draw_text(panel, words, row=72 + _LINE * number, scale=0.5)
    _draw_eye(panel, prediction, top=eye_top)
    _draw_bars(panel, prediction, rule, top=bars_top, most=len(bars))
    file_name = frame.source.rstrip("/").rpartition("/")[2]
    drawing.draw_text(panel, file_name, row=height - 14, scale=0.42, colour=MUTED)
    return picture


def _draw_eye(panel: Image, prediction: Prediction, *, top: int) -> None:
    """Draw the model's input, and beside it the duration of each stage."""
    drawing.paste_pixels(panel[top : top + _EYE_EDGE, MARGIN : MARGIN + _EYE_EDGE], prediction.pixels)
    left = 2 * MARGIN + _EYE_EDGE
    height, width = prediction.pixels.shape[:2]
    lines = [f"{width}x{height} pixels,", "all that the", "network sees", ""]
    lines += [f"{stage} {latency_ns / 1e6:.2f} ms" for stage, latency_ns in prediction.latency_ns.items()]
    for number, words in enumerate(lines):
        drawing.draw_text(panel, words, row=top + 14 + _LINE * number, scale=0.46, colour=MUTED, left=left)


def _draw_bars(panel: Image, prediction: Prediction, rule: DecisionSpec, *, top: int, most: int) -> None:
    """Draw the presence score and the likeliest classes, with their thresholds."""
    drawing.draw_bar(
        panel, top=top, label="something is there", value=prediction.presence_score, mark=rule.presence_threshold
    )
    mark = rule.threshold if rule.score == "probability" else None  # other scores have another scale
    for number, (label, probability) in enumerate(prediction.top_k[:most], start=1):
        drawing.draw_bar(panel, top=top + _BAR_STEP * number, label=label, value=probability, mark=mark)


def _require_writable(path: Path) -> None:
    """Make the folder of an image, so that an error comes before the first frame."""
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise ConfigError(f"can't write a picture to {path}: its name must end in {', '.join(PICTURE_SUFFIXES)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "no permission to write a picture there", str(path.parent))


def _write(path: Path, image: Image) -> None:
    """Write an image in the format of its suffix, whole or not at all."""
    _, encoded = cv2.imencode(path.suffix.lower(), image)
    atomic_file.write_bytes(path, encoded.tobytes())
