"""Prediction in batches of one shape, which is compiled once."""

from __future__ import annotations

from typing import Any

import numpy as np

from edge.artifact.input_spec import InputSpec
from train.network.predict import predict


class Sums:
    """A network that puts out each image's sum; keeps the shapes of its batches."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def predict_on_batch(self, images: Any) -> Any:
        self.shapes.append(images.shape)
        return images.sum(axis=(1, 2, 3))[:, np.newaxis]


def test_every_batch_has_one_shape_and_every_image_its_answer() -> None:
    network = Sums()
    pixels = np.arange(700, dtype=np.uint32).reshape(700, 1, 1) % 255 * np.ones((1, 2, 2), np.uint32)
    answers = predict(network, pixels.astype(np.uint8), InputSpec(2, 2), chosen=np.arange(699, -1, -1))
    np.testing.assert_allclose(answers[:, 0], (np.arange(699, -1, -1) % 255) * 4 / 255, rtol=1e-6)
    assert network.shapes == [(500, 2, 2, 1), (500, 2, 2, 1)]
