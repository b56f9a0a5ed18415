"""The protocol of all sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge.classify.results import Decision, Prediction
    from edge.sources.frame import Frame


class Sink(Protocol):
    """Destination of decisions; a class that inherits from it does nothing in `idle` and `close` unless it says so."""

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Take a frame, its prediction, and the decision after it."""
        ...

    def idle(self, decision: Decision) -> None:  # noqa: ARG002  # for those that inherit
        """Take the decision at a moment without a new frame (`stale`), about once a second while that lasts."""
        return

    def close(self) -> None:
        """Write what is still buffered, and release files and connections."""
        return
