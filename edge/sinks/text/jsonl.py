"""One JSON object a line, with stable keys; the record is also that of snapshots, CSV rows and the page."""

from __future__ import annotations

import json
import math
import os
import stat
from contextlib import suppress
from datetime import datetime
from typing import Any, TextIO

from edge.classify.results import Decision, Prediction
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame

_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for every line


class JsonLinesSink(Sink):
    """Writes a line a frame."""

    def __init__(self, stream: TextIO, *, model_sha256: str) -> None:
        """Complete a line that a power cut left."""
        self._stream = stream
        if _ends_in_half_a_line(stream):
            self._stream.write("\n")
        self._model_sha256 = model_sha256
        self._source: str | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Write one line and flush it: a program may wait for it."""
        self._source = frame.source
        self._put(as_record(frame, prediction, decision, model_sha256=self._model_sha256))

    def idle(self, decision: Decision) -> None:
        """Write one line when the decision becomes stale."""
        if decision.changed:
            self._put(as_stale_record(decision, source=self._source, model_sha256=self._model_sha256))

    def _put(self, record: dict[str, Any]) -> None:
        self._stream.write(_encode(record) + "\n")
        self._stream.flush()


def as_record(frame: Frame, prediction: Prediction, decision: Decision, *, model_sha256: str) -> dict[str, Any]:
    """Return the JSON object of one frame.

    Returns:
        frame (number), source (path, URL or camera), time (ISO 8601, UTC, of capture or reading), position_s (seconds
        from a video's first frame; null for what is no video) and model_sha256.

        The decision: label (a class, unknown or nothing), state (known, unknown or nothing), probability (0-1, of the
        label; of the likeliest class for unknown; smoothed on a stream), reason (a sentence), since (ISO 8601, UTC, of
        its beginning), changed (true if the decision before was another).

        The prediction, of this frame alone: presence (presence score, 0-1), score (compared with the threshold; null
        if the network did not run), top_k (list of label and probability, empty for nothing), latency_ns (stage ->
        nanoseconds).
    """
    return {
        "frame": frame.number,
        "source": frame.source,
        "time": iso_time(frame.time),
        "position_s": None if frame.position_s is None else round(frame.position_s, 3),
        "label": decision.label,
        "state": decision.state,
        "probability": round(decision.probability, 6),
        "reason": decision.reason,
        "since": iso_time(decision.since),
        "changed": decision.changed,
        "presence": round(prediction.presence_score, 6),
        "score": round(prediction.score, 6) if math.isfinite(prediction.score) else None,
        "top_k": [{"label": label, "probability": round(value, 6)} for label, value in prediction.top_k],
        "latency_ns": prediction.latency_ns,
        "model_sha256": model_sha256,
    }


def as_stale_record(decision: Decision, *, source: str | None, model_sha256: str) -> dict[str, Any]:
    """Return the JSON object of a moment without a frame: the same keys, null or empty for the values of a frame.

    Its time is the moment at which the decision became stale.
    """
    return {
        "frame": None,
        "source": source,
        "time": iso_time(decision.since),
        "position_s": None,
        "label": decision.label,
        "state": decision.state,
        "probability": decision.probability,
        "reason": decision.reason,
        "since": iso_time(decision.since),
        "changed": decision.changed,
        "presence": None,
        "score": None,
        "top_k": [],
        "latency_ns": {},
        "model_sha256": model_sha256,
    }


def _ends_in_half_a_line(stream: TextIO) -> bool:
    """Return True if the stream appends to a file (`>> FILE`) whose last line is cut; False if that is unknown."""
    with suppress(OSError):  # io.UnsupportedOperation too: no file at all
        status = os.fstat(stream.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size:
            with open(f"/proc/self/fd/{stream.fileno()}", "rb") as file:  # noqa: PTH123  # >> opened it for writing alone
                file.seek(-1, os.SEEK_END)
                return file.read(1) != b"\n"
    return False


def iso_time(time: datetime) -> str:
    """Return a time as ISO 8601 in UTC, with milliseconds: 2026-01-02T12:00:00.000Z."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
