"""Images of the data set's kind need no search."""

from __future__ import annotations

import numpy as np
import pytest

from edge.demo import draw_dataset
from edge.vision import find_garment, frame_to_pixels
from edge.vision.cutout import cut_out


def test_an_image_of_the_data_set_comes_out_as_it_is() -> None:
    images, _ = draw_dataset(40, seed=3)
    unchanged = [np.array_equal(frame_to_pixels(image), image) for image in images]
    assert np.mean(unchanged) > 0.9
    framed = np.zeros((28, 28), np.uint8)
    framed[0:28, 6:22] = np.random.default_rng(0).integers(1, 256, (28, 16))
    assert np.array_equal(frame_to_pixels(framed), framed)


def test_one_that_does_not_fill_its_canvas_is_trimmed() -> None:
    frame = np.zeros((20, 20), np.uint8)
    frame[4:8, 6:10] = 150
    prepared = find_garment(frame)
    assert (prepared.pixels == 150).all()
    assert prepared.outline.tolist() == [[6, 4], [9, 4], [9, 7], [6, 7]]
    assert prepared.presence_score == 1.0


def test_pure_black_of_that_size_shows_nothing() -> None:
    prepared = find_garment(np.zeros((28, 28), np.uint8))
    assert (prepared.presence_score, prepared.pixels.any(), prepared.outline.shape) == (0.0, False, (0, 2))


@pytest.mark.parametrize(
    ("height", "rim", "is_ready"),
    [(28, 0, True), (56, 2, True), (57, 0, False), (28, 3, False)],
    ids=["data set", "twice as large", "camera", "not black"],
)
def test_what_counts_as_ready(height: int, rim: int, is_ready: bool) -> None:
    picture = np.full((height, height, 3), rim, np.uint8)
    picture[5:20, 5:20] = 200
    assert (cut_out(picture) is not None) == is_ready
