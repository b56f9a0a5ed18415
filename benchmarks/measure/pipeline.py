"""From a camera's picture to a written decision: what a frame costs besides the network; needs OpenCV."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.classify.classifier import Classifier
from edge.classify.decision import Decider
from edge.sinks.text.jsonl import JsonLinesSink
from edge.sources.frame import Frame

STAGES = ("decode", "vision", "invoke", "decide", "write")

_FRAME_RATE = 30  # what a stream's decision is told about the time between two frames
_JPEG_QUALITY = 90  # about what USB cameras send


def as_jpeg(frames: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Compress frames, uint8 BGR (H, W, 3), 0-255, as a USB camera does: uint8, shape (bytes,)."""
    quality = (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY)
    return [np.asarray(cv2.imencode(".jpg", frame, quality)[1], np.uint8).ravel() for frame in frames]


class EndToEnd:
    """All that a run does with a picture: decode it, classify it, decide as on a stream, write a line of JSON."""

    def __init__(self, classifier: Classifier, out: TextIO) -> None:
        """Start a stream, whose lines go to `out`."""
        self._classifier = classifier
        self._decider = Decider(classifier.spec)
        self._sink = JsonLinesSink(out, model_sha256=classifier.artifact.sha256)
        self._number = 0
        self._started = datetime.now(timezone.utc)

    def __call__(self, picture: NDArray[np.uint8]) -> dict[str, int]:
        """Handle a JPEG in memory, uint8, shape (bytes,), and return the nanoseconds of each of `STAGES`."""
        started = time.perf_counter_ns()
        image = np.asarray(cv2.imdecode(picture, cv2.IMREAD_COLOR), np.uint8)
        decoded = time.perf_counter_ns()
        taken = self._started + timedelta(seconds=self._number / _FRAME_RATE)
        prediction = self._classifier.classify(image)
        classified = time.perf_counter_ns()
        decision = self._decider.decide(prediction, taken)
        decided = time.perf_counter_ns()
        self._sink.write(Frame(image, self._number, "benchmark", taken), prediction, decision)
        written = time.perf_counter_ns()
        self._number += 1
        return {
            "decode": decoded - started,
            "vision": prediction.latency_ns["vision"],
            "invoke": prediction.latency_ns["invoke"],
            "decide": prediction.latency_ns["decide"] + decided - classified,
            "write": written - decided,
        }
