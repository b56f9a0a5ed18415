"""The JSON object of a frame: its keys, in order, and its values."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone

import numpy as np

from edge.classifier import Prediction
from edge.sinks import JsonLinesSink
from edge.sources import Frame

LATENCY_NS = {"vision": 500, "invoke": 300, "decide": 20, "total": 820}
FRAME = Frame(
    np.zeros((2, 2, 3), np.uint8), 3, "bilder/hüt.jpg", datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=timezone.utc)
)
PREDICTION = Prediction("Müħle", 2 / 3, (("Müħle", 2 / 3), ("Hut", 1 / 3)), LATENCY_NS, np.zeros((1, 1), np.uint8))


def test_one_object_a_line_with_stable_keys() -> None:
    stream = io.StringIO()
    sink = JsonLinesSink(stream, model_sha256="ab" * 32)
    sink.write(FRAME, PREDICTION)
    sink.write(FRAME, PREDICTION)
    sink.close()
    first, second = stream.getvalue().splitlines()
    assert first == second
    assert list(json.loads(first).items()) == [
        ("frame", 3),
        ("source", "bilder/hüt.jpg"),
        ("time", "2026-01-02T03:04:05.678Z"),
        ("label", "Müħle"),
        ("probability", 0.666667),
        ("top_k", [{"label": "Müħle", "probability": 0.666667}, {"label": "Hut", "probability": 0.333333}]),
        ("latency_ns", LATENCY_NS),
        ("model_sha256", "ab" * 32),
    ]
    assert "Müħle" in first


def test_every_line_is_flushed_at_once() -> None:
    flushed: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    JsonLinesSink(Pipe(), model_sha256="").write(FRAME, PREDICTION)
    assert json.loads(flushed[0])["frame"] == 3
