"""Predictions of single frames and decisions: the data that sinks receive."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge.artifact.spec import RESERVED_LABELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

KNOWN_STATE = "known"


class Prediction(NamedTuple):
    """Result of one frame on its own."""

    label: str
    """Likeliest class, `unknown` or `nothing`, as `edge.classify.decision.judge` decides."""
    probability: float
    """Probability of the likeliest class, 0-1; 0 where there is nothing."""
    top_k: tuple[tuple[str, float], ...]
    """Pairs of label and probability, likeliest first; empty where there is nothing."""
    latency_ns: dict[str, int]
    """Nanoseconds of each stage: vision (frame to pixels), invoke (pixels to scores), decide, and their total."""
    pixels: NDArray[np.uint8]
    """Input of the network: uint8 grey, shape (height, width), 0-255."""
    probabilities: NDArray[np.float32]
    """float32, shape (classes,), 0-1, in the order of the spec's labels; all 0 where there is nothing."""
    score: float
    """Score that the threshold is compared with (see `confidence_score`); the lowest where there is nothing."""
    presence_score: float
    """Certainty of the vision step that there is something, 0-1."""
    outline: NDArray[np.int32]
    """Corners of what was found in the frame, int32 x and y in pixels, shape (N, 2); (0, 2) where there is nothing."""
    reason: str
    """Reason for the label, in one sentence."""
    region: tuple[int, int, int, int] | None = None
    """Left, top, width and height, pixels, of the part of the frame that was searched; None: all of it."""


class Decision(NamedTuple):
    """Answer at a moment."""

    label: str
    """One of the spec's labels, `unknown`, `nothing` or `stale`."""
    probability: float
    """Probability of the label, or of the likeliest class for `unknown`, 0-1; 0 for `nothing` and `stale`. Smoothed on
    a stream."""
    since: datetime
    """Time (UTC) since which this is the answer."""
    changed: bool
    """True if the answer before was another one, or there was none."""
    reason: str
    """Reason in one sentence."""

    @property
    def state(self) -> str:
        """`known` for a class, otherwise the label: unknown, nothing or stale."""
        return self.label if self.label in RESERVED_LABELS else KNOWN_STATE
