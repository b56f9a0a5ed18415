"""Decisions: labels, `unknown`, `nothing` and `stale`, with their reasons, for one image and for a stream. No clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.spec import NOTHING_LABEL, STALE_LABEL, UNKNOWN_LABEL, ModelSpec
from edge.classify import confidence_score
from edge.classify.results import Decision, Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FRAME_S = 1 / 25  # that a frame counts for whose clock stands or was set back: a clock never stops the answer
_DIGITS = 5  # of seconds: a clock that counts from 1970 has no more


class Evidence(NamedTuple):
    """Scores that a decision is made from: of one frame, or smoothed over several."""

    presence_score: float
    """Certainty of the vision step that there is something, 0-1."""
    score: float
    """Confidence score of the spec's kind."""
    probabilities: NDArray[np.float32] | None
    """float32, shape (classes,), 0-1; None where the network wasn't run."""


def judge(
    evidence: Evidence, labels: Sequence[str], rule: DecisionSpec, *, shown: str | None = None
) -> tuple[str, str]:
    """Compare evidence with the thresholds: the only place where `unknown` and `nothing` are decided.

    Args:
        evidence: of a frame, or of a stream until now.
        labels: of the classes, in the order of the probabilities.
        rule: the thresholds.
        shown: decision that a stream shows, which is given up later than it is taken up; None: an image on its own.

    Returns:
        Label and reason.
    """
    limit, name = rule.presence_threshold, "" if shown is None else "off-threshold "
    if shown == NOTHING_LABEL:
        limit, name = rule.presence_on_threshold, "on-threshold "
    if evidence.probabilities is None or evidence.presence_score < limit:
        reason = confidence_score.compared("presence", evidence.presence_score, limit, name=name)
        return (
            NOTHING_LABEL,
            reason if shown else f"nothing stands out ({reason})",
        )  # of a background, or the lens is covered
    best = labels[int(evidence.probabilities.argmax())]
    if shown is not None and shown in labels:
        lead = evidence.probabilities.max() - evidence.probabilities[labels.index(shown)]
        best = shown if lead < rule.off_margin else best
    limit, name = rule.threshold, "threshold" if shown is None else "on-threshold"
    if best == shown:
        limit, name = rule.off_threshold, "off-threshold"
    reason = confidence_score.reason(evidence.score, limit, kind=rule.score, name=name)
    return (best if evidence.score >= limit else UNKNOWN_LABEL), reason


def decide_alone(prediction: Prediction, time: datetime) -> Decision:
    """Return the decision on a frame that has nothing to do with the one before it; `time` is UTC."""
    return Decision(prediction.label, prediction.probability, time, changed=True, reason=prediction.reason)


class Decider:
    """Decisions on the frames of a source.

    On a stream, smoothed scores decide between known and unknown, because the threshold was measured on scores of
    single frames; smoothed probabilities decide which class it is. Times come from the frames, so that 5 and 30 frames
    a second behave alike.
    """

    def __init__(self, spec: ModelSpec, *, is_stream: bool = True) -> None:
        """Start without a memory.

        Args:
            spec: labels and thresholds.
            is_stream: False decides on every frame on its own.
        """
        self._is_stream = is_stream
        self._labels = spec.labels
        self._rule = spec.decision
        self._last: Decision | None = None
        self._frame_time: datetime | None = None
        self._frame_s = 0.0  # the same by the caller's clock
        self._candidate = UNKNOWN_LABEL  # label that the smoothed evidence points to
        self._held = 0  # frames in a row whose own evidence agrees
        self._presence = _Smoothed()
        self._score = _Smoothed()
        self._probabilities = _Smoothed()

    def decide(self, prediction: Prediction, time: datetime, clock_s: float | None = None) -> Decision:
        """Take in a frame's prediction and return the decision.

        Args:
            prediction: of the frame on its own.
            time: UTC, of the frame; what the decision says about its beginning.
            clock_s: seconds on a clock that the frame's weight and staleness come from, such as a video's, or the
                monotonic one of a capture; None: that of `time`. A frame that is no younger than the one before it
                weighs as much as one at 25 frames a second.
        """
        if not self._is_stream:
            return decide_alone(prediction, time)
        clock_s = time.timestamp() if clock_s is None else clock_s
        shown = UNKNOWN_LABEL if self._last is None or self._is_stale(clock_s) else self._last.label
        self._frame_time, self._frame_s = time, clock_s
        candidate, why = judge(self._smoothed(prediction, clock_s), self._labels, self._rule, shown=shown)
        # In the mixture of two garments a label may lead that is gone already: only frames that agree are counted.
        agrees = judge(_evidence_of(prediction), self._labels, self._rule, shown=shown)[0] == candidate
        self._held = (self._held if candidate == self._candidate else 0) + agrees
        self._candidate = candidate
        if candidate != shown:
            needed = self._rule.hold_frames
            why = f"{candidate} held {min(self._held, needed)} of {needed} frames: {why}"
        label = candidate if self._held >= self._rule.hold_frames else shown
        return self._show(label, self._probability_of(label), time, why)

    def at(self, time: datetime, clock_s: float | None = None) -> Decision:
        """Return the decision at a time without a new frame: the last one, or `stale` if that is too long ago.

        Args:
            time: UTC.
            clock_s: as in `decide`.
        """
        if self._last is not None and not self._is_stale(time.timestamp() if clock_s is None else clock_s):
            return self._last._replace(changed=False)
        if self._frame_time is None:
            return self._show(STALE_LABEL, 0.0, time, "no frame yet")
        limit = self._rule.stale_after_s
        since = self._frame_time + timedelta(seconds=limit)
        return self._show(STALE_LABEL, 0.0, since, f"no frame for more than {limit:g} s")

    def _is_stale(self, clock_s: float) -> bool:
        if self._frame_time is None or (self._last is not None and self._last.label == STALE_LABEL):
            return True
        return round(clock_s - self._frame_s, _DIGITS) > self._rule.stale_after_s

    def _smoothed(self, prediction: Prediction, clock_s: float) -> Evidence:
        """Add a frame to the averages; without a run of the network it says nothing about classes."""
        smoothing_s = self._rule.smoothing_s
        self._presence.add(np.array([prediction.presence_score], np.float32), clock_s, smoothing_s)
        if prediction.label != NOTHING_LABEL:
            self._score.add(np.array([prediction.score], np.float32), clock_s, smoothing_s)
            self._probabilities.add(prediction.probabilities, clock_s, smoothing_s)
        if not self._probabilities.value.size:
            return _evidence_of(prediction)
        return Evidence(float(self._presence.value[0]), float(self._score.value[0]), self._probabilities.value)

    def _probability_of(self, label: str) -> float:
        probabilities = self._probabilities.value
        if label == NOTHING_LABEL or not probabilities.size:
            return 0.0
        return float(probabilities[self._labels.index(label)] if label in self._labels else probabilities.max())

    def _show(self, label: str, probability: float, time: datetime, reason: str) -> Decision:
        """Store and return a decision; `time` is its beginning if the label is a new one."""
        last = self._last
        changed = last is None or last.label != label
        since = time if last is None or changed else last.since
        self._last = Decision(label, probability, since, changed, reason)
        return self._last


def _evidence_of(prediction: Prediction) -> Evidence:
    """Return the evidence of one frame by itself."""
    probabilities = None if prediction.label == NOTHING_LABEL else prediction.probabilities
    return Evidence(prediction.presence_score, prediction.score, probabilities)


class _Smoothed:
    """An exponential average over time."""

    def __init__(self) -> None:
        self.value: NDArray[np.float32] = np.zeros(0, np.float32)
        self._clock_s: float | None = None

    def add(self, value: NDArray[np.float32], clock_s: float, smoothing_s: float) -> None:
        """Add a value, weighted by the seconds since the last one; the first one counts in full."""
        weight = 1.0
        if self._clock_s is not None and smoothing_s > 0:
            elapsed_s = clock_s - self._clock_s
            weight = -math.expm1(-(elapsed_s if elapsed_s > 0 else _FRAME_S) / smoothing_s)
        self._clock_s = clock_s
        self.value = value if weight == 1.0 else self.value + np.float32(weight) * (value - self.value)
