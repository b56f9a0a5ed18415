"""The JSON object of a frame: its keys, in order, and its values."""

from __future__ import annotations

import io
import json
import math
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest

from edge.classify.results import Decision, Prediction
from edge.sinks.text.jsonl import JsonLinesSink, as_record
from edge.sources import Frame

LATENCY_NS = {"vision": 500, "invoke": 300, "decide": 20, "total": 820}
FRAME = Frame(
    np.zeros((2, 2, 3), np.uint8), 3, "bilder/hüt.jpg", datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=timezone.utc)
)
PREDICTION = Prediction(
    label="Hut",
    probability=2 / 3,
    top_k=(("Hut", 2 / 3), ("Müħle", 1 / 3)),
    latency_ns=LATENCY_NS,
    pixels=np.zeros((1, 1), np.uint8),
    probabilities=np.array([2 / 3, 1 / 3], np.float32),
    score=1 / 3,
    presence_score=0.987654321,
    outline=np.zeros((0, 2), np.int32),
    reason="of the frame alone",
)
DECISION = Decision(
    "Müħle", 4 / 7, datetime(2026, 1, 2, 3, 4, 4, tzinfo=timezone.utc), changed=False, reason="Hut held 1 of 3 frames"
)


def test_one_object_a_line_with_stable_keys() -> None:
    stream = io.StringIO()
    sink = JsonLinesSink(stream, model_sha256="ab" * 32)
    sink.write(FRAME, PREDICTION, DECISION)
    sink.write(FRAME, PREDICTION, DECISION)
    sink.close()
    first, second = stream.getvalue().splitlines()
    assert first == second
    assert list(json.loads(first).items()) == [
        ("frame", 3),
        ("source", "bilder/hüt.jpg"),
        ("time", "2026-01-02T03:04:05.678Z"),
        ("position_s", None),
        ("label", "Müħle"),
        ("state", "known"),
        ("probability", 0.571429),
        ("reason", "Hut held 1 of 3 frames"),
        ("since", "2026-01-02T03:04:04.000Z"),
        ("changed", False),
        ("presence", 0.987654),
        ("score", 0.333333),
        ("top_k", [{"label": "Hut", "probability": 0.666667}, {"label": "Müħle", "probability": 0.333333}]),
        ("latency_ns", LATENCY_NS),
        ("model_sha256", "ab" * 32),
    ]
    assert "Müħle" in first


def test_a_score_that_no_network_gave_is_null() -> None:
    nothing = PREDICTION._replace(score=-math.inf, top_k=())
    record = as_record(FRAME, nothing, DECISION._replace(label="nothing"), model_sha256="")
    assert (record["state"], record["score"], record["top_k"]) == ("nothing", None, [])
    assert "Infinity" not in json.dumps(record)


def test_every_line_is_flushed_at_once() -> None:
    flushed: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    JsonLinesSink(Pipe(), model_sha256="").write(FRAME, PREDICTION, DECISION)
    assert json.loads(flushed[0])["frame"] == 3


def test_what_became_stale_is_one_line_with_the_same_keys() -> None:
    stream = io.StringIO()
    sink = JsonLinesSink(stream, model_sha256="ab" * 32)
    stale = Decision("stale", 0.0, DECISION.since, changed=True, reason="a read failed")
    sink.idle(stale)
    sink.write(FRAME, PREDICTION, DECISION)
    sink.idle(stale)
    sink.idle(stale._replace(changed=False))
    early, frame, late = (json.loads(line) for line in stream.getvalue().splitlines())
    assert list(early) == list(frame) == list(late)
    assert (early["source"], late["source"]) == (None, "bilder/hüt.jpg")
    assert late == {
        "frame": None,
        "source": "bilder/hüt.jpg",
        "time": "2026-01-02T03:04:04.000Z",
        "position_s": None,
        "label": "stale",
        "state": "stale",
        "probability": 0.0,
        "reason": "a read failed",
        "since": "2026-01-02T03:04:04.000Z",
        "changed": True,
        "presence": None,
        "score": None,
        "top_k": [],
        "latency_ns": {},
        "model_sha256": "ab" * 32,
    }


@pytest.mark.parametrize("cut", ["", '{"frame": 6, "sour', "{}\n"], ids=["empty", "cut", "whole"])
def test_after_half_a_line_in_the_file_the_next_is_a_line_of_its_own(tmp_path: Path, cut: str) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(cut)
    with path.open("a", encoding="utf-8") as stream:
        JsonLinesSink(stream, model_sha256="").write(FRAME, PREDICTION, DECISION)
    before, last = path.read_text(encoding="utf-8").splitlines()[:-1], path.read_text(encoding="utf-8").splitlines()[-1]
    assert before == cut.splitlines()
    assert json.loads(last)["frame"] == 3


def test_a_videos_frame_says_where_in_the_video_it_lies() -> None:
    stream = io.StringIO()
    JsonLinesSink(stream, model_sha256="ab" * 32).write(FRAME._replace(position_s=1 / 3), PREDICTION, DECISION)
    assert json.loads(stream.getvalue())["position_s"] == 0.333
