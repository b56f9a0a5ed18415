"""Frames kept for a person to correct and to train on: a folder for each answer, a limit to all, the oldest out first.

`DIR/Coat/20261122T150405.123Z_Coat.jpg` is what the runner looked at, and beside it a .json tells all about the answer.
Move a picture into the right folder and `python -m train --data DIR` learns from it. What was moved or renamed belongs
to that person: it is neither counted nor deleted.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from datetime import timezone
from pathlib import Path

import cv2

from edge.artifact.decision_spec import DecisionSpec
from edge.classify.results import Decision, Prediction
from edge.sinks.delivery.uncertain_filter import why_uncertain
from edge.sinks.text.jsonl import as_record
from edge.sources.frame import Frame
from edge.system import atomic_file
from edge.vision.prepared_input import Region

_JPEG_QUALITY = 95
_OURS = re.compile(r"(?P<time>\d{8}T\d{6}\.\d{3}Z)_(?P<label>.+)\.(jpg|json)")


class SnapshotSink:
    """Writes every frame it is given (see `edge.sinks.protocol.Sink`); `UncertainFrames` chooses them."""

    def __init__(
        self, folder: Path, *, limit_bytes: int, rule: DecisionSpec, model_sha256: str, region: Region | None = None
    ) -> None:
        """Remember where to write.

        Args:
            folder: holds a folder for each answer.
            limit_bytes: of all pictures and their .json together.
            rule: what the frames were judged by.
            model_sha256: which model it is that speaks.
            region: the part of the frame that is looked at; None: the whole.

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
        """Make room, then write the picture and what was said of it."""
        label = folder_name(decision.label)
        image = frame.image if self._region is None else self._region.cut(frame.image)[0]
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        record = as_record(frame, prediction, decision, model_sha256=self._model_sha256)
        record["uncertain"] = why_uncertain(prediction, self._rule)
        text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
        self._make_room(len(encoded) + len(text.encode()))
        time = frame.time.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
        path = self._folder / label / f"{time}_{label}.jpg"
        atomic_file.write_text(path.with_suffix(".json"), text)
        atomic_file.write_bytes(path, encoded.tobytes())

    def idle(self, decision: Decision) -> None:
        """Without a frame there is nothing to write."""

    def close(self) -> None:
        """Nothing is kept back."""

    def _make_room(self, size_bytes: int) -> None:
        """Delete the oldest until there is room; looked up anew each time, because people move these files about."""
        kept = sorted((path.name, path, path.stat().st_size) for path in _ours(self._folder))
        total = sum(size for _, _, size in kept) + size_bytes
        for _, path, size in kept:
            if total <= self._limit_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size


def folder_name(label: str) -> str:
    """A label as the name of a folder, the same on every disk: `T-shirt/top` becomes `T-shirt-top`."""
    return re.sub(r'[/\\:*?"<>|\x00-\x1f]', "-", label).strip(". ") or "-"


def _ours(folder: Path) -> Iterator[Path]:
    """What this sink wrote and nobody has moved: the folder is still called as the file says."""
    for path in folder.glob("*/*"):
        match = _OURS.fullmatch(path.name)
        if match and match["label"] == path.parent.name:
            yield path
