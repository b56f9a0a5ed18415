"""Uncertain frames, kept for a person to correct and to train on: one folder a label, limited in size.

`DIR/Coat/20261122T150405.123Z_Coat.jpg` is the image that was classified; the .json beside it holds the decision.
Move an image into the right folder and `python -m train --data DIR` learns from it. Files that were moved or renamed
belong to the user: they are neither counted nor deleted.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import cv2

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.spec import NOTHING_LABEL, UNKNOWN_LABEL
from edge.classify.results import Decision, Prediction
from edge.sinks.protocol import Sink
from edge.sinks.text.jsonl import as_record
from edge.sources.frame import Frame
from edge.system import atomic_file
from edge.vision.prepared_input import Region

_JPEG_QUALITY = 95
_NARROW_LEAD = 0.2  # of the likeliest class over the second: ambiguous between two classes
_OURS = re.compile(r"(?P<time>\d{8}T\d{6}\.\d{3}Z)_(?P<label>.+)\.(jpg|json)")


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
        """Wrap a sink; `every_s` is the least time between two frames by their own timestamps, 0 for no limit."""
        self._sink = sink
        self._rule = rule
        self._every_s = every_s
        self._last: datetime | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Pass the frame on if it is uncertain and the last one is long enough ago."""
        # A clock that was set back, by however much, doesn't hold a frame back.
        if self._last is not None and 0 <= (frame.time - self._last).total_seconds() < self._every_s:
            return
        if uncertainty_reason(prediction, self._rule):
            self._last = frame.time
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
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to write pictures there", str(folder))
        for inner in folder.iterdir():
            atomic_file.sweep(inner)
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._rule = rule
        self._model_sha256 = model_sha256
        self._region = region

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Make room, then write the image and its decision."""
        label = folder_name(decision.label)
        image = frame.image if self._region is None else self._region.cut(frame.image)[0]
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        record = as_record(frame, prediction, decision, model_sha256=self._model_sha256)
        record["uncertain"] = uncertainty_reason(prediction, self._rule)
        text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
        self._make_room(len(encoded) + len(text.encode()))
        time = frame.time.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
        path = self._folder / label / f"{time}_{label}.jpg"
        atomic_file.write_text(path.with_suffix(".json"), text)
        atomic_file.write_bytes(path, encoded.tobytes())

    def _make_room(self, size_bytes: int) -> None:
        """Delete the oldest files until there is room; listed again each time, because users move these files."""
        kept = sorted((path.name, path, path.stat().st_size) for path in _ours(self._folder))
        total = sum(size for _, _, size in kept) + size_bytes
        for _, path, size in kept:
            if total <= self._limit_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size


def folder_name(label: str) -> str:
    """Return a label as a folder name that is valid on every disk: `T-shirt/top` becomes `T-shirt-top`."""
    return re.sub(r'[/\\:*?"<>|\x00-\x1f]', "-", label).strip(". ") or "-"


def _ours(folder: Path) -> Iterator[Path]:
    """Yield the files that this sink wrote and that still lie in the folder of their label."""
    for path in folder.glob("*/*"):
        match = _OURS.fullmatch(path.name)
        if match and match["label"] == path.parent.name:
            yield path
