"""What every sink offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge.classify.results import Decision, Prediction
    from edge.sources.frame import Frame


class Sink(Protocol):
    """A place for answers."""

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Take a frame, what it was taken for on its own, and the answer that came of it."""
        ...

    def idle(self, decision: Decision) -> None:
        """Take the answer at a moment without a new frame: `stale`, and why; about once a second while that lasts."""
        ...

    def close(self) -> None:
        """Finish: write what was gathered."""
        ...
