"""Thresholds and times of a decision, which every model file carries."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.errors import SpecError

SCORES = ("probability", "margin", "energy", "joint")
OF_LOGITS = ("energy", "joint")
"""Scores that a softmax loses."""


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """Thresholds of a single frame (the first four fields), and those that a stream needs besides."""

    temperature: float = 1.0
    """Divisor of the logits before the softmax (Guo et al., 2017, arXiv:1706.04599)."""
    score: str = "probability"
    """Confidence score that the threshold is compared with: probability (of the likeliest class, calibrated), margin
    (its lead over the second), energy (of the logits) or joint (the probability times that of being of a class at all,
    of a network that learned counter-examples), see `edge.classify.confidence_score`."""
    threshold: float = 0.0
    """Least score of a known class, below which the answer is `unknown`; 0-1, for energy any number."""
    presence_threshold: float = 0.1
    """Least presence score, below which the answer is `nothing`; 0-1."""
    off_margin: float = 0.1
    """Hysteresis of a stream, 0-1: a label stays until its score is this far below the threshold or another label leads
    by as much. After `nothing`, the presence score must exceed its threshold by as much."""
    hold_frames: int = 3
    """Consecutive frames of a stream that must agree with the smoothed values before the answer changes."""
    smoothing_s: float = 0.2
    """Time constant of a stream's exponential average in seconds; 0: only the newest frame counts."""
    stale_after_s: float = 2.0
    """Seconds of a stream without a frame after which the answer is `stale`."""

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise SpecError(f"temperature must be a positive number, got {self.temperature}")
        if self.score not in SCORES:
            raise SpecError(f"score must be one of {', '.join(SCORES)}, got {self.score!r}")
        if self.score == "energy":
            _require(math.isfinite(self.threshold), "threshold", "be a number", self.threshold)
        else:
            _require(0 <= self.threshold <= 1, "threshold", "lie in 0-1", self.threshold)
        _require(0 <= self.presence_threshold <= 1, "presence_threshold", "lie in 0-1", self.presence_threshold)
        _require(0 <= self.off_margin <= 1, "off_margin", "lie in 0-1", self.off_margin)
        whole = isinstance(self.hold_frames, int) and self.hold_frames >= 1
        _require(whole, "hold_frames", "be a whole number of at least 1", self.hold_frames)
        _require(0 <= self.smoothing_s < math.inf, "smoothing_s", "be a number of at least 0", self.smoothing_s)
        _require(0 < self.stale_after_s < math.inf, "stale_after_s", "be a number above 0", self.stale_after_s)

    @property
    def off_threshold(self) -> float:
        """Score below which a shown label is given up."""
        return (
            self.threshold - self.off_margin if self.score == "energy" else max(0.0, self.threshold - self.off_margin)
        )

    @property
    def presence_on_threshold(self) -> float:
        """Presence score at which `nothing` is given up, 0-1: the margin above the threshold, at most half-way to 1.

        It lies above the threshold because the network isn't run below it, so that a label couldn't be renewed there.
        """
        return min(self.presence_threshold + self.off_margin, (1 + self.presence_threshold) / 2)


def _require(holds: bool, name: str, expected: str, got: float) -> None:
    if not holds:
        raise SpecError(f"{name} must {expected}, got {got}")
