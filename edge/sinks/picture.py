"""An annotated picture: each of the last frames beside what the network saw of it and how sure it was."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import atomic, vision
from edge.classifier import Prediction
from edge.errors import ToolkitError
from edge.sources.frame import Frame

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

_Image = NDArray[np.uint8]
_Colour = tuple[int, int, int]  # BGR, 0-255

_TILE_HEIGHT, _FRAME_WIDTH, _PANEL_WIDTH = 300, 400, 260  # pixels; 4:3 frames fill their part
_EYE_EDGE = 140  # the network's view, enlarged: five times 28
_MARGIN = 16
_BACKGROUND: _Colour = (34, 30, 28)
_TEXT: _Colour = (235, 235, 235)
_MUTED: _Colour = (150, 150, 150)
_BAR: _Colour = (200, 160, 90)
_RIGHT: _Colour = (120, 190, 90)
_WRONG: _Colour = (90, 90, 230)
_FONT = cv2.FONT_HERSHEY_DUPLEX


class PictureSink:
    """Keeps the last frames and draws them into one picture at the end (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, path: Path, *, frames: int = 10) -> None:
        """Remember where to write.

        Args:
            path: picture to write; its suffix names the format.
            frames: how many of the last frames to keep.

        Raises:
            ToolkitError: OpenCV can't write such a format.
            OSError: the folder can't be made or written to; better said now than after a day of frames.
        """
        if path.suffix.lower() not in PICTURE_SUFFIXES:
            raise ToolkitError(f"can't write a picture to {path}: its name must end in {', '.join(PICTURE_SUFFIXES)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to write a picture there", str(path.parent))
        self._path = path
        self._latest: deque[tuple[Frame, Prediction]] = deque(maxlen=frames)

    def write(self, frame: Frame, prediction: Prediction) -> None:
        """Keep the frame."""
        self._latest.append((frame, prediction))

    def close(self) -> None:
        """Draw and write the picture; without a frame there is none."""
        if not self._latest:
            return
        sheet = draw_sheet([draw_tile(frame, prediction) for frame, prediction in self._latest])
        self._latest.clear()
        _, encoded = cv2.imencode(self._path.suffix.lower(), sheet)
        atomic.write_bytes(self._path, encoded.tobytes())


def draw_tile(frame: Frame, prediction: Prediction) -> _Image:
    """Draw one frame with its prediction: uint8 BGR, shape (300, 660, 3)."""
    tile = np.full((_TILE_HEIGHT, _FRAME_WIDTH + _PANEL_WIDTH, 3), _BACKGROUND, np.uint8)
    _paste_fitting(tile[:, :_FRAME_WIDTH], vision.to_bgr(frame.image))
    panel = tile[:, _FRAME_WIDTH:]
    _text(panel, prediction.label, row=34, scale=0.68, colour=_verdict(frame, prediction))
    _text(panel, f"{prediction.probability:.1%}", row=58, scale=0.5, colour=_TEXT)
    eye = cv2.resize(prediction.pixels, (_EYE_EDGE, _EYE_EDGE), interpolation=cv2.INTER_NEAREST)
    panel[74 : 74 + _EYE_EDGE, _MARGIN : _MARGIN + _EYE_EDGE] = eye[:, :, np.newaxis]
    for row, words in enumerate(("what the", "network", "sees")):
        _text(panel, words, row=92 + 18 * row, scale=0.42, colour=_MUTED, left=_MARGIN + _EYE_EDGE + 12)
    for row, (label, probability) in enumerate(prediction.top_k[:3]):
        _bar(panel, top=226 + 24 * row, label=label, probability=probability)
    return tile


def draw_sheet(tiles: Sequence[_Image]) -> _Image:
    """Arrange tiles of one size in two columns (one, for a single tile): uint8 BGR."""
    columns = 1 if len(tiles) == 1 else 2
    rows = -(-len(tiles) // columns)
    height, width = tiles[0].shape[:2]
    sheet = np.full((rows * height + (rows - 1) * _MARGIN, columns * width + (columns - 1) * _MARGIN, 3), 255, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + _MARGIN), index % columns * (width + _MARGIN)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def _verdict(frame: Frame, prediction: Prediction) -> _Colour:
    """Green or red where the truth is known, plain where it isn't."""
    if frame.true_label is None:
        return _TEXT
    return _RIGHT if frame.true_label == prediction.label else _WRONG


def _paste_fitting(area: _Image, image: _Image) -> None:
    """Scale the image into the area, whole and centred."""
    scale = min(area.shape[0] / image.shape[0], area.shape[1] / image.shape[1])
    height, width = max(1, int(image.shape[0] * scale)), max(1, int(image.shape[1] * scale))
    top, left = (area.shape[0] - height) // 2, (area.shape[1] - width) // 2
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    area[top : top + height, left : left + width] = cv2.resize(image, (width, height), interpolation=interpolation)


def _bar(panel: _Image, *, top: int, label: str, probability: float) -> None:
    """One class: a bar as long as its probability, with the label on it."""
    full = _PANEL_WIDTH - 2 * _MARGIN
    cv2.rectangle(panel, (_MARGIN, top), (_MARGIN + full, top + 18), (60, 56, 54), cv2.FILLED)
    cv2.rectangle(panel, (_MARGIN, top), (_MARGIN + round(full * probability), top + 18), _BAR, cv2.FILLED)
    _text(panel, label, row=top + 14, scale=0.42, colour=_TEXT, left=_MARGIN + 6)
    _text(panel, f"{probability:.0%}", row=top + 14, scale=0.42, colour=_TEXT, left=_PANEL_WIDTH - 62)


def _text(panel: _Image, text: str, *, row: int, scale: float, colour: _Colour, left: int = _MARGIN) -> None:
    # Hershey fonts know ASCII alone; a label of one's own may hold more.
    plain = text.encode("ascii", "replace").decode("ascii")
    cv2.putText(panel, plain, (left, row), _FONT, scale, colour, 1, cv2.LINE_AA)
