"""From the predictions of a stream to a steady answer: smoothing over time, hysteresis, and why. Pure: no clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge.artifact.labels import NOTHING_LABEL, STALE_LABEL, UNKNOWN_LABEL
from edge.artifact.spec import ModelSpec
from edge.classify import confidence_score
from edge.classify.results import Decision, Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray


Decide = Callable[[Prediction, datetime], Decision]
"""From a prediction, and the time of its frame (UTC), to the answer."""


def decide_alone(prediction: Prediction, time: datetime) -> Decision:
    """The answer to a picture that has nothing to do with the one before it."""
    return Decision(prediction.label, prediction.probability, time, changed=True, reason=prediction.reason)


class Decider:
    """The answer to a stream.

    Whether it is something known is judged by the frames' scores, smoothed: a single frame's score is what the
    threshold was measured on. Which class it is, by their probabilities, smoothed. Times come from the frames, so that
    it behaves the same at 5 and 30 frames a second.
    """

    def __init__(self, spec: ModelSpec) -> None:
        """Start without a memory."""
        self._labels = spec.labels
        self._rule = spec.decision
        self._last: Decision | None = None
        self._frame_time: datetime | None = None
        self._candidate = UNKNOWN_LABEL  # what the smoothed evidence points to
        self._held = 0  # for how many frames that said so themselves
        self._presence = _Smoothed()
        self._score = _Smoothed()
        self._probabilities = _Smoothed()

    def decide(self, prediction: Prediction, time: datetime) -> Decision:
        """Take a frame's prediction and give the answer.

        Args:
            prediction: what the frame was taken for on its own.
            time: UTC, of the frame. Going backwards costs that one frame its weight.
        """
        shown = UNKNOWN_LABEL if self._last is None or self._is_stale(time) else self._last.label
        self._frame_time = time
        candidate, why = self._judge(self._smoothed(prediction, time), shown)
        # In the mixture of two garments a label may lead that is gone already: only frames that agree are counted.
        agrees = self._judge(_evidence_of(prediction), shown)[0] == candidate
        self._held = (self._held if candidate == self._candidate else 0) + agrees
        self._candidate = candidate
        if candidate != shown:
            needed = self._rule.hold_frames
            why = f"{candidate} held {min(self._held, needed)} of {needed} frames: {why}"
        label = candidate if self._held >= self._rule.hold_frames else shown
        return self._show(label, self._probability_of(label), time, why)

    def at(self, time: datetime) -> Decision:
        """The answer at a time without a new frame: the last one, or `stale` if that is too long ago.

        Args:
            time: UTC.
        """
        if self._last is not None and not self._is_stale(time):
            return self._last._replace(changed=False)
        if self._frame_time is None:
            return self._show(STALE_LABEL, 0.0, time, "no frame yet")
        limit = self._rule.stale_after_s
        since = self._frame_time + timedelta(seconds=limit)
        return self._show(STALE_LABEL, 0.0, since, f"no frame for more than {limit:g} s")

    def _is_stale(self, time: datetime) -> bool:
        if self._frame_time is None or (self._last is not None and self._last.label == STALE_LABEL):
            return True
        return (time - self._frame_time).total_seconds() > self._rule.stale_after_s

    def _smoothed(self, prediction: Prediction, time: datetime) -> _Evidence:
        """All frames so far with this one; where no network has looked, nothing can be learnt about classes."""
        smoothing_s = self._rule.smoothing_s
        self._presence.add(np.array([prediction.presence_score], np.float32), time, smoothing_s)
        if prediction.label != NOTHING_LABEL:
            self._score.add(np.array([prediction.score], np.float32), time, smoothing_s)
            self._probabilities.add(prediction.probabilities, time, smoothing_s)
        if not self._probabilities.value.size:
            return _evidence_of(prediction)
        return _Evidence(float(self._presence.value[0]), float(self._score.value[0]), self._probabilities.value)

    def _judge(self, evidence: _Evidence, shown: str) -> tuple[str, str]:
        """What the evidence points to, given what is shown; and why."""
        rule = self._rule
        if shown == NOTHING_LABEL:
            limit, name = rule.presence_on_threshold, "on-threshold "
        else:
            limit, name = rule.presence_threshold, "off-threshold "
        if evidence.probabilities is None or evidence.presence_score < limit:
            return NOTHING_LABEL, confidence_score.compared("presence", evidence.presence_score, limit, name=name)
        best = self._best(evidence.probabilities, shown)
        bar, name = (rule.off_threshold, "off-threshold") if best == shown else (rule.threshold, "on-threshold")
        why = confidence_score.sentence(evidence.score, bar, kind=rule.score, name=name)
        return (best if evidence.score >= bar else UNKNOWN_LABEL), why

    def _best(self, probabilities: NDArray[np.float32], shown: str) -> str:
        """The likeliest class; what is shown stays it until another leads by the margin."""
        best = int(probabilities.argmax())
        if shown in self._labels:
            lead = float(probabilities[best] - probabilities[self._labels.index(shown)])
            return shown if lead < self._rule.off_margin else self._labels[best]
        return self._labels[best]

    def _probability_of(self, label: str) -> float:
        probabilities = self._probabilities.value
        if label == NOTHING_LABEL or not probabilities.size:
            return 0.0
        return float(probabilities[self._labels.index(label)] if label in self._labels else probabilities.max())

    def _show(self, label: str, probability: float, time: datetime, reason: str) -> Decision:
        """Remember and return the answer; `time` counts if it is a new one."""
        last = self._last
        changed = last is None or last.label != label
        since = time if last is None or changed else last.since
        self._last = Decision(label, probability, since, changed, reason)
        return self._last


class _Evidence(NamedTuple):
    """What speaks for an answer: of one frame, or smoothed."""

    presence_score: float
    score: float
    probabilities: NDArray[np.float32] | None
    """float32, shape (classes,), 0-1; None where no network has looked."""


def _evidence_of(prediction: Prediction) -> _Evidence:
    """What one frame says by itself."""
    probabilities = None if prediction.label == NOTHING_LABEL else prediction.probabilities
    return _Evidence(prediction.presence_score, prediction.score, probabilities)


class _Smoothed:
    """An exponential average over time."""

    def __init__(self) -> None:
        self.value: NDArray[np.float32] = np.zeros(0, np.float32)
        self._time: datetime | None = None

    def add(self, value: NDArray[np.float32], time: datetime, smoothing_s: float) -> None:
        """Let a new value in, with the weight of the time that has passed; the first one counts in full."""
        weight = 1.0
        if self._time is not None and smoothing_s > 0:
            elapsed_s = max(0.0, (time - self._time).total_seconds())
            weight = -math.expm1(-elapsed_s / smoothing_s)
        self._time = time
        self.value = value if weight == 1.0 else self.value + np.float32(weight) * (value - self.value)
