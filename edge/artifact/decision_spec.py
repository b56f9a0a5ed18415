"""How probabilities become a label, and over time a steady answer: the numbers, which every model file carries."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.errors import SpecError

SCORES = ("probability", "margin", "energy")


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """How one frame is judged (the first four fields), and what a stream's answer needs on top (the rest)."""

    temperature: float = 1.0
    """Logits are divided by it before the softmax (Guo et al., 2017, arXiv:1706.04599)."""
    score: str = "probability"
    """What tells the known from the unknown: probability (of the likeliest class, calibrated), margin (its lead over
    the second) or energy (of the logits, see `edge.classify.confidence_score`)."""
    threshold: float = 0.0
    """A score below it is answered with `unknown`; range 0-1, for energy any number."""
    presence_threshold: float = 0.1
    """Where the vision step is less sure than this that there is something, the answer is `nothing`; range 0-1."""
    off_margin: float = 0.1
    """On a stream, a label comes at the threshold and goes this far below it; another label must lead it by as much;
    and what comes after `nothing` must exceed the presence threshold by as much. Range 0-1."""
    hold_frames: int = 3
    """On a stream, so many frames must agree with what the smoothed values point to before that becomes the answer."""
    smoothing_s: float = 0.2
    """On a stream, seconds after which a frame counts for 1/e of what it did; 0: only the newest frame counts."""
    stale_after_s: float = 2.0
    """On a stream, seconds without a frame after which the answer is `stale`."""

    def __post_init__(self) -> None:
        """Refuse values that would turn probabilities into nonsense."""
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
        """The score below which a shown label goes."""
        return (
            self.threshold - self.off_margin if self.score == "energy" else max(0.0, self.threshold - self.off_margin)
        )

    @property
    def presence_on_threshold(self) -> float:
        """The presence at which `nothing` goes, 0-1: the margin above the threshold, but at most half-way to 1.

        Above and not below, as for scores: below the threshold no network looks, so a label could only grow old there.
        """
        return min(self.presence_threshold + self.off_margin, (1 + self.presence_threshold) / 2)


def _require(holds: bool, name: str, expected: str, got: float) -> None:
    if not holds:
        raise SpecError(f"{name} must {expected}, got {got}")
