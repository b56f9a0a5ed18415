"""The drawn cameras: labelled frames without end, the same at every run; a picture a frame, or a video."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice

import numpy as np
import pytest

from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.demo import draw_frame
from edge.sources.demo import DemoSource, DemoVideoSource, drawn_names


def test_frames_are_those_of_the_drawing_with_their_labels() -> None:
    source = DemoSource()
    assert not source.is_stream
    for number, frame in enumerate(islice(source.frames(), 3)):
        drawn = draw_frame(number)
        assert np.array_equal(frame.image, drawn.image)
        assert frame.true_label == FASHION_MNIST_LABELS[drawn.label_index]
        assert (frame.number, frame.source) == (number, "demo")
        assert frame.time.utcoffset() is not None
    source.close()
    assert source.skipped == 0


def test_the_seed_reaches_the_drawing() -> None:
    frames = list(islice(DemoSource(seed=4).frames(), 2))
    assert all(np.array_equal(frames[n].image, draw_frame(n, seed=4).image) for n in range(2))


def test_a_video_shows_a_garment_for_two_seconds_at_thirty_frames() -> None:
    source = DemoVideoSource()
    assert source.is_stream
    frames = list(islice(source.frames(), 61))
    assert {frame.true_label for frame in frames[:60]} == {frames[0].true_label}
    assert frames[60].true_label != frames[0].true_label
    assert np.array_equal(frames[60].image, draw_frame(60, hold=60).image)
    assert (frames[7].image != frames[8].image).any()  # it sways, and a sensor has noise
    assert (frames[7].number, frames[7].source) == (7, "demo-video")
    source.close()
    assert source.skipped == 0


@pytest.mark.parametrize(
    ("fps", "seconds", "hold"),
    [(5.0, 1.0, 5), (10.0, 0.25, 2), (2.0, 0.1, 1)],
    ids=["5", "half rounds to even", "least"],
)
def test_the_times_of_a_video_are_those_of_its_rate(fps: float, seconds: float, hold: int) -> None:
    source = DemoVideoSource(seed=4, fps=fps, seconds_per_garment=seconds)
    frames = list(islice(source.frames(), 2 * hold + 1))
    assert [frame.position_s for frame in frames] == pytest.approx([n / fps for n in range(2 * hold + 1)])
    assert frames[-1].time <= datetime.now(timezone.utc)
    assert all(np.array_equal(f.image, draw_frame(f.number, seed=4, hold=hold).image) for f in frames)


def test_drawn_garments_have_the_names_of_the_model_that_looks_at_them() -> None:
    clothes = ("Dress", "Hat", "Longsleeve", "Outerwear", "Shirt", "Shoes", "Shorts", "Skirt", "T-shirt", "Trousers")
    expected = [
        "T-shirt",
        "Trousers",
        "Longsleeve",
        "Dress",
        "Outerwear",
        "Shoes",
        "Shirt",
        "Shoes",
        "unknown",
        "Shoes",
    ]

    names = drawn_names(clothes)

    assert names is not None
    assert list(names) == expected
    assert drawn_names(FASHION_MNIST_LABELS) == FASHION_MNIST_LABELS
    assert drawn_names(("bolt", "nut")) is None
    drawn = draw_frame(0)
    assert next(iter(DemoSource(names=names).frames())).true_label == expected[drawn.label_index]
