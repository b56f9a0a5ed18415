"""Uncertain frames, kept for a person to correct and to train on: one folder a label, limited in size.

`DIR/Coat/20261122T150405.123Z_Coat.jpg` is the image that was classified; the .json beside it holds the decision.
Move an image into the right folder and `python -m train --data DIR` learns from it. Files that were moved or renamed
belong to the user: they are neither counted nor deleted.
"""

from __future__ import annotations

from pathlib import Path

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.spec import NOTHING_LABEL, UNKNOWN_LABEL
from edge.classify.results import Decision, Prediction
from edge.datasets.class_names import folder_name
from edge.sinks.images.class_folders import ClassFolders
from edge.sinks.protocol import Sink
from edge.sinks.text.jsonl import as_record
from edge.sources.frame import Frame
from edge.vision.region import Region

_DIGITS = 5  # of a clock that counts seconds from 1970
_NARROW_LEAD = 0.2  # of the likeliest class over the second: ambiguous between two classes


def uncertainty_reason(prediction: Prediction, rule: DecisionSpec) -> str:
    """Return the reason why a single frame is uncertain; empty if it isn't.

    A score less than `off_margin` above the threshold is near it.
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


class UncertaintyFilter(Sink):
    """Passes uncertain frames on, at a limited rate."""

    def __init__(self, sink: Sink, *, rule: DecisionSpec, every_s: float) -> None:
        """Wrap a sink; `every_s` is the least time between two frames by their own clock, 0 for no limit."""
        self._sink = sink
        self._rule = rule
        self._every_s = every_s
        self._last_s: float | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Pass the frame on if it is uncertain and the last one is long enough ago."""
        # A clock that was set back, by however much, doesn't hold a frame back.
        if self._last_s is not None and 0 <= round(frame.clock_s - self._last_s, _DIGITS) < self._every_s:
            return
        if uncertainty_reason(prediction, self._rule):
            self._last_s = frame.clock_s
            self._sink.write(frame, prediction, decision)

    def close(self) -> None:
        """Close the sink."""
        self._sink.close()


class SnapshotSink(Sink):
    """Writes every frame that it gets."""

    def __init__(
        self, folder: Path, *, limit_bytes: int, rule: DecisionSpec, model_sha256: str, region: Region | None = None
    ) -> None:
        """Make the folder and remove what a killed run left unfinished.

        `limit_bytes` holds for all images and their .json together; the oldest are deleted first.

        Raises:
            OSError: the folder can't be made or written to.
        """
        self._folders = ClassFolders(folder, limit_bytes=limit_bytes)
        self._rule = rule
        self._model_sha256 = model_sha256
        self._region = region

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Make room, then write the image and its decision."""
        image = frame.image if self._region is None else self._region.cut(frame.image)[0]
        record = as_record(frame, prediction, decision, model_sha256=self._model_sha256)
        record["uncertain"] = uncertainty_reason(prediction, self._rule)
        self._folders.write(folder_name(decision.label), image, frame.time, record)
