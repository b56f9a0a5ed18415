"""Predictions and decisions: data that the runner hands on to its sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

from datetime import datetime

from edge.artifact.labels import RESERVED_LABELS


class Prediction(NamedTuple):
    """What one frame was taken for, on its own."""

    label: str
    """Name of the likeliest class; `unknown` below the spec's threshold, `nothing` below its presence threshold."""
    probability: float
    """Of the likeliest class, 0-1; 0 where there is nothing."""
    top_k: tuple[tuple[str, float], ...]
    """(label, probability), likeliest first; none where there is nothing."""
    latency_ns: dict[str, int]
    """Stage -> nanoseconds: vision (frame to pixels), invoke (pixels to scores), decide, and their total."""
    pixels: NDArray[np.uint8]
    """uint8 grey, shape (height, width), 0-255: what the network saw."""
    probabilities: NDArray[np.float32]
    """float32, shape (classes,), 0-1, in the order of the spec's labels; all 0 where there is nothing."""
    score: float
    """What was compared with the threshold, of the spec's kind (see `confidence_score`); the lowest for nothing."""
    presence_score: float
    """How sure the vision step is that there is something, 0-1."""
    outline: NDArray[np.int32]
    """Corners of what was found in the frame, int32 x and y in pixels, shape (N, 2); (0, 2) where there is nothing."""
    reason: str
    """Why it is this label, in one sentence."""
    region: tuple[int, int, int, int] | None = None
    """Left, top, width and height, pixels, of the part of the frame that was searched; None: all of it."""


KNOWN_STATE = "known"


class Decision(NamedTuple):
    """The answer at a moment."""

    label: str
    """One of the spec's labels, `unknown`, `nothing` or `stale`."""
    probability: float
    """Of the label, 0-1; of the likeliest class for `unknown`; 0 for `nothing` and `stale`. On a stream, smoothed."""
    since: datetime
    """UTC, when this became the answer."""
    changed: bool
    """Whether the answer before was another one, or there was none."""
    reason: str
    """Why, in one sentence."""

    @property
    def state(self) -> str:
        """`known` for a class, otherwise the label: unknown, nothing or stale."""
        return self.label if self.label in RESERVED_LABELS else KNOWN_STATE
