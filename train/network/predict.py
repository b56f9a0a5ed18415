"""Prediction in batches: float images of a whole data set take much memory."""

from __future__ import annotations

import logging
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.artifact.input_spec import InputSpec
from train.data.splits import in_size, to_network

_LOGGER = logging.getLogger(__name__)
_BATCH, _COLOUR_BATCH = 500, 32  # images
_STEP = 480  # images between two lines of progress, a multiple of the batch


def predict(
    model: keras.Model, pixels: NDArray[np.uint8], spec: InputSpec, *, chosen: NDArray[np.integer[Any]] | None = None,
    progress: str = "",
) -> NDArray[np.float32]:  # fmt: skip
    """Return what the network puts out for images: float32, shape (N, ...).

    Args:
        model: network that takes `spec`.
        pixels: uint8, 0-255, as in `Split`; of the input's size, or larger.
        spec: input of the network.
        chosen: indices of the images (None: all).
        progress: line to log now and then, with `%d of %d` in it ("": none).
    """
    places = np.arange(len(pixels)) if chosen is None else chosen
    size = _BATCH if spec.channels == 1 else _COLOUR_BATCH
    pieces = []
    for at in range(0, len(places), size):
        if progress and at and at % _STEP == 0:
            _LOGGER.info(progress, at, len(places))
        images = to_network(in_size(pixels[places[at : at + size]], spec), spec)
        missing = size - len(images)  # of the last batch: another shape would be compiled anew
        padded = np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0)))
        pieces.append(np.asarray(model.predict_on_batch(padded))[: len(images)])
    return np.asarray(np.concatenate(pieces), np.float32)
