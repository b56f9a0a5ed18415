"""Long demo."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from benchmarks.overhead import inputs
from benchmarks.overhead.inputs import LongDemo
from edge.sources.demo import DemoSource


def test_frames_come_again_in_arrays_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "DRAWN", 3)
    shown = list(islice(LongDemo().frames(), 5))
    drawn = list(islice(DemoSource().frames(), 3))
    order = [0, 1, 2, 0, 1]
    assert [frame.number for frame in shown] == list(range(5))
    assert [frame.true_label for frame in shown] == [drawn[place].true_label for place in order]
    assert all(np.array_equal(frame.image, drawn[place].image) for frame, place in zip(shown, order, strict=True))
    assert shown[0].image is not shown[3].image
