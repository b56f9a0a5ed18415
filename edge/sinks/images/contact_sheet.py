"""An annotated picture: each of the last frames beside what the network saw of it and how sure it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.classify.results import Decision, Prediction
from edge.sinks.images import drawing
from edge.sinks.images.drawing import MARGIN, Colour, Image
from edge.sinks.images.image_file import require_writable, write_picture
from edge.sources.frame import Frame

_TILE_HEIGHT, _FRAME_WIDTH, _PANEL_WIDTH = 300, 400, 260  # pixels; 4:3 frames fill their part
_EYE_EDGE = 140  # the network's view, enlarged: five times 28
_RIGHT: Colour = (120, 190, 90)
_WRONG: Colour = (90, 90, 230)


class PictureSink:
    """Keeps the last frames and draws them into one picture at the end (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, path: Path, *, frames: int = 10) -> None:
        """Remember where to write.

        Args:
            path: picture to write; its suffix names the format.
            frames: how many of the last frames to keep.

        Raises:
            ToolkitError: OpenCV can't write such a format.
            OSError: the folder can't be made or written to.
        """
        require_writable(path)
        self._path = path
        self._latest: deque[tuple[Frame, Prediction, Decision]] = deque(maxlen=frames)

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Keep the frame."""
        self._latest.append((frame, prediction, decision))

    def idle(self, decision: Decision) -> None:
        """Nothing is drawn where there is no frame."""

    def close(self) -> None:
        """Draw and write the picture; without a frame there is none."""
        if not self._latest:
            return
        sheet = draw_sheet([draw_tile(*kept) for kept in self._latest])
        self._latest.clear()
        write_picture(self._path, sheet)


def draw_tile(frame: Frame, prediction: Prediction, decision: Decision) -> Image:
    """Draw one frame with its answer: uint8 BGR, shape (300, 660, 3)."""
    tile = drawing.blank(_TILE_HEIGHT, _FRAME_WIDTH + _PANEL_WIDTH)
    drawing.paste_frame(tile[:, :_FRAME_WIDTH], frame.image, prediction.outline, region=prediction.region)
    panel = tile[:, _FRAME_WIDTH:]
    drawing.draw_text(panel, decision.label, row=34, scale=0.68, colour=_verdict(frame, decision))
    drawing.draw_text(panel, f"{decision.probability:.1%}", row=58, scale=0.5)
    drawing.paste_pixels(panel[74 : 74 + _EYE_EDGE, MARGIN : MARGIN + _EYE_EDGE], prediction.pixels)
    for row, words in enumerate(("what the", "network", "sees")):
        drawing.draw_text(
            panel, words, row=92 + 18 * row, scale=0.42, colour=drawing.MUTED, left=MARGIN + _EYE_EDGE + 12
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


def _verdict(frame: Frame, decision: Decision) -> Colour:
    """Green or red where the truth is known, plain where it isn't."""
    if frame.true_label is None:
        return drawing.TEXT
    return _RIGHT if frame.true_label == decision.label else _WRONG
