"""Most frames are shown again, all are numbered, and a new one comes for each hundred."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from benchmarks.runner import long_demo
from benchmarks.runner.long_demo import LongDemo
from edge.sources.demo import DemoSource


def test_frames_come_again_and_one_in_every_round_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_demo, "KEPT", 3)
    shown = list(islice(LongDemo().frames(), 8))
    drawn = list(islice(DemoSource().frames(), 5))
    order = [0, 1, 2, 1, 2, 3, 2, 3]  # the oldest goes when a new one comes
    assert [frame.number for frame in shown] == list(range(8))
    assert [frame.true_label for frame in shown] == [drawn[place].true_label for place in order]
    assert all(np.array_equal(frame.image, drawn[place].image) for frame, place in zip(shown, order, strict=True))
    assert shown[1].image is not shown[3].image
