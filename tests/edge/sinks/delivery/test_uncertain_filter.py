"""Which frames are uncertain, and how many of them are too many."""

from __future__ import annotations

import math
from typing import Any

import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.sinks.delivery.uncertain_filter import UncertainFrames, why_uncertain

RULE = DecisionSpec(threshold=0.7, off_margin=0.1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"top1": 0.95}, ""),
        ({"label": "unknown", "top1": 0.5}, "unknown"),
        ({"top1": 0.75}, "near the threshold"),
        ({"top1": 0.81}, ""),
        ({"top1": 0.55, "score": 0.9}, "two classes are close"),
        ({"label": "nothing", "score": -math.inf}, ""),
    ],
    ids=["sure", "unknown", "near", "not near", "a tie", "nothing"],
)
def test_why(prediction: Any, options: dict[str, Any], why: str) -> None:
    assert why_uncertain(prediction(**options), RULE) == why


@pytest.mark.parametrize(
    ("every_s", "chosen"), [(10.0, [0, 3, 4, 5]), (0.0, [0, 2, 3, 4, 5])], ids=["every 10 s", "all"]
)
def test_at_most_one_in_a_while(
    *, fake_sink: Any, frame: Any, prediction: Any, decision: Any, every_s: float, chosen: list[int]
) -> None:
    sink = fake_sink()
    frames = UncertainFrames(sink, rule=RULE, every_s=every_s)
    shots = [(0.0, 0.75), (1.0, 0.95), (9.9, 0.75), (10.0, 0.75), (20.0, 0.75), (-5.0, 0.75)]  # the clock is set back
    for number, (seconds, top1) in enumerate(shots):
        frames.write(frame(number, seconds=seconds), prediction(top1=top1), decision())
    frames.idle(decision("stale", changed=True))
    frames.close()
    assert (sink.numbers, len(sink.got), sink.closed) == (chosen, len(chosen), 1)
