"""Frozen features: what a network that no label of these images has touched computes of each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.data.splits import Splits
from train.network.efficientnet_lite import efficientnet_lite0
from train.network.predict import predict
from train.report.pool import PART_NAMES, Pool, parts_of

_FLAT = 1e-3  # least deviation of a feature, so that one which never changes stays 0


def frozen_features(pool: Pool, splits: Splits) -> NDArray[np.float32]:
    """Return what EfficientNet-Lite0, as ImageNet made it, computes of each image, standardised.

    Returns:
        float32, shape (N, 1280): each column has mean 0 and deviation 1, or is 0; divided by the root of 1280, so that
        the mean square length of a row is about 1.
    """
    network = efficientnet_lite0(splits.input.height, None)
    pieces = []
    for part, split in parts_of(splits).items():
        places = pool.places[pool.parts == part]
        if len(places):
            progress = f"report: features of %d of %d images, part {PART_NAMES[part]}"
            pieces.append(predict(network, split.pixels, splits.input, chosen=places, progress=progress))
    return standardised(np.concatenate(pieces))


def standardised(features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return features of mean 0 and deviation 1, divided by the root of their number: float32, shape (N, features)."""
    deviation = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(deviation > _FLAT, deviation, np.inf)
    return np.asarray(scaled / np.sqrt(features.shape[1]), np.float32)
