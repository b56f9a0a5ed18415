"""One JSON object a line, with keys that stay."""

from __future__ import annotations

import json
import math
import os
import stat
from contextlib import suppress
from datetime import datetime
from typing import Any, TextIO

from edge.classify.results import Decision, Prediction
from edge.sources.frame import Frame

_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for every line


class JsonLinesSink:
    """Writes a line a frame (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, stream: TextIO, *, model_sha256: str) -> None:
        """Remember where to write and which model it is that speaks.

        Args:
            stream: where to; a file that ends in half a line, as a power cut leaves it, gets that line's end first.
            model_sha256: which model it is that speaks.
        """
        self._stream = stream
        if _ends_in_half_a_line(stream):
            self._stream.write("\n")
        self._model_sha256 = model_sha256
        self._source: str | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Write one line and flush it: the reader may be a program that waits for it."""
        self._source = frame.source
        self._put(as_record(frame, prediction, decision, model_sha256=self._model_sha256))

    def idle(self, decision: Decision) -> None:
        """Write one line when the answer has become stale, and none while it stays so."""
        if decision.changed:
            self._put(as_stale_record(decision, source=self._source, model_sha256=self._model_sha256))

    def _put(self, record: dict[str, Any]) -> None:
        self._stream.write(_encode(record) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is kept back."""


def as_record(frame: Frame, prediction: Prediction, decision: Decision, *, model_sha256: str) -> dict[str, Any]:
    """The JSON object of one frame.

    Returns:
        frame (number), source (path, URL or camera), time (ISO 8601, UTC).

        The answer: label (a class, unknown or nothing), state (known, unknown or nothing), probability (0-1, of the
        label; for unknown of the likeliest class; on a stream smoothed), reason (a sentence), since (ISO 8601, UTC,
        when it became the answer), changed (whether the answer before was another).

        This frame on its own: presence (0-1, that there is something), score (what was compared with the threshold,
        null where no network has looked), top_k (list of label and probability, empty for nothing), latency_ns
        (stage -> nanoseconds). And model_sha256.
    """
    return {
        "frame": frame.number,
        "source": frame.source,
        "time": _iso(frame.time),
        "label": decision.label,
        "state": decision.state,
        "probability": round(decision.probability, 6),
        "reason": decision.reason,
        "since": _iso(decision.since),
        "changed": decision.changed,
        "presence": round(prediction.presence_score, 6),
        "score": round(prediction.score, 6) if math.isfinite(prediction.score) else None,
        "top_k": [{"label": label, "probability": round(value, 6)} for label, value in prediction.top_k],
        "latency_ns": prediction.latency_ns,
        "model_sha256": model_sha256,
    }


def as_stale_record(decision: Decision, *, source: str | None, model_sha256: str) -> dict[str, Any]:
    """The JSON object of a moment without a frame: the keys of a frame's; what only a frame has is null or empty.

    Its time is the moment from which on the answer was too old.
    """
    return {
        "frame": None,
        "source": source,
        "time": _iso(decision.since),
        "label": decision.label,
        "state": decision.state,
        "probability": decision.probability,
        "reason": decision.reason,
        "since": _iso(decision.since),
        "changed": decision.changed,
        "presence": None,
        "score": None,
        "top_k": [],
        "latency_ns": {},
        "model_sha256": model_sha256,
    }


def _ends_in_half_a_line(stream: TextIO) -> bool:
    """Whether the stream goes on with a file (`>> FILE`) whose last line is cut; False where nobody can know."""
    with suppress(OSError):  # io.UnsupportedOperation too: no file at all
        status = os.fstat(stream.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size:
            with open(f"/proc/self/fd/{stream.fileno()}", "rb") as file:  # noqa: PTH123  # >> opened it for writing alone
                file.seek(-1, os.SEEK_END)
                return file.read(1) != b"\n"
    return False


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
