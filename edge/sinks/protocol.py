"""What every sink offers."""

from __future__ import annotations

from typing import Protocol

from edge.classifier import Prediction
from edge.sources.frame import Frame


class Sink(Protocol):
    """A place for predictions."""

    def write(self, frame: Frame, prediction: Prediction) -> None:
        """Take one prediction, with the frame it was made from."""
        ...

    def close(self) -> None:
        """Finish: write what was gathered."""
        ...
