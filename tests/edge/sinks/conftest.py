"""Frames, predictions and answers for the tests of sinks, and a sink that does as it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from edge.classify.results import Decision, Prediction
from edge.sources import Frame

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


@pytest.fixture
def frame() -> Callable[..., Frame]:
    """Make a grey frame, so many seconds after noon."""

    def make(number: int = 0, *, seconds: float = 0.0, height: int = 60, width: int = 80, grey: int = 90) -> Frame:
        time = NOON + timedelta(seconds=seconds)
        return Frame(np.full((height, width, 3), grey, np.uint8), number, "camera 0", time)

    return make


@pytest.fixture
def prediction() -> Callable[..., Prediction]:
    """Make a prediction of two classes."""

    def make(label: str = "Coat", *, top1: float = 0.9, score: float | None = None) -> Prediction:
        is_nothing = label == "nothing"
        return Prediction(
            label=label,
            probability=0.0 if is_nothing else top1,
            top_k=() if is_nothing else (("Coat", top1), ("Shirt", 1 - top1)),
            latency_ns={"vision": 2_000_000, "invoke": 500_000, "decide": 100_000, "total": 2_600_000},
            pixels=np.arange(4, dtype=np.uint8).reshape(2, 2),
            probabilities=np.array([top1, 1 - top1], np.float32),
            score=top1 if score is None else score,
            presence_score=0.75,
            outline=np.array([(10, 10), (50, 10), (50, 40)], np.int32),
            reason="top1 0.90 reaches threshold 0.70",
        )

    return make


@pytest.fixture
def decision() -> Callable[..., Decision]:
    """Make an answer."""

    def make(label: str = "Coat", *, changed: bool = False, reason: str = "Coat held 3 of 3 frames") -> Decision:
        return Decision(label, 0.875, NOON, changed=changed, reason=reason)

    return make


@dataclass
class FakeSink:
    """Remembers what it got; raises what it is told to."""

    got: list[Frame | Decision] = field(default_factory=list)
    closed: int = 0
    error: Exception | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        self._take(frame)

    def idle(self, decision: Decision) -> None:
        self._take(decision)

    def close(self) -> None:
        self.closed += 1

    def _take(self, item: Frame | Decision) -> None:
        if self.error:
            raise self.error
        self.got.append(item)

    @property
    def numbers(self) -> list[int]:
        """Numbers of the frames."""
        return [item.number for item in self.got if isinstance(item, Frame)]


@pytest.fixture
def fake_sink() -> type[FakeSink]:
    """The class of a sink that does as it is told."""
    return FakeSink
