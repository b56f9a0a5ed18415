"""The exact text of a line."""

from __future__ import annotations

import io
from datetime import datetime, timezone

import numpy as np
import pytest

from edge.classifier import Prediction
from edge.sinks import TerminalSink
from edge.sinks.terminal import line
from edge.sources import Frame

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


def frame(number: int = 7, *, true_label: str | None = None) -> Frame:
    """A frame of a file."""
    return Frame(np.zeros((2, 2, 3), np.uint8), number, "shirts/a.jpg", NOON, true_label=true_label)


def prediction(*ranked: tuple[str, float], label: str | None = None) -> Prediction:
    """A prediction that took 1.234 ms."""
    latency_ns = {"vision": 1_000_000, "invoke": 200_000, "decide": 34_000, "total": 1_234_000}
    return Prediction(label or ranked[0][0], ranked[0][1], ranked, latency_ns, np.zeros((1, 1), np.uint8))


@pytest.mark.parametrize(
    ("shown", "predicted", "text"),
    [
        (
            frame(),
            prediction(("Coat", 0.523), ("Shirt", 0.357), ("Pullover", 0.12)),
            "    7  Coat         52.3%    1.23 ms  shirts/a.jpg  (or Shirt 36%, Pullover 12%)",
        ),
        (
            frame(12345, true_label="Bag"),
            prediction(("Ankle boot", 1.0), ("Bag", 0.0)),
            "12345  Ankle boot  100.0%    1.23 ms  drawn: Bag",
        ),
        (
            frame(),
            prediction(("Bag", 0.99), ("Coat", 0.005), ("Dress", 0.0049)),
            "    7  Bag          99.0%    1.23 ms  shirts/a.jpg  (or Coat 0%)",
        ),
        (
            frame(),
            prediction(("Bag", 0.3), label="unknown"),
            "    7  unknown      30.0%    1.23 ms  shirts/a.jpg",
        ),
    ],
    ids=["runners-up", "drawn, certain", "half a percent is the least that is named", "unknown"],
)
def test_line(shown: Frame, predicted: Prediction, text: str) -> None:
    assert line(shown, predicted) == text


def test_labels_of_any_length_line_up() -> None:
    texts = [line(frame(), prediction((label, 0.5)), label_width=20) for label in ("Hut", "A name of twenty let")]
    assert {text.index("50.0%") for text in texts} == {7 + 20 + 2}


def test_every_line_is_flushed_at_once() -> None:
    flushed: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    sink = TerminalSink(Pipe(), label_width=5)
    sink.write(frame(1), prediction(("Bag", 0.5)))
    sink.write(frame(2), prediction(("Bag", 0.5)))
    sink.close()
    assert [text.count("\n") for text in flushed[:2]] == [1, 2]
    assert flushed[0] == "    1  Bag    50.0%    1.23 ms  shirts/a.jpg\n"
