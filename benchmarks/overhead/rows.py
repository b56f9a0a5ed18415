"""What is compared, and the limit of each comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

AT_MOST, AT_LEAST = "at most", "at least"
OK, MISSED = "ok", "missed"


@dataclass(frozen=True, slots=True)
class Limit:
    """One comparison of the toolkit with the bare script."""

    id: str
    what: str
    """In words."""
    unit: str
    """Of both sides' readings."""
    kind: str
    """AT_MOST or AT_LEAST."""
    value: float
    """Of the ratio; of the reading itself where the bare script has none."""
    scale: float = 1.0
    """From a reading to its unit."""


START = Limit("start", "start to first decision", "ms", AT_MOST, 1.2, 1e3)
START_OWN_MODEL = Limit(
    "start-own-model", "the same with a model file of one's own, from the second start on", "ms", AT_MOST, 1.2, 1e3
)
LOOP = Limit("loop", "frame to decision without vision", "µs", AT_MOST, 1.3, 1e-3)
MEMORY = Limit("memory", "peak resident memory", "MB", AT_MOST, 1.2, 1e-6)
VIDEO = Limit("video", "frames a second of a video, by PyAV, against OpenCV reading it", "fps", AT_LEAST, 0.85)
VIDEO_OPENCV = Limit("video-opencv", "the same without PyAV", "fps", AT_LEAST, 0.7)  # it makes a picture of each frame
GROWTH = Limit("growth", "memory after the run less after 1,000 frames", "MB", AT_MOST, 2.0, 1e-6)

Row = dict[str, Any]


def ratio_row(limit: Limit, ours: Sequence[float], bare: Sequence[float]) -> Row:
    """Compare readings that were taken in turn: what slowed one down slowed its neighbour down, too.

    Args:
        limit: of the ratio.
        ours: the toolkit's readings, in order.
        bare: the bare script's, each taken right before ours.

    Returns:
        A JSON object: the readings in the limit's unit, the median, least and largest ratio of two neighbours, and
        how the median keeps to the limit.
    """
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    return _row(limit, ours, bare, {"figure": median(ratios), "least": min(ratios), "largest": max(ratios)})


def reading_row(limit: Limit, reading: float) -> Row:
    """Compare a reading with a limit of its own."""
    value = reading * limit.scale
    return _row(limit, [reading], [], {"figure": value, "least": value, "largest": value})


def _row(limit: Limit, ours: Sequence[float], bare: Sequence[float], figures: dict[str, float]) -> Row:
    keeps = figures["figure"] <= limit.value if limit.kind == AT_MOST else figures["figure"] >= limit.value
    return {
        "id": limit.id,
        "what": limit.what,
        "unit": limit.unit,
        "ours": [reading * limit.scale for reading in ours],
        "bare": [reading * limit.scale for reading in bare],
        **figures,
        "limit_kind": limit.kind,
        "limit": limit.value,
        "status": OK if keeps else MISSED,
    }
