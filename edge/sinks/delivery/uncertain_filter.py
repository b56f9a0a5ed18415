"""Which frames a person should look at: where the answer was `unknown`, or nearly another one. Pure, but for memory."""

from __future__ import annotations

from datetime import datetime

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.labels import NOTHING_LABEL, UNKNOWN_LABEL
from edge.classify.results import Decision, Prediction
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame

_NARROW_LEAD = 0.2  # of the likeliest class over the second: what a coin toss between two classes looks like


def why_uncertain(prediction: Prediction, rule: DecisionSpec) -> str:
    """Why a frame, on its own, is worth a person's look; empty where it isn't.

    Args:
        prediction: of the frame.
        rule: what it was judged by; a score less than its `off_margin` above the threshold is near it.
    """
    if prediction.label == NOTHING_LABEL:
        return ""
    if prediction.label == UNKNOWN_LABEL:
        return UNKNOWN_LABEL
    if prediction.score < rule.threshold + rule.off_margin:
        return "near the threshold"
    if len(prediction.top_k) > 1 and prediction.top_k[0][1] - prediction.top_k[1][1] < _NARROW_LEAD:
        return "two classes are close"
    return ""


class UncertainFrames:
    """Hands on the uncertain frames, at most one in a while (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, sink: Sink, *, rule: DecisionSpec, every_s: float) -> None:
        """Remember what to choose by.

        Args:
            sink: takes what was chosen.
            rule: what the frames were judged by.
            every_s: least time between two frames, by their own clock; 0: no limit.
        """
        self._sink = sink
        self._rule = rule
        self._every_s = every_s
        self._last: datetime | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Hand the frame on if it is one."""
        if self._is_too_soon(frame.time) or not why_uncertain(prediction, self._rule):
            return
        self._last = frame.time
        self._sink.write(frame, prediction, decision)

    def idle(self, decision: Decision) -> None:
        """Without a frame there is nothing to look at."""

    def close(self) -> None:
        """Close the sink."""
        self._sink.close()

    def _is_too_soon(self, time: datetime) -> bool:
        # A clock that was set back, by however much, makes a frame no less welcome.
        return self._last is not None and 0 <= (time - self._last).total_seconds() < self._every_s
