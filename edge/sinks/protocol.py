"""The protocol of all sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge.classify.results import Decision, Prediction
    from edge.sources.frame import Frame


class Sink(Protocol):
    """Destination of decisions."""

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Take a frame, its prediction, and the decision after it."""
        ...

    def idle(self, decision: Decision) -> None:
        """Take the decision at a moment without a new frame (`stale`), about once a second while that lasts."""
        ...

    def close(self) -> None:
        """Write what is still buffered, and release files and connections."""
        ...
