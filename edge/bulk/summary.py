"""Summary of a model's folder, from its parts, and a sheet of the images that the model is least certain of."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bulk import arrow
from edge.sinks.images import drawing
from edge.sinks.images.drawing import MARGIN, MUTED, Image

MOST_ON_SHEET = 24

_COLUMNS = 4
_EDGE, _HEIGHT, _CAPTION = 280, 210, 96  # pixels of a tile: its picture, and the lines below
_NO_OUTLINE: NDArray[np.int32] = np.zeros((0, 2), np.int32)


@dataclass(frozen=True)
class Summary:
    """Counts over all rows of a model's folder."""

    images: int
    """Rows, those with an error among them."""
    labels: dict[str, int]
    """Answer -> images, the most frequent first; unknown and nothing are answers too."""
    errors: dict[str, int]
    """Reason -> images, the most frequent first."""
    least_certain: tuple[dict[str, Any], ...]
    """Rows with the lowest probability of their likeliest class, ascending (Lewis and Gale, 1994)."""

    @property
    def failed(self) -> int:
        """Images with an error."""
        return sum(self.errors.values())


def summarize(parts: Sequence[Path], *, least_certain: int = MOST_ON_SHEET) -> Summary:
    """Read all parts, one at a time.

    Raises:
        DatasetError: one is damaged.
    """
    labels: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    lowest: list[dict[str, Any]] = []
    images = 0
    for part in parts:
        rows = arrow.read_part(part)
        images += len(rows)
        labels.update(arrow.counts(rows, "label"))
        errors.update(arrow.counts(rows, "error"))
        some = arrow.smallest(rows, "probability", least_certain)  # 0 where there was nothing
        lowest = heapq.nsmallest(least_certain, [*lowest, *some], key=lambda row: (row["probability"], row["path"]))
    return Summary(images, dict(labels.most_common()), dict(errors.most_common()), tuple(lowest))


def draw_sheet(rows: Sequence[dict[str, Any]], pictures: Sequence[Image | None]) -> Image:
    """Draw images with their likeliest classes and file names, the least certain first.

    Args:
        rows: of `Summary.least_certain`, at least one.
        pictures: uint8 BGR, shape (H, W, 3), of each row; None: it can't be read any more.

    Returns:
        uint8 BGR, four tiles of 280 pixels a line.
    """
    columns = min(_COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    sheet = drawing.blank(lines * (_HEIGHT + _CAPTION + MARGIN) + MARGIN, columns * (_EDGE + MARGIN) + MARGIN)
    for number, (row, picture) in enumerate(zip(rows, pictures, strict=True)):
        top = MARGIN + number // columns * (_HEIGHT + _CAPTION + MARGIN)
        left = MARGIN + number % columns * (_EDGE + MARGIN)
        _draw_tile(sheet[top : top + _HEIGHT + _CAPTION, left : left + _EDGE], row, picture)
    return sheet


def _draw_tile(tile: Image, row: dict[str, Any], picture: Image | None) -> None:
    if picture is not None:
        drawing.paste_frame(tile[:_HEIGHT], picture, _NO_OUTLINE)
    name = row["path"].rpartition("/")[2]
    drawing.draw_text(tile, f"{row['label']}   {name}", row=_HEIGHT + 18, scale=0.42, colour=MUTED, left=0)
    for number, each in enumerate(row["top_k"][:3]):
        drawing.draw_bar(tile, top=_HEIGHT + 28 + 22 * number, label=each["label"], value=each["probability"])
