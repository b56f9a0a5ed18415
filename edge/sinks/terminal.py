"""One line a frame, for people."""

from __future__ import annotations

from typing import TextIO

from edge.classifier import Prediction
from edge.sources.frame import Frame


class TerminalSink:
    """Writes a line a frame (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, stream: TextIO, *, label_width: int) -> None:
        """Remember where to write, and the longest label's length so that columns line up."""
        self._stream = stream
        self._label_width = label_width

    def write(self, frame: Frame, prediction: Prediction) -> None:
        """Write one line."""
        self._stream.write(line(frame, prediction, label_width=self._label_width) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is kept back."""


def line(frame: Frame, prediction: Prediction, *, label_width: int = 11) -> str:
    """Frame number, label, probability, milliseconds, the runners-up, and where the frame is from."""
    others = ", ".join(
        f"{label} {probability:.0%}" for label, probability in prediction.top_k[1:] if probability >= 0.005
    )
    origin = f"drawn: {frame.true_label}" if frame.true_label else frame.source
    milliseconds = prediction.latency_ns["total"] / 1e6
    head = f"{frame.number:5d}  {prediction.label:<{label_width}} {prediction.probability:6.1%}  {milliseconds:6.2f} ms"
    return f"{head}  {origin}" + (f"  (or {others})" if others else "")
