"""One JSON object a line, with keys that stay."""

from __future__ import annotations

import json
from typing import Any, TextIO

from edge.classifier import Prediction
from edge.sources.frame import Frame


class JsonLinesSink:
    """Writes a line a frame (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, stream: TextIO, *, model_sha256: str) -> None:
        """Remember where to write and which model it is that speaks."""
        self._stream = stream
        self._model_sha256 = model_sha256

    def write(self, frame: Frame, prediction: Prediction) -> None:
        """Write one line and flush it: the reader may be a program that waits for it."""
        record = as_record(frame, prediction, model_sha256=self._model_sha256)
        self._stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is kept back."""


def as_record(frame: Frame, prediction: Prediction, *, model_sha256: str) -> dict[str, Any]:
    """The JSON object of one prediction.

    Returns:
        frame (number), source (path, URL or camera), time (ISO 8601, UTC), label, probability (0-1),
        top_k (list of label and probability), latency_ns (stage -> nanoseconds), model_sha256.
    """
    return {
        "frame": frame.number,
        "source": frame.source,
        "time": frame.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "label": prediction.label,
        "probability": round(prediction.probability, 6),
        "top_k": [{"label": label, "probability": round(value, 6)} for label, value in prediction.top_k],
        "latency_ns": prediction.latency_ns,
        "model_sha256": model_sha256,
    }
