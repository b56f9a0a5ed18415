"""Made-up parts of a run: a source of black frames, a classifier that says Coat, a sink that remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

import numpy as np

from edge.classify.results import Decision, Prediction
from edge.errors import FrameError
from edge.sources import Frame

BLACK = np.zeros((2, 2, 3), np.uint8)
NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


@dataclass
class FakeSource:
    """Gives `count` frames, then ends or breaks off; every frame asked for is counted."""

    count: int
    is_stream = False
    is_live = False
    labels: tuple[str | None, ...] = (None,)
    error: BaseException | None = None
    name: str = "fake"
    skipped: int = 0
    asked: int = 0
    closed: int = 0

    def frames(self) -> Iterator[Frame]:
        for number in range(self.count):
            self.asked += 1
            yield Frame(BLACK, number, self.name, NOON, true_label=self.labels[number % len(self.labels)])
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed += 1


@dataclass
class FakeClassifier:
    """Says Coat to everything; the frames whose numbers are in `blind` are no images to it."""

    blind: tuple[int, ...] = ()
    top_k: list[int] = field(default_factory=list)

    def classify(self, frame: np.ndarray, *, top_k: int) -> Prediction:
        assert frame is BLACK
        self.top_k.append(top_k)
        if len(self.top_k) - 1 in self.blind:
            raise FrameError("no image")
        return Prediction(
            "Coat", 0.5, (("Coat", 0.5),), {"total": 1}, np.zeros((1, 1), np.uint8), np.array([0.5, 0.5], np.float32),
            0.5, 1.0, np.zeros((0, 2), np.int32), "top1",
        )  # fmt: skip


@dataclass
class FakeSink:
    """Remembers the numbers of its frames."""

    numbers: list[int] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    stale: list[Decision] = field(default_factory=list)
    closed: int = 0
    error: BaseException | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        if self.error:
            raise self.error
        self.numbers.append(frame.number)
        self.decisions.append(decision)

    def idle(self, decision: Decision) -> None:
        self.stale.append(decision)

    def close(self) -> None:
        self.closed += 1
