"""Lines for the terminal: one an image; on a stream one a change, and below it the newest frame."""

from __future__ import annotations

import shutil
from typing import TextIO

from edge.classify.results import KNOWN_STATE, Decision, Prediction
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame

_ERASE_LINE = "\r\x1b[K"  # ECMA-48: to the line's start, erase to its end


class TerminalSink(Sink):
    """Writes a line a frame."""

    def __init__(self, stream: TextIO, *, label_width: int) -> None:
        """Begin; `label_width` is the longest label's length, in characters."""
        self._stream = stream
        self._label_width = label_width

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Write one line."""
        text = line(frame, prediction, decision, label_width=self._label_width)
        self._stream.write(f"{text}{runners_up(prediction, decision)}\n")
        self._stream.flush()


class ChangesSink(TerminalSink):
    """Writes a line a change, with its reason; a terminal also sees each frame."""

    def __init__(self, stream: TextIO, *, label_width: int) -> None:
        super().__init__(stream, label_width=label_width)
        self._is_terminal = stream.isatty()

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Write a line if the decision changed; on a terminal, renew the last line."""
        if decision.changed or self._is_terminal:
            self._show(line(frame, prediction, decision, label_width=self._label_width), decision)

    def idle(self, decision: Decision) -> None:
        """Write a line when the decision becomes stale."""
        if decision.changed or self._is_terminal:
            self._show(f"{'-':>5}  {decision.label}", decision)

    def _show(self, text: str, decision: Decision) -> None:
        """Write a line that stays if the decision changed, else one that the next overwrites."""
        text = f"{text}  ({decision.reason})"
        if self._is_terminal:
            self._stream.write(_ERASE_LINE)
        columns = shutil.get_terminal_size().columns - 1  # what wraps can't be erased
        self._stream.write(f"{text}\n" if decision.changed else text[:columns])
        self._stream.flush()

    def close(self) -> None:
        """Erase the line that would have been overwritten."""
        if self._is_terminal:
            self._stream.write(_ERASE_LINE)
            self._stream.flush()


def line(frame: Frame, prediction: Prediction, decision: Decision, *, label_width: int = 11) -> str:
    """Return frame number, label, probability, milliseconds and source as one line."""
    origin = f"drawn: {frame.true_label}" if frame.true_label else frame.source
    milliseconds = prediction.latency_ns["total"] / 1e6
    head = f"{frame.number:5d}  {decision.label:<{label_width}} {decision.probability:6.1%}  {milliseconds:6.2f} ms"
    return f"{head}  {origin}"


def runners_up(prediction: Prediction, decision: Decision) -> str:
    """Return the next likely classes in brackets; for a decision that is no class, the reason too."""
    is_known = decision.state == KNOWN_STATE
    candidates = prediction.top_k[1:] if is_known else prediction.top_k
    others = ", ".join(f"{label} {probability:.0%}" for label, probability in candidates if probability >= 0.005)
    if is_known:
        return f"  (or {others})" if others else ""
    return f"  ({decision.reason}: {others})" if others else f"  ({decision.reason})"
