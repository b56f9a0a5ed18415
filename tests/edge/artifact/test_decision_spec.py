"""The numbers behind an answer: their defaults, their ranges, and the thresholds that follow from others."""

from __future__ import annotations

import math

import pytest

from edge.artifact.decision_spec import SCORES, DecisionSpec
from edge.errors import SpecError


def test_the_defaults_decide_without_a_threshold() -> None:
    rule = DecisionSpec()
    assert (rule.temperature, rule.score, rule.threshold, rule.presence_threshold) == (1.0, "probability", 0.0, 0.1)
    assert (rule.off_margin, rule.hold_frames, rule.smoothing_s, rule.stale_after_s) == (0.1, 3, 0.2, 2.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"temperature": 0}, "temperature must be a positive number, got 0"),
        ({"temperature": math.nan}, "temperature must be a positive number, got nan"),
        ({"temperature": math.inf}, "temperature must be a positive number, got inf"),
        ({"score": "entropy"}, "score must be one of probability, margin, energy, joint, got 'entropy'"),
        ({"threshold": 1.01}, "threshold must lie in 0-1, got 1.01"),
        ({"threshold": -0.1}, "threshold must lie in 0-1, got -0.1"),
        ({"threshold": math.nan}, "threshold must lie in 0-1, got nan"),
        ({"threshold": math.inf, "score": "energy"}, "threshold must be a number, got inf"),
        ({"presence_threshold": 1.01}, "presence_threshold must lie in 0-1, got 1.01"),
        ({"presence_threshold": math.nan}, "presence_threshold must lie in 0-1, got nan"),
        ({"off_margin": -0.01}, "off_margin must lie in 0-1, got -0.01"),
        ({"off_margin": 1.5}, "off_margin must lie in 0-1, got 1.5"),
        ({"hold_frames": 0}, "hold_frames must be a whole number of at least 1, got 0"),
        ({"hold_frames": 2.5}, "hold_frames must be a whole number of at least 1, got 2.5"),
        ({"smoothing_s": -0.1}, "smoothing_s must be a number of at least 0, got -0.1"),
        ({"smoothing_s": math.inf}, "smoothing_s must be a number of at least 0, got inf"),
        ({"stale_after_s": 0}, "stale_after_s must be a number above 0, got 0"),
        ({"stale_after_s": math.nan}, "stale_after_s must be a number above 0, got nan"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_values_out_of_range_are_refused_by_name(changes: dict[str, float], words: str) -> None:
    with pytest.raises(SpecError, match=f"^{words}$"):
        DecisionSpec(**changes)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_the_ends_of_a_range_are_allowed(value: float) -> None:
    rule = DecisionSpec(threshold=value, presence_threshold=value, off_margin=value, smoothing_s=value, hold_frames=1)
    assert (rule.threshold, rule.presence_threshold, rule.off_margin, rule.smoothing_s) == (value,) * 4


@pytest.mark.parametrize("score", SCORES)
def test_an_off_threshold_lies_a_margin_below_but_within_the_score_s_range(score: str) -> None:
    high, low = (DecisionSpec(score=score, threshold=threshold, off_margin=0.2) for threshold in (0.7, 0.1))
    assert high.off_threshold == pytest.approx(0.5)
    assert low.off_threshold == pytest.approx(-0.1 if score == "energy" else 0.0)


def test_what_comes_after_nothing_must_exceed_the_threshold_but_never_reach_1() -> None:
    assert DecisionSpec(presence_threshold=0.5, off_margin=0.1).presence_on_threshold == pytest.approx(0.6)
    assert DecisionSpec(presence_threshold=0.9, off_margin=0.2).presence_on_threshold == pytest.approx(0.95)
