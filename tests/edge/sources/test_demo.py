"""The drawn camera: labelled frames without end, the same at every run."""

from __future__ import annotations

from itertools import islice

import numpy as np

from edge.demo import draw_frame
from edge.sources import open_source
from edge.sources.demo import DemoSource
from edge.spec import FASHION_MNIST_LABELS


def test_frames_are_those_of_the_drawing_with_their_labels() -> None:
    source = open_source("demo")
    assert isinstance(source, DemoSource)
    for number, frame in enumerate(islice(source.frames(), 3)):
        drawn = draw_frame(number)
        assert np.array_equal(frame.image, drawn.image)
        assert frame.true_label == FASHION_MNIST_LABELS[drawn.label_index]
        assert (frame.number, frame.source) == (number, "demo")
        assert frame.time.utcoffset() is not None
    source.close()
    assert source.skipped == 0


def test_seed_and_hold_reach_the_drawing() -> None:
    frames = list(islice(DemoSource(seed=4, hold=2).frames(), 3))
    assert all(np.array_equal(frames[n].image, draw_frame(n, seed=4, hold=2).image) for n in range(3))
    assert frames[0].true_label == frames[1].true_label
