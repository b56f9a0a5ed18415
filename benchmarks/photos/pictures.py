"""Sheets of photographs for people to look at: mistakes and right answers, each with what the network saw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.photos.measure import PhotoReport, PhotoResult
from benchmarks.photos.tally import kinds_of
from edge.classify.decision import decide_alone
from edge.images.decode import decode_image
from edge.sinks.images.stills import draw_sheet, draw_tile
from edge.sources.frame import Frame

_CAPTION_HEIGHT = 54  # pixels, two lines
_BACKGROUND, _TEXT, _MUTED = (52, 46, 43), (235, 235, 235), (165, 165, 165)  # BGR, 0-255
_FONT = cv2.FONT_HERSHEY_DUPLEX


def choose_mistakes(report: PhotoReport, *, most: int) -> list[PhotoResult]:
    """The wrong answers that the model was surest of, surest first; of equal ones in the order of their names."""
    wrong = [result for result in report.results if not result.is_right]
    return sorted(wrong, key=lambda result: (-result.score, result.photograph.name))[:most]


def choose_hits(report: PhotoReport, *, each: int) -> list[PhotoResult]:
    """The first right answers of each folder in the order of their names: neither the best nor the worst."""
    hits = []
    for kind in kinds_of(report):
        right = [result for result in report.results if result.photograph.kind == kind and result.is_right]
        hits += sorted(right, key=lambda result: result.photograph.name)[:each]
    return hits


def sheet_png(results: Sequence[PhotoResult]) -> bytes:
    """Draw results as a sheet: frame, what the network saw, and the likeliest labels, the truth above.

    Args:
        results: at least one; their photographs are read again.

    Raises:
        OSError: a photograph has gone since it was measured.
        FrameError: a photograph has changed since it was measured.
    """
    _, encoded = cv2.imencode(".png", draw_sheet([draw_result(result) for result in results]))
    return encoded.tobytes()


def draw_result(result: PhotoResult) -> NDArray[np.uint8]:
    """Draw one result below a caption that says what is right and what was answered: uint8 BGR."""
    photograph, prediction = result.photograph, result.prediction
    frame = Frame(
        decode_image(photograph.path.read_bytes()),
        number=0,
        source=photograph.name,
        time=datetime.now(timezone.utc),
        # The tile knows one truth: where several labels are right, the one that was given.
        true_label=prediction.label if result.is_right else photograph.kind.truth,
    )
    tile = draw_tile(frame, prediction, decide_alone(prediction, frame.time))
    caption = np.full((_CAPTION_HEIGHT, tile.shape[1], 3), _BACKGROUND, np.uint8)
    words = "right" if result.is_right else f"right is {photograph.kind.truth}"
    _write(caption, f"{photograph.kind.folder}: answered {prediction.label}, {words}", 22, 0.5, _TEXT)
    _write(caption, photograph.path.name, 43, 0.4, _MUTED)
    return np.vstack([caption, tile])


def _write(picture: NDArray[np.uint8], text: str, row: int, scale: float, colour: tuple[int, int, int]) -> None:
    # Hershey fonts know ASCII alone; names of folders and files may hold more.
    plain = text.encode("ascii", "replace").decode("ascii")
    cv2.putText(picture, plain, (16, row), _FONT, scale, colour, 1, cv2.LINE_AA)
